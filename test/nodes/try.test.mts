// A request tried from the editor: asked for real, for no flow.
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import { CHAT_DEFAULTS, type ChatSettings, type ConfigSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import {
  chunk,
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';
import { callChunks, toolFlow } from '../support/tool-flow.mts';

const TOKEN = 'the-secret-token-of-all';

describe('a request tried from the editor', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer((response) =>
      sendStream(response, streamText(chunksOf(['Once', ' upon']))),
    );
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function start(config: Partial<ConfigSettings> = {}, nodes: Message[] = []): Promise<void> {
    flow = await startChatFlow({
      config: { name: 'Main', baseUrl: server.url, maxRetries: 0, ...config },
      chat: { memory: true },
      token: TOKEN,
      nodes,
    });
  }

  /** What happens, in order, until the answer ends. */
  async function tryOut(
    chat: Partial<ChatSettings> = {},
    message: object = { payload: 'Hi' },
  ): Promise<Message[]> {
    const settings = { ...CHAT_DEFAULTS, config: 'config', ...chat };
    const { text } = await helper
      .request()
      .post('/vivgrid-chat/chat/try')
      .send({ settings, model: 'managed', message })
      .buffer(true)
      .parse((response, done) => {
        let all = '';
        response.on('data', (piece: Buffer) => {
          all += piece;
        });
        response.on('end', () => done(null, all));
      })
      .then(({ body }) => ({ text: body as string }));
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  const textOf = (events: Message[], kind = 'text'): string =>
    events
      .filter((event) => event.event === 'piece' && event.kind === kind)
      .reduce((soFar, { at, text }) => soFar.slice(0, at) + text, '');

  it('should come as it is written, with its details at the end, and leave flow and memory alone', async () => {
    await start({ priceInput: 1, priceOutput: 1 });
    const events = await tryOut();
    assert.deepEqual(
      events.filter(({ event }) => event === 'state').map(({ state }) => state),
      ['queued', 'asking'],
    );
    assert.equal(textOf(events), 'Once upon');
    const { event, details, calls, value, problem } = events.at(-1);
    assert.equal(event, 'done');
    assert.deepEqual([details.service, details.model, details.attempts], ['Main', 'test-model', 1]);
    assert.deepEqual([details.usage.total_tokens, details.cost], [9, 0.000005]);
    assert.ok(details.timing.first <= details.timing.total);
    assert.deepEqual([calls, value, problem], [[], undefined, undefined]);
    assert.deepEqual(flow.outputs.items, []);
    assert.equal(flow.node('chat').context().flow.get('conversation'), undefined);
    assert.equal(flow.node('config').service().totals.periods.day.requests, 1);
  });

  it('should be made of what stands in the form', async () => {
    await start();
    await tryOut(
      { messages: [{ role: 'user', type: 'mustache', content: 'Dear {{payload}}' }] },
      { payload: 'Ada' },
    );
    assert.deepEqual(server.requests.items[0]?.body.messages, [{ role: 'user', content: 'Dear Ada' }]);
  });

  it('should find reasoning without an opening tag where the chat node does', async () => {
    server.answer((response) => sendStream(response, streamText(chunksOf(['Hm.</think>', '{"a":', '1}']))));
    await start();
    for (const [chat, text, reasoning] of [
      [{}, '{"a":1}', 'Hm.'],
      [{ stream: true }, 'Hm.</think>{"a":1}', ''],
    ] as const) {
      const events = await tryOut(chat);
      assert.equal(textOf(events), text);
      assert.equal(textOf(events, 'reasoning'), reasoning);
      assert.equal(events.at(-1).details.reasoning ?? '', reasoning);
    }
  });

  it('should say what it cost without the noise of sums', async () => {
    // 3 × 0.1 is a little more than 0.3 in a computer.
    await start({ priceInput: 0.1, priceOutput: 0 });
    const events = await tryOut();
    assert.equal(events.at(-1).details.cost, 3e-7);
  });

  it('should say whether JSON fits', async () => {
    await start();
    server.answer((response) => sendJson(response, completion('{"severity":"medium"}')));
    const schema = '{"type":"object","properties":{"severity":{"enum":["low","high"]}}}';
    const [wrong] = (await tryOut({ format: 'json_schema', schema })).slice(-1);
    assert.match(wrong.problem, /severity/);
    server.answer((response) => sendJson(response, completion('{"severity":"low"}')));
    const [right] = (await tryOut({ format: 'json_schema', schema })).slice(-1);
    assert.deepEqual(right.value, { severity: 'low' });
  });

  it('should show the calls that would be made, and make none', async () => {
    const call = ['a', 'light', '{"room":"hall"}'] as [string, string, string];
    server.answer((response) => sendStream(response, streamText(callChunks('', call))));
    await start({}, toolFlow('light', 'light', "flow.set('ran', true); return msg;"));
    const { calls } = (await tryOut({ tools: ['light'] })).at(-1);
    assert.deepEqual(
      calls.map((made: Message) => made.function),
      [{ name: 'light', arguments: '{"room":"hall"}' }],
    );
    assert.equal(flow.node('chat').context().flow.get('ran'), undefined);
    assert.equal(server.requests.items.length, 1);
  });

  it('should name a picture, not hold it', async () => {
    await start();
    const url = `data:image/png;base64,${'iVBO'.repeat(1000)}`;
    const message = { content: 'Here.', images: [{ type: 'image_url', image_url: { url } }] };
    server.answer((response) => sendJson(response, completion('', { choices: [{ message }] })));
    const { details } = (await tryOut()).at(-1);
    assert.deepEqual(details.images, ['[Buffer, 3 kB]']);
  });

  it('should say why it failed', async () => {
    await start();
    server.answer((response) => sendJson(response, { error: { message: `No ${TOKEN} here.` } }, 401));
    const { event, code, message } = (await tryOut()).at(-1);
    assert.deepEqual([event, code], ['failed', 'auth']);
    assert.ok(!message.includes(TOKEN) && message.includes('***'));
    assert.equal((await tryOut({ config: 'gone' })).at(-1).code, 'config');
    assert.equal(
      (await tryOut({ parameters: [{ name: 'temperature', type: 'num', value: '9' }] })).at(-1).code,
      'parameter',
    );
  });

  it('should count towards the limit, and fail beyond it', async () => {
    await start({ limit: 1, limitOf: 'requests' });
    await tryOut();
    assert.equal((await tryOut()).at(-1).code, 'budget');
  });

  it('should never show the token, in however many pieces it comes', async () => {
    await start();
    server.answer((response) =>
      sendStream(response, streamText(chunksOf(['I am ', TOKEN.slice(0, 8), TOKEN.slice(8), '.']))),
    );
    const events = await tryOut();
    assert.equal(textOf(events), 'I am ***.');
  });

  it('should end at the service as soon as the editor stops listening', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
    });
    await start({ concurrency: 1 });
    const asked = helper.request().post('/vivgrid-chat/chat/try');
    asked
      .send({ settings: { ...CHAT_DEFAULTS, config: 'config' }, model: '', message: { payload: 'Hi' } })
      .buffer(true)
      .parse((response, _done) => {
        response.on('data', (data: Buffer) => {
          if (data.includes('"text":"Once"')) asked.abort();
        });
      })
      .end(() => {});
    const [seen] = await server.closed.count(1);
    assert.equal(seen?.closedEarly, true);
    // Its place is free.
    server.answer((response) => sendStream(response, streamText(chunksOf(['Fine.']))));
    assert.equal(textOf(await tryOut()), 'Fine.');
  });
});
