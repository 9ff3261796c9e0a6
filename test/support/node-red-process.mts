// A Node-RED of its own for a test: started by start-node-red.mts, in a process, because there is one per process.
import { type EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

export interface StartOrder {
  /** The package to start: `node-red`, or another version of it under its own name. */
  nodeRed: string;
  settings: Record<string, unknown>;
}

interface NodeRed {
  httpAdmin: unknown;
  httpNode: unknown;
  events: EventEmitter;
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
}

const require = createRequire(import.meta.url);

process.on('disconnect', () => process.exit());
process.once('message', async ({ nodeRed, settings }: StartOrder) => {
  const RED = require(nodeRed) as NodeRed;
  const express = createRequire(require.resolve(nodeRed))('express') as () => {
    use(path: string, app: unknown): void;
  };
  const app = express();
  const server = createServer(app as never);
  RED.init(server, settings);
  app.use('/', RED.httpAdmin);
  app.use('/', RED.httpNode);
  server.listen(0, '127.0.0.1', async () => {
    const running = once(RED.events, 'flows:started');
    await RED.start();
    await running;
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
});
