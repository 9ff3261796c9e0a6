// A Node-RED of its own for a test: started by start-node-red.mts, in a process, because there is one per process.
// Plain JavaScript, because it runs on every Node.js that users have.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import './compile-cache.mjs';

const require = createRequire(import.meta.url);

process.on('disconnect', () => process.exit());
process.once('message', async (/** @type {import('./start-node-red.mts').StartOrder} */ order) => {
  const RED = require(order.nodeRed);
  const express = createRequire(require.resolve(order.nodeRed))('express');
  const app = express();
  const server = createServer(app);
  for (const store of Object.values(order.settings.contextStorage ?? {})) {
    // Node-RED takes its own by their names, and others as what they export.
    if (store.module.startsWith('file:')) store.module = (await import(store.module)).default;
  }
  RED.init(server, order.settings);
  app.use('/', RED.httpAdmin);
  app.use('/', RED.httpNode);
  server.listen(0, '127.0.0.1', async () => {
    const running = once(RED.events, 'flows:started');
    await RED.start();
    await running;
    const asStarted = RED.settings.getUserSettings('_');
    process.on('message', async () => {
      await RED.settings.setUserSettings('_', structuredClone(asStarted));
      process.send?.({ forgot: true });
    });
    process.send?.({ port: server.address().port });
    RED.events.on('flows:started', ({ config }) => process.send?.({ running: config.rev }));
  });
});
