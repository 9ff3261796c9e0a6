// Messages that come back from a Catch node after a failure of a chat node: they go on as they were before it.
import assert from 'node:assert/strict';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
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
import { inTurn } from '../support/tool-flow.mts';

const OK: Answer = (response) => sendJson(response, completion('Fine.'));
const DOWN: Answer = (response) => sendJson(response, { error: { message: 'Down.' } }, 503);
/** One chunk of a stream, and then the end. */
const BREAKS: Answer = (response) =>
  void response
    .writeHead(200, { 'content-type': 'text/event-stream' })
    .end(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
const STREAM: Answer = (response) => sendStream(response, streamText(chunksOf(['Fi', 'ne.'])));

const OUTER = { id: 'outer', index: 4, count: 9, type: 'array', len: 1 };
const textRow = (content: string): ChatSettings['messages'][number] => ({
  role: 'user',
  type: 'mustache',
  content,
});

describe('a message that comes back from a Catch node', () => {
  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function start(
    answer: Answer,
    chat: Partial<ChatSettings> = {},
    nodes: Message[] = [],
  ): Promise<void> {
    server = await startRawServer(answer);
    flow = await startChatFlow({ config: { baseUrl: server.url, maxRetries: 0 }, chat, nodes });
  }

  /** Sends a message in, and back from the Catch node, with what the flow changed on the way. */
  async function askTwice(message: Message, change: (caught: Message) => void = () => {}): Promise<void> {
    flow.input(message);
    const [caught] = await flow.caught.count(1);
    change(caught);
    flow.input(caught);
    await flow.ended(2);
  }

  it('should leave as if it had not failed', async () => {
    await start(inTurn(DOWN, OK));
    await askTwice({ payload: 'Hi', parts: OUTER }, ({ statusCode, error }) => {
      assert.equal(statusCode, 503);
      assert.equal(error.source.type, 'vivgrid-chat');
    });
    const [{ payload, parts, ...rest }] = flow.outputs.items;
    assert.equal(payload, 'Fine.');
    assert.deepEqual(parts, OUTER);
    for (const name of ['statusCode', 'error', '_error']) assert.equal(name in rest, false, name);
    const [done] = await flow.completed.count(1);
    assert.equal('error' in done, false, 'nor is it at a Complete node');
  });

  for (const outer of [OUTER, undefined]) {
    it(`should be no part of the sequence that broke (outer parts: ${outer !== undefined})`, async () => {
      await start(inTurn(BREAKS, STREAM), { stream: true, whole: true }, [
        { id: 'whole', z: 'tab', type: 'helper' },
      ]);
      await askTwice({ payload: 'Hi', ...(outer && { parts: outer }) }, ({ parts }) => {
        assert.equal(parts.broken, true);
        assert.equal(parts.index, 1);
        assert.deepEqual(parts.parts, outer);
      });
      const chunks = flow.outputs.items.slice(1);
      assert.deepEqual(
        chunks.map(({ parts }) => [parts.index, parts.broken, parts.parts]),
        [0, 1, 2].map((index) => [index, undefined, outer]),
      );
      for (const message of chunks) assert.equal('error' in message, false);
    });
  }

  it('should know a broken sequence by its mark, when the flow took the error off', async () => {
    await start(inTurn(BREAKS, BREAKS, OK), { stream: true });
    flow.input({ payload: 'Hi', parts: OUTER });
    const [first] = await flow.caught.count(1);
    delete first.error;
    flow.input(first);
    const [, second] = await flow.caught.count(2);
    assert.deepEqual(second.parts.parts, OUTER);
    delete second.error;
    flow.input(second);
    await flow.ended(3);
    assert.deepEqual(flow.outputs.items.at(-1).parts.parts, OUTER);
  });

  it('should have its error in templates and typed values', async () => {
    await start(inTurn(DOWN, OK), {
      messages: [
        textRow('{{payload}} {{error.code}}'),
        { role: 'user', type: 'msg', content: 'error.message' },
      ],
      memory: true,
      conversation: 'chats.{{error.code}}x',
    });
    await askTwice({ payload: 'Hi' });
    const [, { body }] = server.requests.items as [unknown, Message];
    assert.equal(body.messages[0].content, 'Hi server');
    assert.match(body.messages[1].content, /Down\./);
    assert.equal('error' in flow.outputs.items[0], false);
    assert.equal(flow.node('chat').context().flow.get('chats.serverx').length, 2);
  });

  it('should keep a status that the flow has set', async () => {
    await start(inTurn(DOWN, OK));
    await askTwice({ payload: 'Hi' }, (caught) => {
      caught.statusCode = 201;
    });
    assert.equal(flow.outputs.items[0].statusCode, 201);
  });

  it("should keep another node's error, which is a part of what is asked", async () => {
    await start(OK, { messages: [textRow('Explain: {{error.message}}')] });
    const error = { message: 'no pump', source: { id: 'f', type: 'function', count: 1 } };
    flow.input({ payload: 'Hi', error, statusCode: 503, _error: error });
    await flow.ended(1);
    const [message] = flow.outputs.items;
    assert.deepEqual([message.error, message._error, message.statusCode], [error, error, 503]);
    assert.equal(server.requests.items[0]?.body.messages[0].content, 'Explain: no pump');
  });

  it('should count its rounds when it fails again, and hold no earlier failure but the last', async () => {
    await start(DOWN);
    let message: Message = { payload: 'Hi' };
    for (let round = 1; round <= 3; round++) {
      flow.input(message);
      message = (await flow.caught.count(round))[round - 1];
      assert.equal(message.error.source.count, round);
      assert.equal(message._error?.source.count, round === 1 ? undefined : round - 1);
      assert.equal(message._error?._error, undefined);
    }
  });

  it('should be stopped by Node-RED after ten rounds when the Catch node is wired straight back', async () => {
    await start(DOWN, {}, [{ id: 'back', z: 'tab', type: 'catch', scope: ['chat'], wires: [['chat']] }]);
    flow.input({ payload: 'Hi' });
    // The tenth is told to no Catch node any more.
    await server.requests.count(10);
    await flow.caught.count(9);
    while (!/loop/i.test(flow.log())) await new Promise(setImmediate);
    assert.equal(server.requests.items.length, 10);
  });

  it('should go on to another chat node as well', async () => {
    await start(inTurn(DOWN, OK), {}, [
      { id: 'second', z: 'tab', type: 'vivgrid-chat', config: 'config', wires: [['out']] },
      { id: 'to-second', z: 'tab', type: 'catch', scope: ['chat'], wires: [['second']] },
    ]);
    flow.input({ payload: 'Hi', parts: OUTER });
    const [{ payload, statusCode, error, parts }] = await flow.outputs.count(1);
    assert.deepEqual([payload, statusCode, error, parts], ['Fine.', undefined, undefined, OUTER]);
  });
});
