// What is kept of the last exchanges for the editor: rows for all who may look, contents for those who may more.
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { ChatSettings, ConfigSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { chunk, completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { type Call, callReply, callsOf, inTurn, openTool, toolFlow } from '../support/tool-flow.mts';

/** The first event of a stream. */
const ONCE = `data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`;
const TOKEN = 'the-secret-token-of-all';

describe('requests kept for the editor', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer(inTurn(completion('Fine.')));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function start(
    config: Partial<ConfigSettings> = {},
    chat: Partial<ChatSettings> = {},
    options: Partial<FlowOptions> = {},
  ): Promise<void> {
    flow = await startChatFlow({
      config: { name: 'Main', baseUrl: server.url, maxRetries: 0, ...config },
      chat,
      token: TOKEN,
      ...options,
    });
  }

  async function ask(message: object = { payload: 'Hi' }): Promise<void> {
    const ended = flow.completed.items.length + flow.caught.items.length;
    flow.input(message);
    await flow.ended(ended + 1);
  }

  const overview = async (): Promise<Message> => (await helper.request().get('/vivgrid-chat/requests')).body;
  const opened = async (id: string): Promise<Message> =>
    (await helper.request().get(`/vivgrid-chat/requests/${id}`)).body;
  const contentOfLast = async (): Promise<Message> => opened((await overview()).rows.at(-1).id);

  it('should say when, where and how, and nothing of what was said', async () => {
    await start({ priceInput: 1, priceOutput: 1 });
    await ask({ payload: 'What is the password?' });
    const { rows, services } = await overview();
    const [{ id, at, queued, first, total, ...row }] = rows;
    assert.deepEqual(row, {
      config: 'config',
      node: 'chat',
      flow: 'tab',
      service: 'Main',
      state: 'finished',
      model: 'managed',
      attempts: 1,
      calls: 0,
      prompt_tokens: 3,
      completion_tokens: 2,
      cost: 0.000005,
    });
    assert.ok(Math.abs(Date.now() - at) < 60_000);
    assert.ok([queued, first, total].every((ms) => typeof ms === 'number'));
    assert.ok(!JSON.stringify(rows).includes('password'));
    assert.deepEqual([services[0].name, services[0].today.tokens, services[0].hours.length], ['Main', 5, 1]);
  });

  it('should hold what was sent, each try, the calls of tools and the reply', async () => {
    server.answer(
      inTurn(
        (response: never) =>
          sendJson(response, { error: { message: 'Overloaded.' } }, 503, { 'retry-after-ms': '1' }),
        callReply(['a', 'light', '{"room":"hall"}']),
        completion('It is on.', {
          choices: [{ message: { content: 'It is on.', reasoning: 'Hm.' }, finish_reason: 'stop' }],
        }),
      ),
    );
    await start(
      { maxRetries: 1 },
      { tools: ['light'] },
      { nodes: toolFlow('light', 'light', 'msg.payload = "on"; return msg;') },
    );
    await ask();
    const { row, content } = await contentOfLast();
    assert.deepEqual([row.attempts, row.calls, row.state], [3, 1, 'finished']);
    assert.deepEqual(
      content.tries.map(({ message, ...rest }: Message) => rest),
      [{ service: 'Main', code: 'server', status: 503 }, { service: 'Main' }, { service: 'Main' }],
    );
    assert.match(content.tries[0].message, /Overloaded/);
    const [{ ms, ...call }] = content.calls;
    assert.deepEqual(call, {
      name: 'light',
      arguments: { room: 'hall' },
      state: 'finished',
      by: 'flow',
      result: 'on',
    });
    assert.deepEqual(content.reply, { text: 'It is on.', reasoning: 'Hm.' });
    assert.deepEqual(
      content.request.messages.map(({ role }: Message) => role),
      ['user', 'assistant', 'tool'],
    );
    assert.equal(content.isCut, false);
  });

  it('should hold a failure, with what had come', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(ONCE, () => response.destroy());
    });
    await start({}, { stream: true });
    await ask();
    const { row, content } = await contentOfLast();
    assert.deepEqual([row.state, row.code], ['failed', 'incomplete']);
    assert.equal(content.error.code, 'incomplete');
    assert.equal(content.error.message, flow.caught.items[0].error.message.replace(/^Error: /, ''));
    assert.equal(content.reply.text, 'Once');
  });

  it('should show who answered in its place', async () => {
    await start(
      { baseUrl: 'http://127.0.0.1:9' },
      { fallback: 'backup' },
      {
        nodes: [
          { id: 'backup', type: 'vivgrid-config', name: 'Backup', model: 'small', baseUrl: server.url },
        ],
        credentials: { backup: { token: 'x' } },
      },
    );
    await ask();
    const { row, content } = await contentOfLast();
    assert.deepEqual([row.config, row.service, row.model], ['config', 'Backup', 'small']);
    assert.deepEqual(
      content.tries.map(({ service }: Message) => service),
      ['Main', 'Backup'],
    );
  });

  it('should never hold the token', async () => {
    server.answer((response) => sendJson(response, completion(`I heard ${TOKEN}.`)));
    await start();
    await ask();
    server.answer((response) => sendJson(response, { error: `No ${TOKEN}.` }, 400));
    await ask();
    const { rows } = await overview();
    const all = JSON.stringify([rows, ...(await Promise.all(rows.map(({ id }: Message) => opened(id))))]);
    assert.ok(!all.includes(TOKEN));
    assert.ok(all.includes('I heard ***.'));
  });

  it('should never hold the token that a flow or a tool has put into it, of either service', async () => {
    const other = 'the-token-of-the-other-one';
    server.answer(
      inTurn(
        (response: never) => sendJson(response, { error: 'Down.' }, 500),
        callReply(['a', 'light', JSON.stringify({ room: other })]),
        completion('Fine.'),
      ),
    );
    await start(
      {},
      { tools: ['light'], fallback: 'backup' },
      {
        nodes: [
          { id: 'backup', type: 'vivgrid-config', name: 'Backup', baseUrl: server.url },
          ...toolFlow('light', 'light', `msg.payload = "${TOKEN}, ${other}"; return msg;`),
        ],
        credentials: { backup: { token: other } },
      },
    );
    await ask({ payload: `My "${TOKEN}" and ${other}.` });
    const { content } = await contentOfLast();
    const text = JSON.stringify(content);
    assert.ok(!text.includes(TOKEN) && !text.includes(other), text);
    assert.equal(content.message.payload, 'My "***" and ***.');
    assert.equal(content.calls[0].result, '***, ***');
  });

  it('should tell calls of one tool apart that run side by side', async () => {
    const result = 'x'.repeat(20_000);
    server.answer(
      inTurn(
        callReply(['a', 'light', '{"room":"hall"}'], ['b', 'light', '{"room":"attic"}']),
        completion('Both are on.'),
      ),
    );
    await start({}, { tools: ['light'] }, { nodes: openTool('light', 'light') });
    const { calls, answer } = callsOf(flow, 'light');
    flow.input({ payload: 'Hi' });
    const [hall, attic] = await calls.count(2);
    answer({ ...hall, payload: 'hall is on' });
    answer({ ...attic, payload: result });
    await flow.ended(1);
    const { content } = await contentOfLast();
    assert.deepEqual(
      content.calls.map(({ arguments: args, result: text, state }: Message) => [
        args.room,
        text.slice(0, 4),
        state,
      ]),
      [
        ['hall', 'hall', 'finished'],
        ['attic', 'xxxx', 'finished'],
      ],
    );
    // A long result leaves the reply its room.
    assert.equal(content.reply.text, 'Both are on.');
  });

  it('should keep its bounds with any number of calls', async () => {
    const many = Array.from({ length: 500 }, (_, id) => [`c${id}`, 'none', '{}'] as Call);
    server.answer(inTurn(callReply(...many), completion('Done.')));
    await start({}, { tools: ['light'] }, { nodes: toolFlow('light', 'light', 'return msg;') });
    await ask();
    const { row, content } = await contentOfLast();
    assert.equal(row.calls, 500);
    assert.equal(content.calls.length, 100);
    assert.equal(content.isCut, true);
    assert.equal(content.reply.text, 'Done.');
  });

  it('should not be pushed out by messages that are ignored', async () => {
    server.answer(() => {});
    await start({ keep: 2 }, { mode: 'single' });
    flow.input({ payload: '1' });
    await server.requests.count(1);
    for (const payload of ['2', '3', '4']) flow.input({ payload });
    await flow.ended(3);
    assert.deepEqual(
      (await overview()).rows.map(({ state }: Message) => state),
      ['asking'],
    );
  });

  it('should name attachments, and cut long texts', async () => {
    const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(34_000)]);
    await start({}, { attachments: [{ type: 'msg', value: 'picture' }] });
    await ask({ payload: 'x'.repeat(500_000), picture });
    const { content } = await contentOfLast();
    const text = JSON.stringify(content);
    assert.ok(text.length < 66_000, `${text.length} characters`);
    assert.equal(content.isCut, true);
    await ask({ payload: 'Look.', picture });
    const [message] = (await contentOfLast()).content.request.messages;
    assert.deepEqual(message.content, [
      { type: 'text', text: 'Look.' },
      { type: 'image_url', image_url: { url: '[image/png, 35 kB]' } },
    ]);
  });

  it('should be as many as the config node says, the oldest dropped first, and survive a deployment', async () => {
    await start({ keep: 3 });
    for (const payload of ['1', '2', '3', '4']) await ask({ payload });
    await flow.redeploy((nodes) => nodes);
    await ask({ payload: '5' });
    const { rows } = await overview();
    const contents = await Promise.all(rows.map(({ id }: Message) => opened(id)));
    assert.deepEqual(
      contents.map(({ content }) => content.request.messages[0].content),
      ['3', '4', '5'],
    );
  });

  it('should be none where the config node says so', async () => {
    await start({ keep: 0 });
    await ask();
    assert.deepEqual((await overview()).rows, []);
  });

  it('should be cleared', async () => {
    await start();
    await ask();
    await helper.request().post('/vivgrid-chat/requests/clear').expect(204);
    assert.deepEqual((await overview()).rows, []);
    await helper.request().get('/vivgrid-chat/requests/gone').expect(404);
  });

  it('should stay while they go on when the others are cleared', async () => {
    await start();
    await ask();
    server.answer(() => {});
    flow.input({ payload: '2' });
    await server.requests.count(2);
    await helper.request().post('/vivgrid-chat/requests/clear').expect(204);
    const { rows } = await overview();
    assert.deepEqual(
      rows.map(({ state }: Message) => state),
      ['asking'],
    );
    assert.equal((await opened(rows[0].id)).content.message.payload, '2');
  });

  it('should follow a message through its states, and call what was reset cancelled', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(ONCE);
    });
    await start({ concurrency: 1 }, { stream: true });
    flow.input({ payload: '1' });
    flow.input({ payload: '2' });
    await flow.outputs.count(1);
    const states = async (): Promise<string[]> => (await overview()).rows.map(({ state }: Message) => state);
    assert.deepEqual(await states(), ['receiving', 'queued']);
    flow.input({ reset: true });
    await flow.ended(3);
    assert.deepEqual(await states(), ['cancelled', 'cancelled']);
  });
});
