import assert from 'node:assert/strict';
import * as undici from 'undici';
import { ChatError } from '../../../nodes/lib/common/errors.ts';
import { Exchange } from '../../../nodes/lib/http/exchange.ts';
import { createFetch, type ExchangeInit } from '../../../nodes/lib/http/http-fetch.ts';
import { ChatService } from '../../../nodes/lib/service/chat-service.ts';
import { type RawServer, startRawServer } from '../../support/raw-server.mts';

describe('chat service', () => {
  let server: RawServer;
  let service: ChatService;

  beforeEach(async () => {
    server = await startRawServer((response) => void response.end('{}'));
    service = new ChatService({
      name: 'test',
      baseUrl: server.url,
      query: { 'api-version': '2024-10-21' },
      token: '',
      model: '',
      timeout: 1000,
      maxRetries: 1,
      headers: {},
      prices: { input: undefined, cached: undefined, output: undefined },
      limit: undefined,
      keep: 50,
      concurrency: 0,
      maxQueue: 0,
      proxy: undefined,
      tls: {},
    });
  });

  afterEach(async () => {
    await service.close();
    await server.close();
  });

  const models = async (): Promise<string[]> =>
    (await service.models(new AbortController().signal)).map(({ id }) => id);

  it('should list the models', async () => {
    server.answer((response) => void response.end('{"data":[{"id":"a"},{"id":"b"}]}'));
    assert.deepEqual(await models(), ['a', 'b']);
    assert.equal(server.requests.items[0]?.url, '/v1/models?api-version=2024-10-21');
  });

  it('should tell on which day a model ends, where the service says so', async () => {
    const data = [
      { id: 'a', shutdown_date: '2027-01-14' },
      { id: 'b', shutdown_date: null },
    ];
    server.answer((response) => void response.end(JSON.stringify({ data })));
    const listed = await service.models(new AbortController().signal);
    assert.deepEqual(listed, [{ id: 'a', ends: '2027-01-14' }, { id: 'b' }]);
  });

  it('should list the models of a bare array', async () => {
    server.answer((response) => void response.end('[{"id":"a"},{"id":"b"}]'));
    assert.deepEqual(await models(), ['a', 'b']);
  });

  it('should tell the service nothing of the machine', async () => {
    await models();
    const [seen] = server.requests.items;
    const names = Object.keys(seen?.headers ?? {}).sort();
    assert.deepEqual(names, ['accept', 'connection', 'host', 'user-agent']);
    assert.match(String(seen?.headers['user-agent']), /^OpenAI\/JS [\d.]+$/);
  });

  for (const [what, type, text] of [
    ['a body', 'application/json', '{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}'],
    ['an event', 'text/event-stream', 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n'],
  ] as const) {
    it(`should not blame the connection, or ask again, when giving on the text of ${what} fails`, async () => {
      server.answer((response) => {
        response.setHeader('content-type', type);
        response.end(text);
      });
      const { signal } = new AbortController();
      const own = { streamOptions: true, roundMessages: 0 };
      const onPiece = (): void => {
        throw new TypeError('no such output');
      };
      const asked = service.ask({ model: 'm', messages: [], stream: true }, { signal, own, onPiece });
      await assert.rejects(asked, { code: 'server', key: 'unexpected', params: { words: 'no such output' } });
      assert.equal(server.requests.items.length, 1);
    });
  }

  for (const [what, text] of [
    ['null', 'null'],
    ['no list', '{"data":{}}'],
    ['a page', '<html>Hello'],
  ] as const) {
    it(`should say that it is no list of models where it is ${what}`, async () => {
      server.answer((response) => void response.end(text));
      await assert.rejects(models(), { name: 'ChatError', code: 'server', key: 'server_no_reply' });
    });
  }

  it('should pass over what is no model in a list', async () => {
    server.answer((response) => void response.end('{"data":[null,{"id":7},{"id":"a"}]}'));
    assert.deepEqual(await models(), ['a']);
  });

  it('should not wait for a list of models longer than its time-out', async () => {
    server.answer((response) => void response.writeHead(200).write('{"data":['));
    await assert.rejects(
      models(),
      (error) => error instanceof ChatError && error.code === 'timeout' && error.key === 'timeout_silence',
    );
    const [seen] = await server.closed.count(1);
    assert.equal(seen?.closedEarly, true);
  });

  it('should take a list of models that comes slowly, but comes', async () => {
    server.answer(async (response) => {
      for (const piece of ['{"data"', ':[{"id"', ':"a"}', ']}']) {
        response.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      response.end();
    });
    assert.deepEqual(await models(), ['a']);
  });

  // One line of the client knows no more than "Request timed out." where undici tells what it waited for.
  it('should tell why a request failed in the words of what failed, whatever the client makes of it', async () => {
    const dispatcher = new undici.MockAgent();
    const words = 'Connect Timeout Error (attempted address: model.example:80, timeout: 10000ms)';
    const { host } = new URL(server.url);
    dispatcher
      .get(`http://${host}`)
      .intercept({ path: '/v1/models' })
      .replyWithError(new undici.errors.ConnectTimeoutError(words));
    const fetch = createFetch({ dispatcher, redact: (text) => text });
    const exchange = new Exchange(new AbortController().signal);
    const init: ExchangeInit = { headers: new Headers(), exchange };
    await assert.rejects(fetch(`${server.url}/models`, init), { message: words });
    assert.equal((exchange.failure as Error).message, words);
    await dispatcher.close();
  });

  // The client takes a while to come to its fetch, and hands on no signal of ours that would tell.
  it('should send nothing that was ended before it was sent', async () => {
    const dispatcher = new undici.Agent();
    const fetch = createFetch({ dispatcher, redact: (text) => text });
    const exchange = new Exchange(new AbortController().signal);
    exchange.abort(new Error('ended'));
    const init: ExchangeInit = { headers: new Headers(), exchange };
    await assert.rejects(fetch(`${server.url}/models`, init), { message: 'ended' });
    assert.equal(server.requests.items.length, 0);
    await dispatcher.destroy();
  });
});
