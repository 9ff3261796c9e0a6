// One row a fault: whatever a server or the network does, a message ends exactly once, with a meaning, and the node
// goes on. An unhandled rejection fails the test that is running: mocha sees to that.
import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { ErrorCause, ErrorCode } from '../../nodes/lib/common/errors.ts';
import type { ChatSettings, ConfigSettings } from '../../nodes/lib/common/settings.ts';
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

const OK: Answer = (response) => sendJson(response, completion('Fine again.'));

interface Row {
  answer: Answer;
  stream?: boolean;
  config?: Partial<ConfigSettings>;
  chat?: Partial<ChatSettings>;
  /** How often the server is to be asked; 1 unless told. */
  tries?: number;
}

interface Failure extends Row {
  code: ErrorCode;
  /** The whole cause, but for the number of tries. */
  cause?: ErrorCause;
  /** What had been sent on before the failure. */
  sent?: string[];
  message?: RegExp;
}

interface Success extends Row {
  /** What is sent on: the pieces and the closing message of a stream, or the one reply. */
  sent: string[];
  attempts?: number;
}

describe('vivgrid-chat and the faults of servers and networks', function () {
  // Nothing here takes nearly as long, but on a machine that is busy with other things.
  this.timeout(60_000);

  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    // Whatever had happened: a node that is gone holds no connection.
    while ((await server.openConnections()) > 0) await new Promise(setImmediate);
    await server.close();
  });

  /** Sends a first message into the fault and a second one behind it, which must be answered. */
  async function run({ answer, stream = false, config = {}, chat = {}, tries = 1 }: Row): Promise<Message[]> {
    server = await startRawServer((response, seen, number, request) =>
      (seen.body.messages[0].content === 'first' ? answer : OK)(response, seen, number, request),
    );
    flow = await startChatFlow({
      config: { baseUrl: server.url, maxRetries: 0, ...config },
      chat: { stream, ...chat },
    });
    flow.input({ payload: 'first' });
    await flow.ended(1);
    const outputs = [...flow.outputs.items];
    flow.input({ payload: 'second' });
    await flow.ended(2);
    const { items } = server.requests;
    assert.equal(items.length, tries + 1, 'number of tries');
    // The server sees the end of every answer that it began: none is left hanging.
    await server.closed.until((closed) => items.slice(0, tries).every((seen) => closed.includes(seen)));
    const fine = flow.outputs.items.slice(outputs.length).map(({ payload }) => payload);
    assert.equal(fine.join(''), 'Fine again.');
    return outputs;
  }

  function shouldFail(title: string, row: Failure): void {
    it(title, async () => {
      const outputs = await run(row);
      assert.equal(flow.caught.items.length, 1, 'at Catch exactly once');
      assert.equal(flow.completed.items.length, 1, 'Complete for the second message only');
      const [caught] = flow.caught.items;
      const { error } = caught;
      assert.equal(error.code, row.code);
      assert.equal(caught.payload, 'first');
      const { attempts, ...cause } = error.cause;
      assert.equal(attempts, row.tries ?? 1);
      if (row.cause) assert.deepStrictEqual(cause, row.cause);
      assert.equal(caught.statusCode, error.cause.status);
      assert.ok(error.message.length <= 300, error.message);
      assert.doesNotMatch(error.message, /<[a-z!/]|__\w+__|undefined|\[object/i);
      if (row.message) assert.match(error.message, row.message);
      assert.deepEqual(
        outputs.map(({ payload }) => payload),
        row.sent ?? [],
      );
      // With a sequence begun, the error names it, so that the flow can close it.
      const last = outputs.at(-1);
      assert.deepEqual(caught.parts, last && { ...last.parts, index: last.parts.index + 1, broken: true });
    });
  }

  function shouldAnswer(title: string, row: Success): void {
    it(title, async () => {
      const outputs = await run(row);
      assert.deepEqual(flow.caught.items, []);
      assert.equal(flow.completed.items.length, 2);
      assert.deepEqual(
        outputs.map(({ payload }) => payload),
        row.sent,
      );
      assert.equal(outputs.at(-1).vivgrid.attempts, row.attempts ?? row.tries ?? 1);
    });
  }

  describe('statuses', () => {
    const STATUSES: Record<number, ErrorCode> = {
      400: 'bad_request',
      401: 'auth',
      402: 'payment',
      403: 'auth',
      404: 'bad_request',
      408: 'timeout',
      409: 'bad_request',
      413: 'bad_request',
      422: 'bad_request',
      429: 'rate_limit',
      500: 'server',
      502: 'server',
      503: 'server',
    };
    const BODIES: { form: string; type: string; body: string; cause: ErrorCause; words?: RegExp }[] = [
      {
        form: 'the OpenAI form',
        type: 'application/json',
        body: '{"error":{"message":"It is so.","type":"some_error","code":"some_code","param":"model"}}',
        cause: { type: 'some_error', code: 'some_code', param: 'model' },
        words: /It is so\./,
      },
      {
        form: 'a code and no type',
        type: 'application/json',
        body: '{"error":{"code":"some_code","message":"It is so."}}',
        cause: { code: 'some_code' },
        words: /It is so\./,
      },
      {
        form: 'nulls in the OpenAI form',
        type: 'application/json',
        body: '{"error":{"message":"It is so.","type":"some_error","code":null,"param":null}}',
        cause: { type: 'some_error' },
        words: /It is so\./,
      },
      { form: 'plain text', type: 'text/plain', body: 'It is so.', cause: {}, words: /It is so\./ },
      {
        form: 'a detail',
        type: 'application/json',
        body: '{"detail":"It is so."}',
        cause: {},
        words: /It is so\./,
      },
      {
        form: 'a list of details',
        type: 'application/json',
        body: '{"detail":[{"loc":["body","model"],"msg":"It is so.","type":"missing"}]}',
        cause: {},
        words: /It is so\./,
      },
      {
        form: 'a page of html',
        type: 'text/html',
        body: `<!DOCTYPE html><html><head><title>No</title><style>a{}</style></head><body><h1>It is so.</h1>${'<p>More.</p>'.repeat(20_000)}</body></html>`,
        cause: {},
        words: /It is so\. More\./,
      },
      { form: 'an empty body', type: 'text/plain', body: '', cause: {} },
    ];
    for (const [status, code] of Object.entries(STATUSES)) {
      for (const { form, type, body, cause, words } of BODIES) {
        shouldFail(`should fail with ${code} for a ${status} with ${form}`, {
          answer: (response) => {
            response.writeHead(Number(status), {
              'content-type': type,
              'x-request-id': 'req-7',
              // Else the second message would have to wait for a while.
              'retry-after': '0',
            });
            response.end(body);
          },
          code,
          cause: { status: Number(status), ...cause, request_id: 'req-7', retry_after: 0 },
          message: words ?? new RegExp(STATUS_CODES[status] as string),
        });
      }
    }

    shouldFail('should fail with payment for a 402 of the platform, and not ask again', {
      config: { maxRetries: 2 },
      answer: (response) =>
        sendJson(response, { error: { code: 'outstanding_balance', message: 'Pay first.' } }, 402, {
          'retry-after': '0',
        }),
      code: 'payment',
      cause: { status: 402, code: 'outstanding_balance', retry_after: 0 },
    });
    shouldFail('should fail with payment for an exhausted quota, and not ask again', {
      config: { maxRetries: 2 },
      answer: (response) =>
        sendJson(
          response,
          { error: { message: 'No more.', type: 'insufficient_quota', code: 'insufficient_quota' } },
          429,
        ),
      code: 'payment',
      cause: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
    });
    for (const status of [429, 500, 503]) {
      for (const fields of [{ code: 'insufficient_quota' }, { type: 'outstanding_balance' }]) {
        shouldFail(`should not ask again after a ${status} with ${JSON.stringify(fields)}`, {
          config: { maxRetries: 2 },
          answer: (response) =>
            sendJson(response, { error: { message: 'No more.', ...fields } }, status, { 'retry-after': '0' }),
          code: status === 429 ? 'payment' : 'server',
          cause: { status, ...fields, retry_after: 0 },
        });
      }
    }
    for (const [what, body, words] of [
      ['a message of null', { error: { message: null } }, /\(400\): Bad Request/],
      ['an empty message', { error: { message: '' } }, /\(400\): Bad Request/],
      [
        'the words beside the error',
        { statusCode: 400, error: 'Bad Request', message: 'It is so.' },
        /It is so\./,
      ],
      [
        'several words beside the error',
        { error: 'Bad Request', message: ['It is so.'] },
        /\["It is so\."\]/,
      ],
      ['the words beside a mere true', { error: true, message: 'It is so.' }, /It is so\./],
      [
        'an error in a list',
        [{ error: { status: 'INVALID_ARGUMENT', message: 'It is so.' } }],
        /\(400\): It is so\./,
      ],
    ] as const) {
      shouldFail(`should read ${what}`, {
        answer: (response) => sendJson(response, body, 400),
        code: 'bad_request',
        cause: { status: 400 },
        message: words,
      });
    }
    shouldFail('should tell no markup where a page shows some', {
      answer: (response) => {
        response.writeHead(404, { 'content-type': 'text/html' });
        response.end('<pre>Cannot POST &lt;img src=x onerror=alert(1)&gt;</pre>');
      },
      code: 'bad_request',
      message: /Cannot POST/,
    });
    shouldFail('should fail with server for a status that HTTP does not know', {
      answer: (response) => sendJson(response, {}, 799),
      code: 'server',
      cause: { status: 799 },
    });
    shouldFail('should fail with the status of an answer whose body breaks off', {
      answer: (response, _seen, _number, { socket }) => {
        response.writeHead(401, { 'content-length': '1000' });
        response.write('Who are you?', () => socket.resetAndDestroy());
      },
      code: 'auth',
      cause: { status: 401 },
    });
    shouldFail('should fail with the status of an answer whose body never ends', {
      config: { timeout: 0.8 },
      answer: (response) => {
        response.writeHead(401, { 'content-type': 'text/plain' });
        response.write('Who are you?');
      },
      code: 'auth',
      cause: { status: 401 },
      message: /Who are you\?/,
    });
    shouldFail('should fail with the status of an answer with a body without end', {
      answer: (response) => {
        response.writeHead(500, { 'content-type': 'text/plain' });
        const more = (): void => {
          if (!response.destroyed) response.write('x'.repeat(10_000), () => setImmediate(more));
        };
        more();
      },
      code: 'server',
      cause: { status: 500 },
    });

    for (const status of [301, 302, 303, 307, 308]) {
      shouldFail(`should refuse a redirect with ${status}`, {
        config: { maxRetries: 2 },
        answer: (response, seen) => {
          response.writeHead(status, { location: `http://${seen.headers.host}/elsewhere` });
          response.end();
        },
        code: 'config',
        cause: { status },
        message: /Redirected .*\/elsewhere/,
      });
    }
    shouldFail('should refuse a redirect that names no place', {
      answer: (response) => {
        response.writeHead(302);
        response.end();
      },
      code: 'config',
      cause: { status: 302 },
    });
  });

  describe('connections', () => {
    it('should fail with network for a port where nothing listens', async () => {
      server = await startRawServer(OK);
      await server.close();
      flow = await startChatFlow({ config: { baseUrl: server.url, maxRetries: 0 } });
      flow.input({ payload: 'first' });
      await flow.ended(1);
      const [{ error, statusCode }] = flow.caught.items;
      assert.equal(error.code, 'network');
      assert.deepStrictEqual(error.cause, { code: 'ECONNREFUSED', attempts: 1 });
      assert.match(error.message, new RegExp(`refused by 127\\.0\\.0\\.1:${server.port}`));
      assert.equal(statusCode, undefined);
      server = await startRawServer(OK, { port: server.port });
      flow.input({ payload: 'second' });
      await flow.ended(2);
      assert.equal(flow.caught.items.length, 1);
      assert.equal(flow.outputs.items[0].payload, 'Fine again.');
    });

    it('should fail with network for a host that does not exist', async () => {
      server = await startRawServer(OK);
      flow = await startChatFlow({ config: { baseUrl: 'http://nowhere.invalid/v1', maxRetries: 0 } });
      for (const count of [1, 2]) {
        flow.input({ payload: 'Hi' });
        await flow.ended(count);
      }
      assert.equal(flow.caught.items.length, 2);
      for (const { error } of flow.caught.items) {
        assert.equal(error.code, 'network');
        assert.match(error.cause.code, /^(ENOTFOUND|EAI_AGAIN)$/);
        assert.match(error.message, /Unknown host nowhere\.invalid/);
      }
    });

    for (const stream of [false, true]) {
      const what = stream ? 'a streamed' : 'a whole';
      shouldFail(`should fail with network when ${what} reply is reset before its headers`, {
        stream,
        answer: (_response, _seen, _number, { socket }) => void socket.resetAndDestroy(),
        code: 'network',
      });
      shouldFail(`should fail with network when the server hangs up on ${what} reply before its headers`, {
        stream,
        answer: (_response, _seen, _number, { socket }) => void socket.end(),
        code: 'network',
      });
      shouldFail(`should fail with network when ${what} reply begins with something that is no HTTP`, {
        stream,
        answer: (_response, _seen, _number, { socket }) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
        code: 'network',
      });
      shouldFail(`should fail with incomplete when ${what} reply is reset after its headers`, {
        stream,
        answer: (response, _seen, _number, { socket }) => {
          response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
          response.write(' ', () => socket.resetAndDestroy());
        },
        code: 'incomplete',
        cause: {},
      });
      shouldFail(`should fail with timeout when ${what} reply never begins`, {
        stream,
        config: { timeout: 0.8, maxRetries: 2 },
        answer: () => {},
        code: 'timeout',
        cause: {},
        message: /0\.8 seconds/,
      });
      shouldFail(`should fail with timeout when ${what} reply stops after its headers`, {
        stream,
        config: { timeout: 0.8, maxRetries: 2 },
        answer: (response) => {
          response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
          response.flushHeaders();
        },
        code: 'timeout',
        cause: {},
      });
    }
    shouldFail('should fail with timeout when a stream falls silent, and keep what came', {
      stream: true,
      config: { timeout: 0.8, maxRetries: 2 },
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
      },
      code: 'timeout',
      cause: { text: 'Once' },
      sent: ['Once'],
    });
    shouldFail('should fail with incomplete when a stream is reset after some text, and not ask again', {
      stream: true,
      config: { maxRetries: 2 },
      answer: (response, _seen, _number, { socket }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`, () =>
          setImmediate(() => socket.resetAndDestroy()),
        );
      },
      code: 'incomplete',
      cause: { text: 'Once' },
      sent: ['Once'],
    });
    shouldAnswer('should wait for a stream that trickles for longer than the time of silence', {
      stream: true,
      config: { timeout: 1 },
      answer: async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const text = `: wait\n\n${streamText(chunksOf(['a', 'b']))}`;
        // Comments and single bytes are signs of life as well.
        for (let at = 0; at < 16; at++) {
          response.write(text[at]);
          await pause(80);
        }
        response.end(text.slice(16));
      },
      sent: ['a', 'b', ''],
    });
    shouldAnswer('should wait for a whole reply that trickles for longer than the time of silence', {
      config: { timeout: 1 },
      answer: async (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        for (let count = 0; count < 16; count++) {
          response.write(' ');
          await pause(80);
        }
        response.end(JSON.stringify(completion('Done.')));
      },
      sent: ['Done.'],
    });
  });

  describe('whole replies', () => {
    const body = JSON.stringify(completion('Grüße'));
    const raw =
      (head: string, text: string): Answer =>
      (_response, _seen, _number, { socket }) =>
        void socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${text}`);
    const JSON_HEAD = 'content-type: application/json';

    shouldFail('should fail with incomplete when the content-length promises more', {
      answer: raw(`${JSON_HEAD}\r\ncontent-length: ${Buffer.byteLength(body) + 10}`, body),
      code: 'incomplete',
      cause: {},
    });
    shouldFail('should fail with incomplete when the content-length promises less', {
      answer: raw(`${JSON_HEAD}\r\ncontent-length: 40`, body),
      code: 'incomplete',
      cause: {},
    });
    shouldFail('should fail with incomplete when the body is cut at a chunk of the transfer', {
      answer: raw(`${JSON_HEAD}\r\ntransfer-encoding: chunked`, `28\r\n${body.slice(0, 40)}\r\n`),
      code: 'incomplete',
      cause: {},
    });
    shouldFail('should fail with incomplete when the body ends before its JSON does', {
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
        response.end(body.slice(0, -20));
      },
      code: 'incomplete',
      cause: {},
    });
    shouldFail('should fail with incomplete when the body is empty', {
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end();
      },
      code: 'incomplete',
      cause: {},
    });
    shouldFail('should fail with incomplete when there is no content at all', {
      answer: (response) => {
        response.writeHead(204);
        response.end();
      },
      code: 'incomplete',
      cause: {},
    });
    shouldAnswer('should take a reply that came in one piece for finished, without a finish_reason, too', {
      answer: (response) =>
        sendJson(
          response,
          completion('', { choices: [{ index: 0, message: { role: 'assistant', content: 'All' } }] }),
        ),
      sent: ['All'],
    });
    shouldFail('should fail with incomplete when there are no choices', {
      answer: (response) => sendJson(response, completion('', { choices: [] })),
      code: 'incomplete',
      cause: {},
    });
    for (const stream of [false, true]) {
      const asked = stream ? 'a stream' : 'a reply';
      shouldFail(`should fail with server for a page of html with status 200 when ${asked} was asked for`, {
        stream,
        answer: (response) => {
          response.writeHead(200, { 'content-type': 'text/html' });
          response.end('<!DOCTYPE html><html><body><h1>Welcome to nginx!</h1></body></html>');
        },
        code: 'server',
        cause: {},
        message: /text\/html.*Welcome to nginx!/,
      });
      shouldFail(`should fail with server for a long text with status 200 when ${asked} was asked for`, {
        stream,
        answer: (response) => {
          response.writeHead(200, { 'content-type': 'text/plain' });
          response.end('lorem ipsum '.repeat(50_000));
        },
        code: 'server',
        cause: {},
      });
      shouldFail(`should fail with server for JSON that says it is text when ${asked} was asked for`, {
        stream,
        config: { maxRetries: 1 },
        answer: (response) => {
          response.writeHead(200, { 'content-type': 'text/plain' });
          response.end('{"status":"ok"}');
        },
        code: 'server',
        cause: {},
        message: /text\/plain.*\{"status":"ok"\}/,
      });
      for (const odd of ['{}', '[]', '"text"', '42', 'null', '{"object":"list","data":[]}']) {
        shouldFail(`should fail with server for ${odd} when ${asked} was asked for`, {
          stream,
          answer: (response) => {
            response.writeHead(200, { 'content-type': 'application/json' });
            response.end(odd);
          },
          code: 'server',
          cause: {},
        });
      }
      shouldFail(`should tell an error that comes with status 200 when ${asked} was asked for`, {
        stream,
        answer: (response) =>
          sendJson(response, { error: { message: 'No such model.', type: 'invalid_request_error' } }),
        code: 'bad_request',
        cause: { type: 'invalid_request_error' },
        message: /No such model\./,
      });
    }
    shouldAnswer('should take a piece that is a number for its text', {
      stream: true,
      answer: (response) =>
        sendStream(response, streamText(chunksOf(['It is ', 6 as never, '.', 0 as never]))),
      sent: ['It is ', '6', '.', '0', ''],
    });
    shouldAnswer('should know a stream by its type, however that is written', {
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'Text/Event-Stream; charset=UTF-8' });
        response.end(streamText(chunksOf(['Once', ' upon'])));
      },
      sent: ['Once upon'],
    });
    shouldAnswer('should know JSON by its type, however that is written', {
      stream: true,
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'Application/JSON' });
        response.end(JSON.stringify(completion('Once upon'), null, 2).replaceAll('\n', '\n\n'));
      },
      sent: ['Once upon', ''],
    });
    shouldAnswer('should put a stream together that answers a plain request', {
      answer: (response) => sendStream(response, streamText(chunksOf(['Once', ' upon']))),
      sent: ['Once upon'],
    });
    shouldAnswer(
      'should send a whole reply that answers a stream request as one chunk and the closing message',
      {
        stream: true,
        answer: (response) => sendJson(response, completion('Once upon')),
        sent: ['Once upon', ''],
      },
    );
    shouldAnswer('should take a reply of null for an empty one', {
      answer: (response) =>
        sendJson(
          response,
          completion('', {
            choices: [{ index: 0, message: { role: 'assistant', content: null }, finish_reason: 'stop' }],
          }),
        ),
      sent: [''],
    });
    const long = 'Ä'.repeat(5 * 2 ** 20);
    shouldAnswer('should take a reply of 10 MB', {
      answer: (response) => sendJson(response, completion(long)),
      sent: [long],
    });
    shouldAnswer('should take 10 MB in one chunk of a stream', {
      stream: true,
      answer: (response) => sendStream(response, streamText(chunksOf([long]))),
      sent: [long, ''],
    });
    const many = Array.from({ length: 20_000 }, (_, index) => `${index} `);
    shouldAnswer('should take 20,000 chunks', {
      stream: true,
      answer: (response) => sendStream(response, streamText(chunksOf(many))),
      sent: [...many, ''],
    });
    shouldAnswer('should take a whole reply packed with gzip', {
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(body));
      },
      sent: ['Grüße'],
    });
    shouldFail('should fail with incomplete when a gzip is cut', {
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(body).subarray(0, 60));
      },
      code: 'incomplete',
      cause: {},
    });
    shouldFail('should fail with incomplete when a gzip is none', {
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(body);
      },
      code: 'incomplete',
      cause: {},
    });
    shouldFail('should read an error packed with gzip', {
      answer: (response) => {
        response.writeHead(400, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync('{"error":{"message":"No such model."}}'));
      },
      code: 'bad_request',
      cause: { status: 400 },
      message: /No such model\./,
    });
  });

  describe('streams', () => {
    const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
    const begun = event(chunk({ role: 'assistant', content: '' })) + event(chunk({ content: 'Once' }));
    const stream =
      (text: string): Answer =>
      (response) =>
        sendStream(response, text);

    for (const maxRetries of [0, 2]) {
      const again = maxRetries > 0 ? ', and not ask again' : '';
      const row = { stream: true, config: { maxRetries }, sent: ['Once'] };
      shouldFail(`should fail with incomplete for [DONE] without a finish_reason${again}`, {
        ...row,
        answer: stream(`${begun}data: [DONE]\n\n`),
        code: 'incomplete',
        cause: { text: 'Once' },
      });
      shouldFail(`should fail with incomplete for an end with nothing${again}`, {
        ...row,
        answer: stream(begun),
        code: 'incomplete',
        cause: { text: 'Once' },
      });
      shouldFail(`should fail with incomplete for an end within a chunk${again}`, {
        ...row,
        answer: stream(`${begun}data: {"choices":[{"delta":{"content":" up`),
        code: 'incomplete',
        cause: { text: 'Once' },
      });
      shouldFail(`should fail with incomplete for a malformed chunk${again}`, {
        ...row,
        answer: stream(`${begun}data: {"choices":[{"delta":{"content":" up\n\n${event(chunk({}, 'stop'))}`),
        code: 'incomplete',
        cause: { text: 'Once' },
      });
      shouldFail(`should tell a bare error line${again}`, {
        ...row,
        answer: stream(`${begun}{"error":{"message":"Tool failed.","type":"server_error"}}\n`),
        code: 'server',
        cause: { type: 'server_error', text: 'Once' },
        message: /Tool failed\./,
      });
      shouldFail(`should tell a bare error line without its newline${again}`, {
        ...row,
        answer: stream(`${begun}{"error":{"message":"Tool failed.","code":"503"}}`),
        code: 'server',
        cause: { status: 503, code: '503', text: 'Once' },
        message: /Tool failed\./,
      });
      shouldFail(`should tell a bare error over several lines${again}`, {
        ...row,
        answer: stream(`${begun}${JSON.stringify({ error: { message: 'Tool failed.' } }, null, 2)}\n`),
        code: 'server',
        cause: { text: 'Once' },
        message: /Tool failed\./,
      });
      shouldFail(`should tell an error in a data line${again}`, {
        ...row,
        answer: stream(`${begun}${event({ error: { message: 'Tool failed.', status: 500 } })}`),
        code: 'server',
        cause: { status: 500, text: 'Once' },
        message: /Tool failed\./,
      });
      shouldFail(`should tell an error event${again}`, {
        ...row,
        answer: stream(`${begun}event: error\ndata: {"message":"Bad gateway","code":502}\n\n`),
        code: 'server',
        cause: { status: 502, code: '502', text: 'Once' },
        message: /Bad gateway/,
      });
    }
    for (const [what, data] of [
      ['in plain words', 'data: The upstream\ndata: has failed.\n\n'],
      ['in plain words that end with the stream', 'data: The upstream has failed.'],
      ['in one string', 'data: "The upstream has failed."\n\n'],
      ['beside an empty error', 'data: {"error":null,"message":"The upstream has failed."}\n\n'],
    ]) {
      shouldFail(`should tell an error event ${what}`, {
        stream: true,
        answer: stream(`${begun}event: error\n${data}`),
        code: 'server',
        cause: { text: 'Once' },
        message: /The upstream has failed\./,
        sent: ['Once'],
      });
    }
    shouldFail('should tell an error that is an object of its own', {
      stream: true,
      answer: stream(
        `${begun}${event({ object: 'error', message: 'Out of memory.', type: 'InternalServerError', code: 500 })}`,
      ),
      code: 'server',
      cause: { status: 500, type: 'InternalServerError', code: '500', text: 'Once' },
      message: /Out of memory\./,
      sent: ['Once'],
    });
    for (const [what, isStream] of [
      ['a stream', true],
      ['a whole reply', false],
    ] as const) {
      const failed = (content: string, part: string) => ({
        index: 0,
        [part]: { content },
        error: { code: 502, message: 'Upstream idle.' },
        finish_reason: 'error',
      });
      shouldFail(`should tell an error within a choice of ${what}`, {
        stream: isStream,
        answer: isStream
          ? stream(`${begun}${event(chunk({}, 'stop', { choices: [failed('', 'delta')] }))}`)
          : (response) => sendJson(response, completion('', { choices: [failed('Once', 'message')] })),
        code: 'server',
        cause: { status: 502, code: '502', text: 'Once' },
        message: /Upstream idle\./,
        ...(isStream && { sent: ['Once'] }),
      });
    }
    shouldAnswer('should ask again when a choice failed before it began', {
      config: { maxRetries: 1 },
      answer: (response, _seen, number) =>
        sendJson(
          response,
          number > 1
            ? completion('Twice.')
            : completion('', { choices: [{ index: 0, error: { code: 503, message: 'Busy.' } }] }),
        ),
      tries: 2,
      sent: ['Twice.'],
    });
    shouldFail('should tell an error event that says nothing', {
      stream: true,
      answer: stream(`${begun}event: error\ndata: ""\n\n`),
      code: 'server',
      cause: { text: 'Once' },
      sent: ['Once'],
    });
    for (const [what, ending, code] of [
      ['breaks off', '', 'incomplete'],
      ['has an error in it', event({ error: { message: 'No.' } }), 'server'],
    ] as const) {
      shouldFail(`should name the request of a stream that ${what}`, {
        stream: true,
        answer: (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req-7' });
          response.end(begun + ending);
        },
        code,
        cause: { text: 'Once', request_id: 'req-7' },
        sent: ['Once'],
      });
    }
    for (const [error, code, status] of [
      [{ type: 'rate_limit_error' }, 'rate_limit'],
      [{ code: 401 }, 'auth', 401],
      [{ type: 'authentication_error' }, 'auth'],
      [{ code: 'outstanding_balance' }, 'payment'],
      [{ code: 'content_filter' }, 'bad_request'],
      [{ type: 'something_else' }, 'server'],
    ] as [{ type?: string; code?: string | number }, ErrorCode, number?][]) {
      shouldFail(`should take the code of an error in a stream from ${JSON.stringify(error)}`, {
        stream: true,
        answer: stream(event({ error: { message: 'No.', ...error } })),
        code,
        cause: {
          ...(error.type && { type: error.type }),
          ...(error.code && { code: String(error.code) }),
          ...(status && { status }),
        },
      });
    }
    shouldFail('should fail with incomplete for an empty stream', {
      stream: true,
      answer: stream(''),
      code: 'incomplete',
      cause: {},
    });
    shouldFail('should fail with incomplete for a preamble and the end', {
      stream: true,
      answer: stream(`${event({ id: '', model: '', created: 0, choices: [] })}data: [DONE]\n\n`),
      code: 'incomplete',
      cause: {},
    });
    shouldAnswer('should take a stream that ends after its finish_reason without [DONE]', {
      stream: true,
      answer: stream(begun + event(chunk({}, 'stop'))),
      sent: ['Once', ''],
    });
    shouldAnswer('should take a stream that is reset after its finish_reason', {
      stream: true,
      answer: (response, _seen, _number, { socket }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(begun + event(chunk({}, 'stop')), () => setImmediate(() => socket.resetAndDestroy()));
      },
      sent: ['Once', ''],
    });
    shouldAnswer('should take a stream that falls silent after its finish_reason', {
      stream: true,
      config: { timeout: 0.8 },
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(begun + event(chunk({}, 'stop')));
      },
      sent: ['Once', ''],
    });
    shouldAnswer('should end with [DONE] even if the connection stays open', {
      stream: true,
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(streamText(chunksOf(['Once'])));
      },
      sent: ['Once', ''],
    });
    shouldAnswer('should end with [DONE] whatever comes after it', {
      stream: true,
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(streamText(chunksOf(['Once'])) + event(chunk({ content: ' more' })));
        response.write(event({ error: { message: 'Too late.' } }));
        const more = (): void => {
          if (!response.destroyed) response.write('x'.repeat(10_000), () => setImmediate(more));
        };
        more();
      },
      sent: ['Once', ''],
    });
    shouldAnswer('should take a stream packed with gzip', {
      stream: true,
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
        response.end(gzipSync(streamText(chunksOf(['Once', ' upon']))));
      },
      sent: ['Once', ' upon', ''],
    });
  });

  describe('retries', () => {
    const NOW = { 'retry-after': '0' };
    const failing =
      (status: number, times: number, headers: object = NOW): Answer =>
      (response, _seen, number) =>
        number <= times
          ? sendJson(response, { error: { message: 'Not now.' } }, status, headers)
          : sendJson(response, completion('At last.'));

    for (const status of [408, 409, 429, 500, 502, 503]) {
      shouldAnswer(`should ask again after a ${status}`, {
        config: { maxRetries: 2 },
        answer: failing(status, 2),
        tries: 3,
        sent: ['At last.'],
      });
    }
    shouldFail('should give up after maxRetries more tries', {
      config: { maxRetries: 3 },
      answer: failing(503, 9),
      tries: 4,
      code: 'server',
      cause: { status: 503, retry_after: 0 },
    });
    for (const status of [400, 401, 402, 403, 404, 413, 422]) {
      shouldFail(`should not ask again after a ${status}`, {
        config: { maxRetries: 2 },
        answer: failing(status, 9),
        code: status === 402 ? 'payment' : status === 401 || status === 403 ? 'auth' : 'bad_request',
        cause: { status, retry_after: 0 },
      });
    }
    it('should not wait for longer than a minute', async () => {
      server = await startRawServer(failing(503, 9, { 'retry-after': '61' }));
      flow = await startChatFlow({ config: { baseUrl: server.url, maxRetries: 2 } });
      flow.input({ payload: 'first' });
      await flow.ended(1);
      const [{ error }] = flow.caught.items;
      assert.equal(error.code, 'server');
      assert.deepStrictEqual(error.cause, { status: 503, retry_after: 61, attempts: 1 });
      assert.equal(server.requests.items.length, 1);
    });

    for (const stream of [false, true]) {
      shouldAnswer(
        `should ask again after a connection that is reset before its headers (stream: ${stream})`,
        {
          stream,
          config: { maxRetries: 1 },
          answer: (response, _seen, number, { socket }) => {
            if (number === 1) socket.resetAndDestroy();
            else sendStream(response, streamText(chunksOf(['Once'])));
          },
          tries: 2,
          sent: stream ? ['Once', ''] : ['Once'],
        },
      );
    }
    for (const [what, text] of Object.entries({
      'nothing and the end': '',
      'a preamble and the end': `data: {"id":"","choices":[]}\n\n`,
      'a preamble and [DONE]': `data: {"id":"","choices":[]}\n\ndata: [DONE]\n\n`,
      'an error event': 'data: {"error":{"message":"Upstream failed"}}\n\n',
    })) {
      shouldAnswer(`should ask again after a stream with ${what}`, {
        stream: true,
        config: { maxRetries: 1 },
        answer: (response, _seen, number) =>
          sendStream(response, number === 1 ? text : streamText(chunksOf(['Once']))),
        tries: 2,
        sent: ['Once', ''],
      });
    }

    /** Milliseconds between the first try and the second. */
    async function gap(headers: () => object, status = 503): Promise<number> {
      const times: number[] = [];
      await run({
        config: { maxRetries: 1 },
        answer: (response, seen, number, request) => {
          times.push(performance.now());
          failing(status, 1, headers())(response, seen, number, request);
        },
        tries: 2,
      });
      return (times[1] as number) - (times[0] as number);
    }

    it('should wait as many seconds as Retry-After says', async () => {
      const milliseconds = await gap(() => ({ 'retry-after': '1' }));
      assert.ok(milliseconds > 990 && milliseconds < 1600, `${milliseconds}`);
    });

    it('should wait for the date that Retry-After names', async () => {
      // Such dates have no fractions of a second.
      const milliseconds = await gap(() => ({ 'retry-after': new Date(Date.now() + 2000).toUTCString() }));
      assert.ok(milliseconds > 900 && milliseconds < 2600, `${milliseconds}`);
    });

    it('should wait as many milliseconds as retry-after-ms says', async () => {
      const milliseconds = await gap(() => ({ 'retry-after-ms': '700', 'retry-after': '30' }));
      assert.ok(milliseconds > 690 && milliseconds < 1300, `${milliseconds}`);
    });

    for (const header of [undefined, 'soon', 'Soon 5', '-1', '1e3', '']) {
      it(`should back off with a Retry-After of ${header}`, async () => {
        const milliseconds = await gap(() => (header === undefined ? {} : { 'retry-after': header }));
        assert.ok(milliseconds > 370 && milliseconds < 1100, `${milliseconds}`);
      });
    }

    it('should back off for longer after a 429', async () => {
      const milliseconds = await gap(() => ({}), 429);
      assert.ok(milliseconds > 1490 && milliseconds < 2600, `${milliseconds}`);
    });
  });
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
