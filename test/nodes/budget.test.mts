// What it costs, and no more: cost on messages, totals over deployments, and the limit that ends requests.
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import {
  CHAT_DEFAULTS,
  type ChatSettings,
  CONFIG_DEFAULTS,
  type ConfigSettings,
} from '../../nodes/lib/common/settings.ts';
import type { Periods } from '../../nodes/lib/service/periods.ts';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import { listen } from '../support/listen.mts';
import {
  type Answer,
  chunk,
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';
import { createStoreServer } from '../support/shared-store.mjs';
import { type RunningNodeRed, startNodeRed } from '../support/start-node-red.mts';
import { callReply, inTurn, toolFlow } from '../support/tool-flow.mts';

/** 3 prompt tokens and 2 of the completion, 5 together. */
const FINE: Answer = (response, { body }) =>
  body.stream
    ? sendStream(response, streamText(chunksOf(['Fine.'])))
    : sendJson(response, completion('Fine.'));

describe('budget', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer(FINE);
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function start(
    config: Partial<ConfigSettings>,
    chat: Partial<ChatSettings> = {},
    options: Partial<FlowOptions> = {},
  ): Promise<void> {
    flow = await startChatFlow({
      config: { baseUrl: server.url, maxRetries: 0, ...config },
      chat,
      ...options,
    });
  }

  async function ask(payload: unknown = 'Hi'): Promise<void> {
    const ended = flow.completed.items.length + flow.caught.items.length;
    flow.input({ payload });
    await flow.ended(ended + 1);
  }

  const codes = (): string[] => flow.caught.items.map(({ error }) => error.code);
  const periods = (): Periods => flow.node('config').service().totals.periods;
  const asked = (): number => server.requests.items.length;

  it('should end requests before they are sent, and say until when', async () => {
    await start({ limit: 10, limitOf: 'tokens', limitPer: 'day' });
    for (let count = 0; count < 3; count++) await ask();
    assert.deepEqual(codes(), ['budget']);
    assert.equal(asked(), 2);
    const { message, cause } = flow.caught.items[0].error;
    assert.match(message, /limit of 10 tokens .* until \d{4}-\d\d-\d\d 00:00/);
    assert.ok(cause.retry_after > 0 && cause.retry_after <= 25 * 3600);
    assert.equal(cause.attempts, undefined);
    // It is neither a request nor a failure.
    assert.equal(periods().day.requests, 2);
    assert.equal(periods().day.failures, 0);
  });

  it('should count each round and each try for itself, and no sum twice', async () => {
    const failing: Answer = (response) =>
      sendJson(response, { error: 'Down.' }, 500, { 'retry-after-ms': '1' });
    server.answer(inTurn(callReply(['a', 'light', '{"room":"hall"}']), failing, completion('Done.')));
    await start(
      { maxRetries: 1, priceInput: 1_000_000, priceOutput: '10e6' },
      { tools: ['light'] },
      { nodes: toolFlow('light', 'light', 'msg.payload = "on"; return msg;') },
    );
    await ask();
    const [{ vivgrid }] = flow.outputs.items;
    assert.equal(vivgrid.usage.total_tokens, 10);
    // (3 × 1 + 2 × 10) twice; the failure was not paid for.
    assert.equal(vivgrid.cost, 46);
    const { from, ...day } = periods().day;
    assert.deepEqual(day, {
      requests: 3,
      failures: 1,
      prompt_tokens: 6,
      completion_tokens: 4,
      tokens: 10,
      cost: 46,
    });
  });

  it('should be looked at before each round, and not end what is running', async () => {
    server.answer(inTurn(callReply(['a', 'light', '{"room":"hall"}']), completion('Done.')));
    await start(
      { limit: 5 },
      { tools: ['light'] },
      { nodes: toolFlow('light', 'light', 'msg.payload = "on"; return msg;') },
    );
    await ask();
    assert.deepEqual(codes(), ['budget']);
    assert.equal(asked(), 1);
  });

  it('should tell what a message cost by the service where there are no prices, and nothing where it is not known', async () => {
    server.answer(
      inTurn(
        completion('a', { usage: { prompt_tokens: 3, completion_tokens: 2, cost: 0.1 } }),
        completion('b'),
      ),
    );
    await start({});
    await ask();
    await ask();
    const [one, two] = flow.outputs.items.map(({ vivgrid }) => vivgrid);
    assert.equal(one.cost, 0.1);
    assert.equal('cost' in two, false);
  });

  it('should estimate what a broken stream has used, and what a reset one has', async () => {
    const begin = `data: ${JSON.stringify(chunk({ content: 'x'.repeat(40) }))}\n\n`;
    server.answer((response, _seen, number) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(begin, () => number === 1 && response.destroy());
    });
    await start({}, { stream: true });
    await ask('y'.repeat(20));
    assert.deepEqual(codes(), ['incomplete']);
    assert.deepEqual(
      [periods().hour.prompt_tokens, periods().hour.completion_tokens, periods().hour.failures],
      [5, 10, 1],
    );
    flow.input({ payload: 'y'.repeat(20) });
    await flow.outputs.count(2);
    flow.input({ reset: true });
    await server.closed.count(2);
    await flow.ended(3);
    const { requests, failures, tokens } = periods().hour;
    assert.deepEqual({ requests, failures, tokens }, { requests: 2, failures: 1, tokens: 30 });
  });

  it('should move a message to the fallback', async () => {
    const second = await startRawServer(FINE);
    await start(
      { limit: 1, limitOf: 'requests', name: 'First' },
      { fallback: 'backup' },
      {
        nodes: [
          {
            id: 'backup',
            type: 'vivgrid-config',
            name: 'Second',
            baseUrl: second.url,
            limit: 1,
            limitOf: 'requests',
          },
        ],
        credentials: { backup: { token: 'x' } },
      },
    );
    await ask();
    await ask();
    await ask();
    assert.deepEqual(
      flow.outputs.items.map(({ vivgrid }) => vivgrid.service),
      ['First', 'Second'],
    );
    assert.deepEqual(
      flow.caught.items[0].error.cause.services.map((entry: Message) => [entry.service, entry.code]),
      [
        ['First', 'budget'],
        ['Second', 'budget'],
      ],
    );
    await second.close();
  });

  it('should be kept over deployments, and lost with the node', async () => {
    await start({ limit: 2, limitOf: 'requests' });
    await ask();
    await flow.redeploy((nodes) => nodes);
    await ask();
    await ask();
    assert.deepEqual(codes(), ['budget']);
    // A limit that was raised counts at once.
    await flow.redeploy((nodes) =>
      nodes.map((node) => (node.id === 'config' ? { ...node, limit: 3 } : node)),
    );
    await ask();
    assert.deepEqual(codes(), ['budget']);
    assert.equal(periods().day.requests, 3);
  });

  it('should be kept in a context property, which the flow can set back', async () => {
    await start({ limit: 2, limitOf: 'requests', totals: 'vivgrid.used' });
    await ask();
    await ask();
    await ask();
    assert.deepEqual(codes(), ['budget']);
    const { global } = flow.node('chat').context();
    await flow.redeploy((nodes) => nodes);
    assert.equal(global.get('vivgrid.used').day.requests, 2);
    global.set('vivgrid.used', undefined);
    await ask();
    assert.deepEqual(codes(), ['budget']);
    assert.equal(asked(), 3);
  });

  for (const [property, value] of [
    ['limit', 'much'],
    ['limit', 0],
    ['limit', -5],
    ['priceInput', 'cheap'],
    ['priceCached', -1],
    ['priceOutput', Number.POSITIVE_INFINITY],
    ['limitOf', 'words'],
    ['limitPer', 'year'],
  ] as const) {
    it(`should fail with config where ${property} is ${value}`, async () => {
      await start({ limit: 5, [property]: value });
      await ask();
      assert.deepEqual(codes(), ['config']);
      assert.match(flow.caught.items[0].error.message, new RegExp(property));
      assert.equal(asked(), 0);
    });
  }
});

