// A Node-RED inside this process, with this package, and the flows that the benchmark measures.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import RED from 'node-red';

// biome-ignore lint/suspicious/noExplicitAny: messages of any flow
export type Message = any;

/** A way into and out of a flow. */
export interface Port {
  send(message: Message): void;
  receive(message: Message): void;
}

export interface FlowNode {
  id: string;
  type: string;
  [property: string]: unknown;
}

export interface EmbeddedNodeRed {
  port(name: string): Port;
  stop(): Promise<void>;
}

/** What Node-RED tells the editor of its state. */
interface RuntimeEvent {
  payload?: { error?: string; types?: string[] };
}

const ROOT = join(import.meta.dirname, '..');

/** Starts it with these flows, and credentials by the id of their node; a node `bench-port` named X is `port('X')`. */
export async function startEmbedded(
  flows: FlowNode[],
  credentials: Record<string, object> = {},
): Promise<EmbeddedNodeRed> {
  const userDir = await mkdtemp(join(tmpdir(), 'vivgrid-bench-'));
  // However the process ends.
  process.once('exit', () => rmSync(userDir, { recursive: true, force: true }));
  await mkdir(join(userDir, 'node_modules/@vivgrid'), { recursive: true });
  await symlink(ROOT, join(userDir, 'node_modules/@vivgrid/node-red-vivgrid'));
  await writeFile(join(userDir, 'package.json'), '{}');
  await writeFile(join(userDir, 'flows.json'), JSON.stringify(flows));
  await writeFile(join(userDir, 'flows_cred.json'), JSON.stringify(credentials));
  const server = createServer();
  RED.init(server, {
    userDir,
    flowFile: 'flows.json',
    nodesDir: join(import.meta.dirname, 'nodes'),
    httpAdminRoot: false,
    httpNodeRoot: false,
    credentialSecret: false,
    logging: { console: { level: 'error', metrics: false, audit: false } },
  } as never);
  const started = new Promise<void>((resolve, reject) => {
    RED.events.once('flows:started', resolve);
    RED.events.on('runtime-event', ({ payload }: RuntimeEvent) => {
      if (payload?.error === 'missing-types')
        reject(new Error(`no package is installed for nodes of the type ${payload.types?.join(', ')}`));
    });
  });
  await RED.start();
  await started;
  return {
    port: (name) => (globalThis as unknown as { benchPorts: Record<string, Port> }).benchPorts[name] as Port,
    stop: () => RED.stop(),
  };
}
