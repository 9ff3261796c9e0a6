// Two Node-RED processes that share a context store continue each other's conversations.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHAT_DEFAULTS, CONFIG_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import { listen } from '../support/listen.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { createStoreServer } from '../support/shared-store.mjs';
import {
  type FlowNode,
  type RunningNodeRed,
  type StartOrder,
  startNodeRed,
} from '../support/start-node-red.mts';

type Stores = NonNullable<StartOrder['settings']['contextStorage']>;

describe('conversations of two Node-RED processes', function () {
  // Each test starts two of them.
  this.timeout(60_000);
  let server: RawServer;
  let storeServer: Server;
  let folder: string;
  let processes: RunningNodeRed[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vivgrid-shared-'));
    storeServer = createStoreServer() as Server;
    await listen(storeServer);
  });

  after(async () => {
    storeServer.closeAllConnections();
    storeServer.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    processes = [];
    server = await startRawServer((response, { body }) =>
      sendJson(response, completion(`re: ${body.messages.at(-1).content}`)),
    );
  });

  afterEach(async () => {
    await Promise.all(processes.map((nodeRed) => nodeRed.stop()));
    await server.close();
  });

  /** A question comes in by HTTP and names its conversation; the answer is the response. */
  const flow = (): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'Chat' },
    { id: 'config', type: 'vivgrid-config', ...CONFIG_DEFAULTS, baseUrl: server.url },
    { id: 'in', z: 'tab', type: 'http in', url: '/ask', method: 'post', x: 1, y: 1, wires: [['chat']] },
    {
      ...CHAT_DEFAULTS,
      id: 'chat',
      z: 'tab',
      type: 'vivgrid-chat',
      config: 'config',
      messages: [{ role: 'user', type: 'mustache', content: '{{payload.text}}' }],
      memory: true,
      conversation: 'chats.{{payload.from}}',
      conversationType: 'global',
      x: 2,
      y: 1,
      wires: [['response']],
    },
    { id: 'response', z: 'tab', type: 'http response', x: 3, y: 1, wires: [] },
  ];

  async function start(contextStorage: Stores): Promise<void> {
    processes = await Promise.all(
      [0, 1].map(() => startNodeRed({ settings: { httpNodeRoot: '/', contextStorage } })),
    );
    for (const nodeRed of processes) await nodeRed.deploy(flow());
  }

  async function ask(nodeRed: RunningNodeRed | undefined, from: string, text: string): Promise<string> {
    const response = await fetch(new URL('ask', nodeRed?.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from, text }),
    });
    return response.text();
  }

  const STORES: Record<string, () => Stores> = {
    'a file store without a cache': () => ({
      default: { module: 'localfilesystem', config: { dir: folder, cache: false } } as Stores[string],
    }),
    'an asynchronous store on a server': () => ({
      default: {
        module: import.meta.resolve('../support/shared-store.mjs'),
        config: { url: `http://127.0.0.1:${(storeServer.address() as { port: number }).port}/` },
      } as Stores[string],
    }),
  };

  for (const [what, stores] of Object.entries(STORES)) {
    it(`should go on in the other one, with ${what}`, async () => {
      await start(stores());
      const [one, other] = processes;
      const texts = ['I am Ada.', 'Who am I?', 'And you?'];
      for (const [index, text] of texts.entries()) {
        assert.equal(await ask(index === 1 ? other : one, 'ada@a.example', text), `re: ${text}`);
      }
      await ask(other, 'bob', 'Who am I?');
      const asked = server.requests.items.map(({ body }) =>
        body.messages.map(({ content }: { content: string }) => content),
      );
      assert.deepEqual(asked, [
        ['I am Ada.'],
        ['I am Ada.', 're: I am Ada.', 'Who am I?'],
        ['I am Ada.', 're: I am Ada.', 'Who am I?', 're: Who am I?', 'And you?'],
        ['Who am I?'],
      ]);
    });
  }

  it('should each go on by itself side by side, in a store that keeps values apart', async () => {
    await start(STORES['an asynchronous store on a server']?.() ?? {});
    const rounds = ['1', '2', '3', '4', '5'];
    await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (from, index) => {
        for (const [round, text] of rounds.entries())
          await ask(processes[(index + round) % 2], from, from + text);
      }),
    );
    const last = server.requests.items.filter(({ body }) => body.messages.length === 9);
    assert.equal(last.length, 4);
    for (const { body } of last) {
      const [from] = body.messages[0].content;
      assert.deepEqual(
        body.messages.map(({ content }: { content: string }) => content),
        rounds.flatMap((round) => [`${from}${round}`, `re: ${from}${round}`]).slice(0, -1),
      );
    }
  });
});