describe('budget of two Node-RED processes', function () {
  // It starts two of them.
  this.timeout(60_000);
  let server: RawServer;
  let storeServer: Server;
  let processes: RunningNodeRed[] = [];
  let writes: Collector<number>;

  beforeEach(async () => {
    server = await startRawServer(FINE);
    writes = new Collector();
    storeServer = createStoreServer(() => writes.add(Date.now())) as Server;
  });

  afterEach(async () => {
    await Promise.all(processes.map((nodeRed) => nodeRed.stop()));
    storeServer.closeAllConnections();
    storeServer.close();
    await server.close();
  });

  it('should stop both within a round of requests of each other', async () => {
    const module = new URL('../support/shared-store.mjs', import.meta.url).href;
    const url = `http://127.0.0.1:${await listen(storeServer)}`;
    const contextStorage = { default: { module, config: { url } } };
    processes = await Promise.all(
      [0, 1].map(() => startNodeRed({ settings: { httpNodeRoot: '/', contextStorage } })),
    );
    const limit = 12;
    for (const nodeRed of processes) {
      await nodeRed.deploy([
        { id: 'tab', type: 'tab', label: 'Chat' },
        {
          id: 'config',
          type: 'vivgrid-config',
          ...CONFIG_DEFAULTS,
          baseUrl: server.url,
          limit,
          limitOf: 'requests',
          totals: 'used',
        },
        { id: 'in', z: 'tab', type: 'http in', url: '/ask', method: 'post', x: 1, y: 1, wires: [['chat']] },
        {
          ...CHAT_DEFAULTS,
          id: 'chat',
          z: 'tab',
          type: 'vivgrid-chat',
          config: 'config',
          x: 2,
          y: 1,
          wires: [['out']],
        },
        { id: 'catch', z: 'tab', type: 'catch', scope: ['chat'], x: 2, y: 2, wires: [['code']] },
        {
          id: 'code',
          z: 'tab',
          type: 'change',
          rules: [{ t: 'move', p: 'error.code', pt: 'msg', to: 'payload', tot: 'msg' }],
          x: 3,
          y: 2,
          wires: [['out']],
        },
        { id: 'out', z: 'tab', type: 'http response', x: 4, y: 1, wires: [] },
      ]);
    }
    const ask = async ({ url: root }: RunningNodeRed): Promise<string> => {
      const body = new URLSearchParams({ text: 'Hi' });
      return (await fetch(new URL('ask', root), { method: 'POST', body })).text();
    };
    const rounds: string[][] = [];
    let written = 0;
    // Both ask at once, and again when both have written what they have counted.
    for (let round = 0; rounds.at(-1)?.every((text) => text === 'budget') !== true; round++) {
      assert.ok(round < 2 * limit, JSON.stringify(rounds));
      const texts = await Promise.all(processes.map(ask));
      rounds.push(texts);
      written += texts.filter((text) => text !== 'budget').length;
      await writes.count(written);
    }
    const firstStop = rounds.findIndex((texts) => texts.includes('budget'));
    assert.ok(rounds.length - 1 - firstStop <= 1, JSON.stringify(rounds));
    // Neither may have known of the other's last one yet, and of two writes at the same moment one may be lost.
    assert.ok(server.requests.items.length - limit <= 4, `${server.requests.items.length} requests`);
  });
});
