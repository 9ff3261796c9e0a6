import assert from 'node:assert/strict';
import { type ChatFlow, startChatFlow } from '../support/chat-flow.mts';
import {
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';

describe('vivgrid-chat', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer((response) => sendJson(response, completion('Hello!')));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  it('should send the incoming message on with the reply in its payload', async () => {
    flow = await startChatFlow({ config: { baseUrl: server.url } });
    flow.input({ payload: 'Hi', topic: 'greeting' });
    await flow.ended(1);
    const [message] = flow.outputs.items;
    assert.equal(message.payload, 'Hello!');
    assert.equal(message.topic, 'greeting');
    const { timing, ...details } = message.vivgrid;
    assert.deepEqual(details, {
      id: 'chatcmpl-1',
      service: new URL(server.url).host,
      model: 'test-model',
      created: 1_770_000_000,
      finish_reason: 'stop',
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      attempts: 1,
    });
    assert.deepEqual(Object.keys(timing), ['queued', 'first', 'total']);
    const [request] = server.requests.items;
    assert.equal(request?.url, '/v1/chat/completions');
    assert.equal(request?.headers.authorization, 'Bearer test-token-1234');
    assert.deepEqual(request?.body, { model: 'managed', messages: [{ role: 'user', content: 'Hi' }] });
  });

  it('should send a streamed reply as chunks and a closing message', async () => {
    server.answer((response) => sendStream(response, streamText(chunksOf(['Once', ' upon', ' a time']))));
    flow = await startChatFlow({ config: { baseUrl: server.url }, chat: { stream: true } });
    flow.input({ payload: 'Hi', parts: { id: 'outer', index: 3 } });
    await flow.ended(1);
    const messages = flow.outputs.items;
    assert.deepEqual(
      messages.map(({ payload }) => payload),
      ['Once', ' upon', ' a time', ''],
    );
    const { id } = messages[0].parts;
    for (const [index, { parts, complete, vivgrid }] of messages.entries()) {
      const isLast = index === 3;
      assert.deepEqual(parts, {
        id,
        index,
        type: 'string',
        ch: '',
        parts: { id: 'outer', index: 3 },
        ...(isLast && { count: 4 }),
      });
      assert.equal(complete, isLast ? true : undefined);
      if (!isLast) assert.deepEqual(vivgrid, { id: 'chatcmpl-1', model: 'test-model', index });
    }
    assert.equal(messages[3].vivgrid.finish_reason, 'stop');
    assert.deepEqual(server.requests.items[0]?.body.stream_options, { include_usage: true });
  });

  it('should not wait for ever for the end marker of a finished reply', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const data of chunksOf(['Done'])) response.write(`data: ${JSON.stringify(data)}\n\n`);
      const timer = setInterval(() => response.write(': still here\n\n'), 100);
      response.on('close', () => clearInterval(timer));
    });
    flow = await startChatFlow({ config: { baseUrl: server.url }, chat: { stream: true } });
    flow.input({ payload: 'Hi' });
    await flow.ended(1);
    assert.deepEqual(
      flow.outputs.items.map(({ payload }) => payload),
      ['Done', ''],
    );
    await server.closed.count(1);
  });
});
