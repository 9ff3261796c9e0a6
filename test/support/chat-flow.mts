// A flow of one chat node in a real Node-RED runtime, with everything it does collected: its messages, what Catch,
// Complete and Status nodes get, and the log.
import { type EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import helper from 'node-red-node-test-helper';
import type { ChatSettings, ConfigSettings } from '../../nodes/lib/common/settings.ts';
import { Collector } from './collector.mts';

const require = createRequire(import.meta.url);
const core = (name: string): unknown => require(`@node-red/nodes/core/${name}.js`);

const NODES = [
  require('../../dist/nodes/vivgrid-config.js'),
  require('../../dist/nodes/vivgrid-chat.js'),
  require('../../dist/nodes/vivgrid-tool.js'),
  require('../../dist/nodes/vivgrid-tool-result.js'),
  require('../../dist/nodes/vivgrid-mcp.js'),
  core('function/10-function'),
  core('function/15-change'),
  core('function/80-template'),
  core('common/20-inject'),
  core('common/24-complete'),
  core('common/25-catch'),
  core('common/25-status'),
  core('network/05-tls'),
  core('network/06-httpproxy'),
  core('sequence/17-split'),
];

helper.init(require.resolve('node-red'));

// The helper opens no context stores, so a module that it waits for does.
const { loadContextsPlugin, closeContextsPlugin } = require('@node-red/runtime/lib/nodes') as {
  loadContextsPlugin(): Promise<void>;
  closeContextsPlugin(): Promise<void>;
};
const loadContexts = (): Promise<void> => loadContextsPlugin();

// biome-ignore lint/suspicious/noExplicitAny: messages hold whatever a test put in or looks for
export type Message = any;

export interface FlowOptions {
  config?: Partial<ConfigSettings>;
  /** Leaves the config node out, or gives the chat node another one's id. */
  chat?: Partial<ChatSettings>;
  token?: string;
  withoutConfig?: boolean;
  /** More nodes for the flow. */
  nodes?: Message[];
  /** Types of nodes that the test makes itself, as Node-RED loads them. */
  types?: ((RED: Message) => void)[];
  /** Core modules that they need, such as `function/10-function`. */
  modules?: string[];
  credentials?: Record<string, object>;
  /** Node-RED settings, such as `contextStorage`. */
  settings?: object;
  /** Where the chat node's first output is wired to, besides the collector. */
  wires?: string[][];
}

export interface ChatFlow {
  /** Sends a message into the chat node. */
  input(message: Message): void;
  outputs: Collector<Message>;
  caught: Collector<Message>;
  completed: Collector<Message>;
  statuses: Collector<Message>;
  /** Resolves when so many messages have ended, at Catch or at Complete. */
  ended(count: number): Promise<void>;
  node(id: string): Message;
  /** Every line logged since the start, as JSON. */
  log(): string;
  /** Deploys the flow again with the changes made to its nodes. */
  redeploy(change: (flow: Message[]) => Message[], type?: 'full' | 'nodes' | 'flows'): Promise<void>;
  stop(): Promise<void>;
}

export const USER_ROW = { role: 'user', type: 'mustache', content: '{{payload}}' } as const;

/** Waits until the flows run, however long that takes: the test helper gives up after 300 ms. */
async function deploy(flow: Message[], type: 'full' | 'nodes' | 'flows', credentials = {}): Promise<void> {
  const { events } = require('@node-red/util') as { events: EventEmitter };
  const running = once(events, 'flows:started');
  await helper.setFlows(flow.map(placed) as never, type, credentials as never).catch((error: Error) => {
    if (error.message !== 'timeout waiting event') throw error;
  });
  await running;
}

/** Node-RED takes a node without a place on the canvas for a config node. */
function placed(node: Message): Message {
  return node.z === undefined ? node : { x: 100, y: 100, ...node };
}

export async function startChatFlow({
  config = {},
  chat = {},
  token = 'test-token-1234',
  withoutConfig = false,
  nodes = [],
  modules = [],
  types = [],
  credentials = {},
  settings,
  wires = [],
}: FlowOptions): Promise<ChatFlow> {
  if (settings) helper.settings(settings);
  const flow: Message[] = [
    { id: 'tab', type: 'tab' },
    ...(withoutConfig ? [] : [{ id: 'config', type: 'vivgrid-config', ...config }]),
    {
      id: 'chat',
      z: 'tab',
      type: 'vivgrid-chat',
      config: 'config',
      messages: [USER_ROW],
      wires: [['out', ...(wires[0] ?? [])], ...wires.slice(1)],
      ...chat,
    },
    { id: 'out', z: 'tab', type: 'helper' },
    { id: 'catch-node', z: 'tab', type: 'catch', scope: ['chat'], wires: [['caught']] },
    { id: 'complete-node', z: 'tab', type: 'complete', scope: ['chat'], wires: [['completed']] },
    { id: 'status-node', z: 'tab', type: 'status', scope: ['chat'], wires: [['statuses']] },
    { id: 'caught', z: 'tab', type: 'helper' },
    { id: 'completed', z: 'tab', type: 'helper' },
    { id: 'statuses', z: 'tab', type: 'helper' },
    ...nodes,
  ];
  // One node of each of these types is all that the test helper can load: the others are deployed afterwards.
  const scope = flow.filter(({ type }) => type === 'vivgrid-chat').map(({ id }) => id);
  for (const node of flow) if (/^(catch|complete|status)-node$/.test(node.id)) node.scope = scope;
  await helper.startServer();
  const allCredentials = { config: { token }, ...credentials };
  const extra = new Set(nodes.map(({ id }) => id));
  const first = flow
    .map(placed)
    .filter((node) => !extra.has(node.id) || !/^(catch|complete|status)$/.test(node.type));
  await helper.load([loadContexts, ...NODES, ...modules.map(core), ...types] as never, first, allCredentials);
  if (first.length < flow.length) await deploy(flow, 'full', allCredentials);

  const outputs = new Collector<Message>();
  const caught = new Collector<Message>();
  const completed = new Collector<Message>();
  const statuses = new Collector<Message>();
  const ends = new Collector<Message>();
  const heard = new WeakSet<object>();
  const listen = (): void => {
    const on = (id: string, add: (message: Message) => void): void => {
      const node = helper.getNode(id);
      // A deployment of what has changed leaves the other nodes as they are, and may take some away.
      if (!node || heard.has(node)) return;
      heard.add(node);
      node.on('input', (message, _send, done) => {
        add(message);
        done();
      });
    };
    on('out', (message) => outputs.add(message));
    on('caught', (message) => {
      caught.add(message);
      ends.add(message);
    });
    on('completed', (message) => {
      completed.add(message);
      ends.add(message);
    });
    on('statuses', (message) => statuses.add(message.status));
  };
  listen();

  return {
    input: (message) => helper.getNode('chat').receive(message),
    outputs,
    caught,
    completed,
    statuses,
    async ended(count) {
      await ends.count(count);
    },
    node: (id) => helper.getNode(id),
    log: () => JSON.stringify(helper.log().args),
    async redeploy(change, type = 'full') {
      await deploy(change(flow), type);
      listen();
    },
    async stop() {
      await helper.unload();
      await closeContextsPlugin();
      await helper.stopServer();
      if (settings) helper.settings({});
    },
  };
}
