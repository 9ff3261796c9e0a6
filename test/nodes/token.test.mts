// The token stays in the requests to its own service, whatever that service, a redirect or the environment does.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, startChatFlow, USER_ROW } from '../support/chat-flow.mts';
import {
  type Answer,
  chunk,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';
import { startNodeRed } from '../support/start-node-red.mts';

// With characters that JSON and addresses write in other ways.
const TOKEN = 'sk-Viv/grid+"0123"=456789';
const HEADER_KEY = 'key-of-a-header-4711';
const QUERY_KEY = 'key+of/an address';
const SECRETS = [TOKEN, HEADER_KEY, QUERY_KEY];

/** Each secret as it is, as JSON writes it, and as an address does. */
const FORMS = SECRETS.flatMap((secret) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
  encodeURIComponent(secret),
  new URLSearchParams([[secret, '']]).toString().slice(0, -1),
]);

function assertNoSecret(value: unknown, where: string): void {
  // Nested as often as a message may be, and escaped once more by the log.
  for (const text of [String(value), JSON.stringify(value), JSON.stringify(JSON.stringify(value))]) {
    for (const form of FORMS) assert.ok(!text?.includes(form), `${form} in ${where}: ${text?.slice(0, 500)}`);
  }
}

describe('the token', () => {
  let server: RawServer;
  let other: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    other = await startRawServer((response) => sendJson(response, completion('Gotcha.')));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
    assert.equal(other.requests.items.length, 0, 'nothing goes anywhere else');
    await other.close();
  });

  async function start(answer: Answer, chat: Partial<ChatSettings>): Promise<void> {
    server = await startRawServer(answer);
    flow = await startChatFlow({
      config: {
        baseUrl: `${server.url}?key=${encodeURIComponent(QUERY_KEY)}`,
        maxRetries: 1,
        headers: [{ name: 'x-api-key', value: HEADER_KEY, type: 'str' }],
      },
      chat,
      token: TOKEN,
    });
    flow.input({ payload: 'Hi' });
  }

  async function ask(answer: Answer, stream = false, chat: Partial<ChatSettings> = {}): Promise<void> {
    await start(answer, { stream, ...chat });
    await flow.ended(1);
    const [request] = server.requests.items;
    assert.equal(request?.headers.authorization, `Bearer ${TOKEN}`);
    assert.equal(request?.headers['x-api-key'], HEADER_KEY);
    assert.equal(new URL(`http://x${request?.url}`).searchParams.get('key'), QUERY_KEY);
    const { outputs, caught, completed, statuses } = flow;
    for (const [where, { items }] of Object.entries({ outputs, caught, completed, statuses })) {
      for (const item of items) assertNoSecret(item, where);
    }
    for (const { error } of caught.items) {
      assertNoSecret(error.message, 'message');
      assertNoSecret(error.stack, 'stack');
    }
    assertNoSecret(flow.log(), 'log');
  }

  const echoes: Record<string, (secret: string) => Answer> = {
    'an error': (secret) => (response) =>
      sendJson(
        response,
        { error: { message: `Wrong key: ${secret}.`, type: secret, code: secret, param: secret } },
        401,
      ),
    'an error that escapes slashes': (secret) => (response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `Wrong key: ${secret}.` } }).replaceAll('/', '\\/'));
    },
    'an error that escapes characters': (secret) => (response) => {
      const escaped = secret.replace(
        /\W/g,
        (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(`{"error":{"message":"Wrong key: ${escaped}."}}`);
    },
    'an error that tells the address': (secret) => (response) => {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end(`There is no /v1?${new URLSearchParams({ key: secret })}`);
    },
    'an error of plain text': (secret) => (response) => {
      response.writeHead(403, { 'content-type': 'text/plain' });
      response.end(`No entry with ${secret}`);
    },
    'a page of html': (secret) => (response) => {
      response.writeHead(500, { 'content-type': 'text/html' });
      response.end(`<h1>Failed</h1><pre>authorization: Bearer ${secret}</pre>`);
    },
    'a request id and other headers': (secret) => (response) =>
      sendJson(response, { error: 'No.' }, 400, { 'x-request-id': secret, 'retry-after': secret }),
    'a redirect': (secret) => (response) => {
      response.writeHead(307, { location: `${other.url}/chat/completions?token=${secret}` });
      response.end();
    },
    'a redirect that escapes it': (secret) => (response) => {
      response.writeHead(302, { location: `${other.url}/login?token=${encodeURIComponent(secret)}` });
      response.end();
    },
    'the first line of a broken answer':
      (secret) =>
      (_response, _seen, _number, { socket }) =>
        void socket.end(`${secret}\r\n\r\n`),
    'a whole reply': (secret) => (response) =>
      sendJson(response, {
        ...completion(`Your key is ${secret}.`),
        id: secret,
        model: secret,
        choices: [
          {
            index: 0,
            message: {
              content: `Your key is ${secret}.`,
              reasoning_content: secret,
              refusal: secret,
              tool_calls: [
                {
                  id: secret,
                  type: secret,
                  function: { name: secret, arguments: secret },
                  extra_content: [secret],
                },
              ],
            },
            finish_reason: secret,
          },
        ],
        usage: { [secret]: 1, note: secret },
      }),
    'a reply that is none': (secret) => (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(`Hello, ${secret}`);
    },
    'a content type': (secret) => (response) => {
      response.writeHead(200, { 'content-type': `text/html; ${secret}` });
      response.end('<p>Hello</p>');
    },
    'a piece of a stream': (secret) => (response) =>
      sendStream(
        response,
        streamText([
          chunk({ content: `Your key is ${secret}.` }),
          chunk({ reasoning_content: secret }),
          chunk({
            tool_calls: [
              { index: 0, id: secret, function: { name: secret, arguments: secret }, note: secret },
            ],
          }),
          chunk({}, 'stop', { usage: { note: secret } }),
        ]),
      ),
    'an error in a stream': (secret) => (response) =>
      sendStream(response, `data: ${JSON.stringify({ error: { message: secret, type: secret } })}\n\n`),
    'a malformed piece of a stream': (secret) => (response) =>
      sendStream(response, `data: {"key":"${secret}\n\n`),
    'a record of the platform form': (secret) => (response) =>
      sendStream(response, `m: ${JSON.stringify(secret)}\n\nc: ${JSON.stringify(secret)}\n\np: finish\n\n`),
  };
  for (const [what, echo] of Object.entries(echoes)) {
    for (const stream of [false, true]) {
      it(`should not come back in ${what} (stream: ${stream})`, async () => {
        for (const secret of SECRETS) {
          await ask(echo(secret), stream);
          if (secret !== SECRETS.at(-1)) {
            await flow.stop();
            await server.close();
          }
        }
      });
    }
  }

  /** A reply that holds the secret in pieces no one of which does. */
  const scattered = (secret: string, ending: object[]): string => {
    const halves = [secret.slice(0, 7), secret.slice(7)];
    return streamText([
      ...halves.map((content) => chunk({ content })),
      ...halves.map((reasoning_content) => chunk({ reasoning_content })),
      ...halves.map((refusal) => chunk({ refusal })),
      ...halves.map((text) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
      ...ending,
    ]);
  };

  it('should be all that is taken out of replies, and what stands under the name of a secret', async () => {
    const headers = {
      'x-portkey-provider': 'anthropic',
      'x-author': 'Ada Lovelace',
      'max-tokens': '10000000',
      'X-Goog-Api-Key': 'goog-key-0815',
      apikey: 'bare-key-0815',
      'cf-access-client-secret': 'client-secret-0815',
      'x-auth': 'auth-0815-0815',
      'x-token': 'token-0815-0815',
    };
    const text = Object.values(headers).join(' ');
    const rows = Object.entries(headers).map(([name, value]) => ({ name, value, type: 'str' as const }));
    server = await startRawServer((response) => sendJson(response, completion(text)));
    flow = await startChatFlow({ config: { baseUrl: server.url, headers: rows }, token: TOKEN });
    flow.input({ payload: 'Hi' });
    await flow.ended(1);
    assert.equal(flow.outputs.items[0].payload, 'anthropic Ada Lovelace 10000000 *** *** *** *** ***');
  });

  it('should not come back in a reply that is put together of pieces', async () => {
    await ask((response) => sendStream(response, scattered(TOKEN, [chunk({}, 'stop')])));
    assert.equal(flow.outputs.items[0].payload, '***');
    assert.equal(flow.outputs.items[0].vivgrid.reasoning, '***');
  });

  it('should not come back in the text of a reply that broke off', async () => {
    await ask((response) => sendStream(response, scattered(TOKEN, [])));
    assert.equal(flow.caught.items[0].error.cause.text, '***');
  });

  it('should not come back in the closing message of a stream, nor in an error that follows its pieces', async () => {
    for (const ending of [[chunk({}, 'stop')], []]) {
      await ask((response) => sendStream(response, scattered(TOKEN, ending)), true);
      if (ending.length > 0) {
        await flow.stop();
        await server.close();
      }
    }
  });

  for (const chat of [
    { chunks: 'line' },
    { chunks: 'sentence' },
    { chunks: 'growing' },
    { chunks: 'token', interval: 60_000, reasoning: true },
    { chunks: 'growing', interval: 60_000, reasoning: true },
  ] as const) {
    it(`should not come back in chunks that are put together of pieces: ${JSON.stringify(chat)}`, async () => {
      const pieces = ['Your key: ', ...TOKEN, '. Keep it.\nGood', ' bye.'];
      await ask(
        (response) =>
          sendStream(
            response,
            streamText([
              ...pieces.map((reasoning_content) => chunk({ reasoning_content })),
              ...pieces.map((content) => chunk({ content })),
              chunk({}, 'stop'),
            ]),
          ),
        true,
        chat,
      );
      const texts = flow.outputs.items.map(({ payload }) => payload);
      const text = chat.chunks === 'growing' ? texts.at(-1) : texts.join('');
      assert.equal(text, 'Your key: ***. Keep it.\nGood bye.');
    });
  }

  it('should not come back in the closing message of a stream that is ended', async () => {
    await start(
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(scattered(TOKEN, [chunk({ content: 'end' })]).replace('data: [DONE]\n\n', ''));
      },
      { stream: true },
    );
    await flow.outputs.until((all) => all.at(-1)?.payload === 'end');
    flow.input({ reset: true });
    const closing = (await flow.outputs.until((all) => all.at(-1)?.complete)).at(-1);
    assertNoSecret(closing, 'closing message');
    assert.equal(closing.vivgrid.reasoning, '***');
    assert.equal(closing.vivgrid.finish_reason, 'cancelled');
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`should not go where a redirect with ${status} leads`, async () => {
      await ask((response) => {
        response.writeHead(status, { location: `${other.url}/chat/completions` });
        response.end();
      });
      assert.equal(flow.caught.items[0].error.code, 'config');
      assert.equal(server.requests.items.length, 1);
    });
  }

  describe('with stray variables in the environment', () => {
    const before = { ...process.env };

    afterEach(() => {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    });

    it('should go nowhere else, and nothing else should be sent', async () => {
      const send = async (): Promise<unknown> => {
        await ask((response) => sendJson(response, completion('Fine.')));
        assert.equal(flow.outputs.items[0].payload, 'Fine.');
        const { method, url, rawHeaders, body } = server.requests.items[0] as never as Record<
          string,
          unknown
        >;
        const { port } = server;
        return JSON.parse(JSON.stringify({ method, url, rawHeaders, body }).replaceAll(`:${port}`, ''));
      };
      const plain = await send();
      await flow.stop();
      await server.close();
      Object.assign(process.env, {
        OPENAI_BASE_URL: other.url,
        OPENAI_API_KEY: 'sk-stray',
        OPENAI_ADMIN_KEY: 'sk-stray-admin',
        OPENAI_ORG_ID: 'stray-organization',
        OPENAI_PROJECT_ID: 'stray-project',
        OPENAI_WEBHOOK_SECRET: 'stray-secret',
        OPENAI_CUSTOM_HEADERS: 'x-stray: 1\nauthorization: Bearer sk-stray\ncontent-type: text/stray',
        OPENAI_LOG: 'debug',
      });
      // What the client would log goes to the console, past Node-RED's own log.
      const logged: unknown[] = [];
      const { log, debug, info, warn, error } = console;
      const note = (...words: unknown[]): void => void logged.push(...words);
      Object.assign(console, { log: note, debug: note, info: note, warn: note, error: note });
      try {
        assert.deepEqual(await send(), plain);
      } finally {
        Object.assign(console, { log, debug, info, warn, error });
      }
      assert.deepEqual(logged, []);
      assert.doesNotMatch(JSON.stringify(plain), /stray/);
    });

    it('should be VIVGRID_API_KEY where the config node has none', async () => {
      process.env.VIVGRID_API_KEY = TOKEN;
      server = await startRawServer((response) =>
        sendJson(response, { error: { message: `No entry with ${TOKEN}` } }, 401),
      );
      flow = await startChatFlow({ config: { baseUrl: server.url }, token: '' });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.equal(server.requests.items[0]?.headers.authorization, `Bearer ${TOKEN}`);
      const [{ error }] = flow.caught.items;
      assert.match(error.message, /No entry with \*\*\*/);
      assertNoSecret(flow.caught.items, 'caught');
      assertNoSecret(flow.log(), 'log');
    });
  });

  it('should be in no export, file or log of a whole Node-RED', async () => {
    server = await startRawServer((response) =>
      sendJson(response, { error: { message: `No entry with ${TOKEN}` } }, 401),
    );
    flow = await startChatFlow({});
    const nodeRed = await startNodeRed({
      settings: { logging: { console: { level: 'trace', metrics: true } } },
    });
    try {
      await nodeRed.deploy([
        { id: 'tab', type: 'tab' },
        { id: 'config', type: 'vivgrid-config', baseUrl: server.url, credentials: { token: TOKEN } },
        // No Catch node: the error goes to the log.
        { id: 'chat', z: 'tab', type: 'vivgrid-chat', config: 'config', messages: [USER_ROW], wires: [] },
        {
          id: 'go',
          z: 'tab',
          type: 'inject',
          once: true,
          onceDelay: 0.1,
          props: [{ p: 'payload' }],
          payload: 'Hi',
          payloadType: 'str',
          wires: [['chat']],
        },
      ]);
      await server.closed.count(1);
      assert.equal(server.requests.items[0]?.headers.authorization, `Bearer ${TOKEN}`);
      while (!nodeRed.log().includes('No entry with')) await new Promise(setImmediate);
      assert.match(nodeRed.log(), /No entry with \*\*\*/);
      assertNoSecret(nodeRed.log(), 'log');
      assertNoSecret(await nodeRed.flows(), 'flows');
      const credentials = await fetch(new URL('credentials/vivgrid-config/config', nodeRed.url));
      assert.deepEqual(await credentials.json(), { has_token: true });
      for (const entry of await readdir(nodeRed.userDir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        assertNoSecret(await readFile(path, 'utf8'), path);
      }
    } finally {
      await nodeRed.stop();
    }
  });
});
