// A second service answers when the first can't: who is asked, with what, how often and in which order.
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { ChatSettings, ConfigSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow, USER_ROW } from '../support/chat-flow.mts';
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
import { callReply, callsOf, inTurn, openTool, resultsIn, toolFlow } from '../support/tool-flow.mts';

const FIRST_TOKEN = 'token-of-the-first';
const SECOND_TOKEN = 'token-of-the-second';

/** A failure with this status, and with fields of an error object. */
const failing =
  (status: number, fields: object = {}, headers: object = {}): Answer =>
  (response) =>
    sendJson(response, { error: { message: 'Not today.', ...fields } }, status, headers);
const answering =
  (text: string): Answer =>
  (response, { body }) =>
    body.stream ? sendStream(response, streamText(chunksOf([text]))) : sendJson(response, completion(text));
const closing: Answer = (response) => void response.destroy();
const never: Answer = () => {};
/** Begins a stream with these pieces and breaks off. */
const breaking =
  (...pieces: string[]): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = pieces.map((content) => `data: ${JSON.stringify(chunk({ content }))}\n\n`).join('');
    response.write(text, () => response.destroy());
  };

describe('fallback', function () {
  // Nothing here takes nearly as long, but on a machine that is busy with other things.
  this.timeout(60_000);

  let first: RawServer;
  let second: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    first = await startRawServer(answering('first'));
    second = await startRawServer(answering('second'));
  });

  afterEach(async () => {
    mock.restoreAll();
    await flow.stop();
    await Promise.all([first.close(), second.close()]);
  });

  interface Options {
    config?: Partial<ConfigSettings>;
    backup?: Partial<ConfigSettings>;
    chat?: Partial<ChatSettings>;
    nodes?: Message[];
  }

  async function start({ config = {}, backup = {}, chat = {}, nodes = [] }: Options = {}): Promise<void> {
    flow = await startChatFlow({
      config: { name: 'First', baseUrl: first.url, model: 'large', maxRetries: 0, ...config },
      chat: { fallback: 'backup', model: 'largest', ...chat },
      token: FIRST_TOKEN,
      nodes: [
        {
          id: 'backup',
          type: 'vivgrid-config',
          name: 'Second',
          baseUrl: second.url,
          model: 'small',
          maxRetries: 0,
          ...backup,
        },
        ...nodes,
      ],
      credentials: { backup: { token: SECOND_TOKEN } },
    });
  }

  /** A second chat node, without a fallback unless it is given one. */
  const otherNode = (chat: Partial<ChatSettings> = {}): Message => ({
    id: 'other',
    z: 'tab',
    type: 'vivgrid-chat',
    config: 'config',
    messages: [USER_ROW],
    wires: [['out']],
    ...chat,
  });

  const payloads = (): unknown[] => flow.outputs.items.map(({ payload }) => payload);
  const asked = (server: RawServer): number => server.requests.items.length;

  /** Lets so many milliseconds pass on the clock that counts them, without waiting. */
  function pass(milliseconds: number): void {
    const now = performance.now.bind(performance);
    mock.method(performance, 'now', () => now() + milliseconds);
  }

  it('should be named in the status while it is asked', async () => {
    first.answer(failing(500));
    second.answer(never);
    await start();
    flow.input({ payload: 'Hi' });
    await second.requests.count(1);
    await flow.statuses.until((all) => all.at(-1)?.text === 'asking Second');
    const { fill, shape } = flow.statuses.items.at(-1);
    assert.deepEqual([fill, shape], ['blue', 'ring']);
  });

  describe('kinds of failures', () => {
    interface Kind {
      what: string;
      answer: Answer;
      config?: Partial<ConfigSettings>;
      code: string;
      moves: boolean;
      /** How often the first service is asked, with one retry allowed. */
      times: number;
    }
    const KINDS: Kind[] = [
      { what: 'a connection that is closed', answer: closing, code: 'network', moves: true, times: 2 },
      { what: 'silence', answer: never, config: { timeout: 0.2 }, code: 'timeout', moves: true, times: 1 },
      { what: 'a 500', answer: failing(500), code: 'server', moves: true, times: 2 },
      {
        what: 'what is not a completion',
        answer: (response) => void response.end('<h1>Hi</h1>'),
        code: 'server',
        moves: true,
        times: 1,
      },
      {
        what: 'a 429',
        answer: failing(429, {}, { 'retry-after': '40' }),
        code: 'rate_limit',
        moves: true,
        times: 1,
      },
      { what: 'a 402', answer: failing(402), code: 'payment', moves: true, times: 1 },
      {
        what: 'an exhausted quota',
        answer: failing(429, { type: 'insufficient_quota' }),
        code: 'payment',
        moves: true,
        times: 1,
      },
      { what: 'a 401', answer: failing(401), code: 'auth', moves: true, times: 1 },
      { what: 'a 404', answer: failing(404), code: 'bad_request', moves: true, times: 1 },
      {
        what: 'an unknown model',
        answer: failing(400, { code: 'model_not_found' }),
        code: 'bad_request',
        moves: true,
        times: 1,
      },
      {
        what: 'nothing at all',
        answer: (response) => void response.end(),
        code: 'incomplete',
        moves: true,
        times: 2,
      },
      { what: 'a 400', answer: failing(400), code: 'bad_request', moves: false, times: 1 },
      {
        what: 'a redirect',
        answer: (response) => void response.writeHead(302, { location: '/x' }).end(),
        code: 'config',
        moves: false,
        times: 1,
      },
    ];

    for (const { what, answer, config = {}, code, moves, times } of KINDS) {
      for (const stream of [false, true]) {
        for (const withTools of [false, true]) {
          const how = `${stream ? 'streamed' : 'whole'}${withTools ? ', in the second round of tools' : ''}`;
          it(`should ${moves ? 'go to the second service' : 'fail'} after ${what} (${how})`, async () => {
            const call = callReply(['a', 'light', '{"room":"hall"}']);
            first.answer(withTools ? inTurn(call, answer) : answer);
            await start({
              config: { maxRetries: 1, ...config },
              chat: { stream, ...(withTools && { tools: ['light'] }) },
              nodes: withTools ? toolFlow('light', 'light', 'msg.payload = "on"; return msg;') : [],
            });
            flow.input({ payload: 'Hi' });
            await flow.ended(1);
            assert.equal(asked(first), times + (withTools ? 1 : 0));
            if (!moves) {
              assert.equal(flow.caught.items[0].error.code, code);
              assert.equal(flow.caught.items[0].error.cause?.services, undefined);
              assert.equal(asked(second), 0);
              return;
            }
            assert.deepEqual(flow.caught.items, []);
            assert.equal(payloads().join(''), 'second');
            assert.equal(flow.outputs.items.at(-1).vivgrid.service, 'Second');
            const [request] = second.requests.items;
            assert.equal(asked(second), 1);
            assert.equal(request?.body.model, 'small');
            assert.equal(request?.headers.authorization, `Bearer ${SECOND_TOKEN}`);
            assert.deepEqual(resultsIn(request?.body), withTools ? [['a', 'on']] : []);
            assert.equal(flow.outputs.items.at(-1).vivgrid.attempts, times + (withTools ? 2 : 1));
          });
        }
      }
    }
  });

  it('should ask the first service alone while it answers', async () => {
    await start();
    flow.input({ payload: 'Hi' });
    await flow.ended(1);
    assert.deepEqual(payloads(), ['first']);
    assert.equal(flow.outputs.items[0].vivgrid.service, 'First');
    assert.equal(first.requests.items[0]?.body.model, 'largest');
    assert.equal(asked(second), 0);
  });

  it('should tell of both when both fail', async () => {
    first.answer(failing(500));
    second.answer(failing(401, { message: 'Who are you?' }));
    await start();
    flow.input({ payload: 'Hi' });
    await flow.ended(1);
    const { error, statusCode } = flow.caught.items[0];
    assert.equal(error.code, 'auth');
    assert.equal(statusCode, 401);
    assert.equal(error.cause.attempts, 2);
    assert.deepEqual(
      error.cause.services.map(({ message, ...rest }: Message) => rest),
      [
        { service: 'First', code: 'server', status: 500 },
        { service: 'Second', code: 'auth', status: 401 },
      ],
    );
    assert.match(error.cause.services[0].message, /Not today\./);
    assert.match(error.cause.services[1].message, /Who are you\?/);
  });

  it('should be called by its host where it has no name', async () => {
    first.answer(closing);
    await start({ backup: { name: '' } });
    flow.input({ payload: 'Hi' });
    await flow.ended(1);
    assert.equal(flow.outputs.items[0].vivgrid.service, new URL(second.url).host);
  });

  describe('bad input', () => {
    const disabled = (id: string): Message => ({ id, type: 'vivgrid-config', d: true });
    for (const [what, chat, nodes] of [
      ['is missing', { fallback: 'nowhere' }, []],
      ['is disabled', { fallback: 'off' }, [disabled('off')]],
      ['is another node', { fallback: 'other' }, [otherNode()]],
    ] as [string, Partial<ChatSettings>, Message[]][]) {
      it(`should matter only when it is needed that it ${what}`, async () => {
        await start({ chat, nodes });
        flow.input({ payload: 'Hi' });
        await flow.ended(1);
        assert.deepEqual(payloads(), ['first']);
        first.answer(failing(500));
        flow.input({ payload: 'Hi' });
        await flow.ended(2);
        const { code, cause } = flow.caught.items[0].error;
        assert.equal(code, 'config');
        assert.deepEqual(
          cause.services.map((entry: Message) => [entry.service, entry.code]),
          [
            ['First', 'server'],
            [chat.fallback, 'config'],
          ],
        );
      });
    }

    it('should fail with config when it is needed and can not be used', async () => {
      first.answer(failing(500));
      await start({ backup: { timeout: 'soon' } });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.equal(flow.caught.items[0].error.code, 'config');
      assert.match(flow.caught.items[0].error.message, /soon/);
      // From now on the first one is given up: no message waits for it.
      flow.input({ payload: 'Hi' });
      await flow.ended(2);
      assert.equal(flow.caught.items[1].error.code, 'config');
      assert.equal(asked(first), 1);
    });

    it('should be none where it is the same config node', async () => {
      first.answer(failing(500));
      await start({ chat: { fallback: 'config' } });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.equal(flow.caught.items[0].error.code, 'server');
      assert.equal(flow.caught.items[0].error.cause.services, undefined);
      assert.equal(asked(first), 1);
    });
  });

  describe('streams', () => {
    it('should stay where a piece of the reply has been sent', async () => {
      first.answer(breaking('Once', ' upon'));
      await start({ chat: { stream: true } });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.equal(flow.caught.items[0].error.code, 'incomplete');
      assert.equal(flow.caught.items[0].error.cause.services, undefined);
      assert.equal(asked(second), 0);
    });

    for (const chat of [
      { chunks: 'line' },
      { chunks: 'sentence' },
      { reasoning: false, chunks: 'sentence', whole: true, outputs: 2 },
    ] as Partial<ChatSettings>[]) {
      it(`should drop what was held back (${JSON.stringify(chat)})`, async () => {
        first.answer(breaking('Once', ' upon'));
        await start({ chat: { stream: true, ...chat } });
        flow.input({ payload: 'Hi' });
        await flow.ended(1);
        assert.deepEqual(payloads(), ['second', '']);
        assert.equal(flow.outputs.items[1].vivgrid.service, 'Second');
      });
    }

    it('should show that it is waited for, and tell nothing of the dropped reply when that is reset', async () => {
      const call = { index: 0, id: 'a', function: { name: 'light', arguments: '{"room":"hall"}' } };
      const fields = { id: 'round-1', model: 'model-of-round-1' };
      first.answer((response, seen, number, request) => {
        if (number === 1)
          sendStream(
            response,
            streamText([
              chunk({ content: 'Let me see.' }, undefined, fields),
              chunk({ tool_calls: [call] }, 'tool_calls', fields),
            ]),
          );
        else breaking('Never seen')(response, seen, number, request);
      });
      second.answer(never);
      await start({
        backup: { concurrency: 1 },
        chat: { stream: true, chunks: 'line', tools: ['light'] },
        nodes: [
          ...toolFlow('light', 'light', 'msg.payload = "on"; return msg;'),
          otherNode({ config: 'backup' }),
        ],
      });
      flow.node('other').receive({ payload: 'Hi' });
      await second.requests.count(1);
      flow.input({ payload: 'Hi' });
      await first.requests.count(2);
      const { text } = (await flow.statuses.until((all) => /waiting/.test(all.at(-1)?.text))).at(-1);
      assert.match(text, /status\.waiting$/);
      flow.input({ reset: true });
      await flow.ended(2);
      const { payload, vivgrid } = flow.outputs.items.at(-1);
      assert.equal(payload, '');
      assert.deepEqual([vivgrid.id, vivgrid.model], ['round-1', 'model-of-round-1']);
      assert.equal(vivgrid.finish_reason, 'cancelled');
    });

    it('should not count the pieces of a finished round', async () => {
      const call = { index: 0, id: 'a', function: { name: 'light', arguments: '{"room":"hall"}' } };
      const round = streamText([
        chunk({ content: 'Let me see. ' }),
        chunk({ tool_calls: [call] }),
        chunk({}, 'tool_calls'),
      ]);
      first.answer(inTurn((response: never) => sendStream(response, round), breaking()));
      await start({
        chat: { stream: true, tools: ['light'] },
        nodes: toolFlow('light', 'light', 'msg.payload = "on"; return msg;'),
      });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(payloads(), ['Let me see. ', 'second', '']);
      assert.deepEqual(
        flow.outputs.items.slice(0, 2).map(({ vivgrid }) => vivgrid.round),
        [1, 2],
      );
      assert.deepEqual(resultsIn(second.requests.items[0]?.body), [['a', 'on']]);
    });

    it('should take the secrets of the service that answers out of what it says', async () => {
      first.answer(closing);
      second.answer((response) =>
        sendStream(response, streamText(chunksOf([SECOND_TOKEN.slice(0, 9), `${SECOND_TOKEN.slice(9)}.\n`]))),
      );
      await start({ chat: { stream: true, chunks: 'line' } });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(payloads(), ['***.\n', '']);
    });
  });

  it('should give another service the plain form of the rounds, and its own additions back to each', async () => {
    const called = (id: string, extra: object, callExtra: object): object => ({
      ...completion(''),
      choices: [
        {
          message: {
            content: '',
            ...extra,
            tool_calls: [
              {
                id,
                type: 'function',
                function: { name: 'light', arguments: '{"room":"hall"}' },
                ...callExtra,
              },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
    });
    first.answer(
      inTurn(called('a', { reasoning_content: 'Hm.' }, { extra_content: { signature: 's' } }), failing(500)),
    );
    second.answer(inTurn(called('b', { reasoning_content: 'So.' }, {}), completion('second')));
    await start({
      chat: { tools: ['light'] },
      nodes: toolFlow('light', 'light', 'msg.payload = "on"; return msg;'),
    });
    flow.input({ payload: 'Hi' });
    await flow.ended(1);
    assert.deepEqual(payloads(), ['second']);
    const [one, two] = second.requests.items.map(({ body }) => body.messages);
    const plain = { id: 'a', type: 'function', function: { name: 'light', arguments: '{"room":"hall"}' } };
    assert.deepEqual(one[1], { role: 'assistant', content: null, tool_calls: [plain] });
    assert.deepEqual(two.slice(0, 3), one);
    assert.equal(two[3].reasoning_content, 'So.');
    assert.equal(asked(first), 2);
  });

  describe('a service that is given up', () => {
    it('should not be waited for, and be tried by one message every 30 seconds', async () => {
      first.answer(failing(500));
      await start({ config: { maxRetries: 1 } });
      flow.input({ payload: '1' });
      await flow.ended(1);
      assert.equal(asked(first), 2);
      for (const payload of ['2', '3', '4']) flow.input({ payload });
      await flow.ended(4);
      assert.equal(asked(first), 2);
      assert.equal(asked(second), 4);
      pass(30_000);
      for (const payload of ['5', '6', '7']) flow.input({ payload });
      await flow.ended(7);
      // The probe is tried once, whatever the retries.
      assert.equal(asked(first), 3);
      assert.equal(asked(second), 7);
      first.answer(answering('first'));
      flow.input({ payload: '8' });
      await flow.ended(8);
      assert.equal(asked(first), 3);
      pass(30_000);
      flow.input({ payload: '9' });
      await flow.ended(9);
      flow.input({ payload: '10' });
      await flow.ended(10);
      assert.deepEqual(payloads().slice(7), ['second', 'first', 'first']);
      assert.deepEqual(flow.caught.items, []);
      // Once that it is given up, once that it is back.
      const log = flow.log();
      assert.equal(log.split('does not answer').length - 1, 1);
      assert.equal(log.split('answers again').length - 1, 1);
      assert.ok(!log.includes(FIRST_TOKEN) && !log.includes(SECOND_TOKEN));
    });

    it('should stay given up when the one that tries it fails in any way', async () => {
      first.answer(failing(500));
      await start();
      flow.input({ payload: '1' });
      await flow.ended(1);
      first.answer(failing(401));
      pass(30_000);
      flow.input({ payload: '2' });
      await flow.ended(2);
      flow.input({ payload: '3' });
      await flow.ended(3);
      assert.equal(asked(first), 2);
      assert.equal(asked(second), 3);
    });

    it('should be tried by the next message when the one that was to try it is ignored or ended', async () => {
      first.answer(failing(500));
      second.answer(never);
      await start({ chat: { mode: 'single' } });
      flow.input({ payload: '1' });
      await second.requests.count(1);
      pass(30_000);
      // Ignored, since the node is busy.
      flow.input({ payload: '2' });
      await flow.ended(1);
      flow.input({ reset: true });
      first.answer(answering('first'));
      flow.input({ payload: '3' });
      await flow.outputs.count(1);
      assert.deepEqual(payloads(), ['first']);
    });

    it('should forget the messages that are ended while they wait for another try', async () => {
      first.answer(failing(500));
      await start({ config: { maxRetries: 5 } });
      const { health } = flow.node('config').service();
      const open = new Set<unknown>();
      const { whenDown } = health;
      mock.method(health, 'whenDown', (listener: () => void) => {
        open.add(listener);
        const forget = whenDown.call(health, listener);
        return () => {
          open.delete(listener);
          forget();
        };
      });
      flow.input({ payload: '1' });
      await flow.statuses.until((all) => all.at(-1)?.text === 'retry 2 of 6');
      assert.equal(open.size, 1);
      flow.input({ reset: true });
      await flow.ended(2);
      await new Promise(setImmediate);
      assert.equal(open.size, 0);
    });

    it('should always be asked by a node without a fallback, whose success brings it back', async () => {
      first.answer(failing(500));
      await start({ nodes: [otherNode()] });
      flow.input({ payload: '1' });
      await flow.ended(1);
      first.answer(answering('first'));
      flow.node('other').receive({ payload: '2' });
      await flow.ended(2);
      flow.input({ payload: '3' });
      await flow.ended(3);
      assert.deepEqual(payloads(), ['second', 'first', 'first']);
    });

    it('should be left by the messages that wait in its line or for another try', async () => {
      let fail: () => void = () => {};
      first.answer((response, _seen, number) => {
        if (number === 1) fail = () => sendJson(response, { error: 'Down.' }, 500);
        else failing(500, {}, {})(response, _seen, number, undefined as never);
      });
      await start({ config: { concurrency: 1 }, backup: { concurrency: 1 } });
      for (let number = 1; number <= 20; number++) flow.input({ payload: number });
      await first.requests.count(1);
      fail();
      await flow.ended(20);
      assert.equal(asked(first), 1);
      assert.deepEqual(
        second.requests.items.map(({ body }) => body.messages[0].content),
        Array.from({ length: 20 }, (_, index) => String(index + 1)),
      );
      assert.deepEqual(flow.caught.items, []);
    });

    for (const answer of [failing(402), failing(401), failing(404)]) {
      it('should be asked by the next message after a failure of another kind', async () => {
        first.answer(answer);
        await start();
        flow.input({ payload: '1' });
        await flow.ended(1);
        first.answer(answering('first'));
        flow.input({ payload: '2' });
        await flow.ended(2);
        assert.deepEqual(payloads(), ['second', 'first']);
      });
    }
  });

  it('should be asked while the first service’s queue holds back', async () => {
    first.answer(failing(429, {}, { 'retry-after': '50' }));
    await start({ config: { concurrency: 1, maxRetries: 2 } });
    for (const payload of ['1', '2', '3']) flow.input({ payload });
    await flow.ended(3);
    flow.input({ payload: '4' });
    await flow.ended(4);
    assert.deepEqual(payloads(), ['second', 'second', 'second', 'second']);
    assert.equal(asked(first), 1);
  });

  it('should not be gone to, while the first service’s queue holds back, when its own is full', async () => {
    let isBack = false;
    first.answer((response, seen, number, request) => {
      if (isBack) answering('first')(response, seen, number, request);
      else failing(429, {}, { 'retry-after': '1' })(response, seen, number, request);
      isBack = true;
    });
    second.answer(never);
    await start({ config: { concurrency: 1 }, backup: { concurrency: 1, maxQueue: 1 } });
    for (const payload of ['1', '2', '3', '4']) flow.input({ payload });
    await flow.outputs.count(2);
    assert.deepEqual(payloads(), ['first', 'first']);
    assert.deepEqual(flow.caught.items, []);
  });

  it('should not be gone to for a 409, which holds nothing back', async () => {
    first.answer((response, seen, number, request) =>
      (number === 1 ? failing(409, {}, { 'retry-after-ms': '100' }) : answering('first'))(
        response,
        seen,
        number,
        request,
      ),
    );
    await start({ config: { maxRetries: 1 } });
    flow.input({ payload: '1' });
    await first.requests.count(1);
    flow.input({ payload: '2' });
    await flow.ended(2);
    assert.deepEqual(payloads(), ['first', 'first']);
    assert.equal(asked(second), 0);
  });

  it('should be asked after a 409 when the service is given up meanwhile', async () => {
    let fail: () => void = () => {};
    first.answer((response, { body }, number, request) => {
      if (body.messages[0].content === '1') failing(409)(response, {} as never, number, request);
      // Not tried again, so the service is given up at once.
      else fail = () => void response.end('<h1>Hi</h1>');
    });
    await start({ config: { maxRetries: 1 }, nodes: [otherNode({ fallback: 'backup' })] });
    flow.node('other').receive({ payload: '2' });
    await first.requests.count(1);
    flow.input({ payload: '1' });
    await first.requests.count(2);
    await flow.statuses.until((all) => all.some(({ text }) => text === 'retry 2 of 2'));
    fail();
    await flow.outputs.count(2);
    assert.deepEqual(payloads(), ['second', 'second']);
  });

  it('should be gone to by a newcomer, while the first service’s queue holds back, only when it has room', async () => {
    first.answer((response, seen, number, request) =>
      (number === 1 ? failing(429, {}, { 'retry-after': '1' }) : answering('first'))(
        response,
        seen,
        number,
        request,
      ),
    );
    second.answer(never);
    await start({ backup: { concurrency: 1, maxQueue: 1 } });
    flow.input({ payload: '1' });
    await second.requests.count(1);
    for (const payload of ['2', '3']) flow.input({ payload });
    await flow.outputs.count(1);
    assert.deepEqual(payloads(), ['first']);
    assert.deepEqual(flow.caught.items, []);
  });

  it('should not be gone to after tools, while the first service’s queue holds back, when it is full', async () => {
    first.answer((response, seen, number, request) => {
      const { content } = seen.body.messages[0];
      if (content === 'slow') failing(429, {}, { 'retry-after': '1' })(response, seen, number, request);
      else if (seen.body.messages.length === 1)
        sendJson(response, callReply(['a', 'light', '{"room":"hall"}']));
      else answering('first')(response, seen, number, request);
    });
    second.answer(never);
    await start({
      backup: { concurrency: 1, maxQueue: 1 },
      chat: { tools: ['light'] },
      nodes: [...openTool('light', 'light'), otherNode({ fallback: 'backup' })],
    });
    const { calls, answer } = callsOf(flow, 'light');
    flow.input({ payload: 'Hi' });
    const [call] = await calls.count(1);
    flow.node('other').receive({ payload: 'slow' });
    await second.requests.count(1);
    flow.node('other').receive({ payload: 'waits' });
    answer({ ...call, payload: 'on' });
    await flow.outputs.count(1);
    assert.deepEqual(payloads(), ['first']);
    assert.deepEqual(flow.caught.items, []);
  });

  it('should be asked when the first service’s queue is full', async () => {
    first.answer(never);
    await start({ config: { concurrency: 1, maxQueue: 1 } });
    for (const payload of ['1', '2', '3', '4']) flow.input({ payload });
    await flow.ended(2);
    assert.deepEqual(payloads(), ['second', 'second']);
    assert.deepEqual(
      second.requests.items.map(({ body }) => body.messages[0].content),
      ['3', '4'],
    );
    assert.equal(asked(first), 1);
  });

  it('should fail when both queues are full', async () => {
    first.answer(never);
    second.answer(never);
    const full = { concurrency: 1, maxQueue: 1 };
    await start({ config: full, backup: full });
    for (const payload of ['1', '2', '3', '4', '5']) flow.input({ payload });
    await flow.ended(1);
    const { code, cause } = flow.caught.items[0].error;
    assert.equal(code, 'queue_full');
    assert.deepEqual(
      cause.services.map((entry: Message) => [entry.service, entry.code]),
      [
        ['First', 'queue_full'],
        ['Second', 'queue_full'],
      ],
    );
  });

  describe('order', () => {
    for (const chat of [{ mode: 'queued' }, { memory: true }] as Partial<ChatSettings>[]) {
      it(`should be kept over the move (${JSON.stringify(chat)})`, async () => {
        first.answer((response, { body }) => {
          const { content } = body.messages.at(-1);
          if (content === '2') response.destroy();
          else sendJson(response, completion(`first ${content}`));
        });
        second.answer((response, { body }) =>
          sendJson(response, completion(`second ${body.messages.at(-1).content}`)),
        );
        await start({ chat });
        for (let number = 1; number <= 5; number++) flow.input({ payload: number });
        await flow.ended(5);
        assert.deepEqual(payloads(), ['first 1', 'second 2', 'second 3', 'second 4', 'second 5']);
        if (chat.memory) {
          const last = second.requests.items.at(-1)?.body.messages.map(({ content }: Message) => content);
          assert.deepEqual(last, ['1', 'first 1', '2', 'second 2', '3', 'second 3', '4', 'second 4', '5']);
        }
      });
    }

    it('should leave the last one in restart mode', async () => {
      first.answer(closing);
      second.answer((response, { body }) => {
        if (body.messages[0].content !== 'one') sendJson(response, completion('second'));
      });
      await start({ chat: { mode: 'restart' } });
      flow.input({ payload: 'one' });
      await second.requests.count(1);
      flow.input({ payload: 'two' });
      await flow.ended(2);
      assert.deepEqual(payloads(), ['second']);
      await second.closed.count(2);
      assert.equal(second.closed.items.filter(({ closedEarly }) => closedEarly).length, 1);
    });
  });

  it('should be given up by a reset, and its places be free', async () => {
    first.answer(closing);
    second.answer(never);
    await start({ backup: { concurrency: 1 } });
    for (const payload of ['1', '2', '3']) flow.input({ payload });
    await second.requests.count(1);
    flow.input({ reset: true });
    await flow.ended(4);
    second.answer(answering('second'));
    flow.input({ payload: '4' });
    await flow.ended(5);
    assert.deepEqual(payloads(), ['second']);
    assert.deepEqual(flow.caught.items, []);
  });

  it('should be left without an error by a redeploy', async () => {
    first.answer(closing);
    second.answer(never);
    await start();
    for (const payload of ['1', '2']) flow.input({ payload });
    await second.requests.count(2);
    await flow.redeploy((nodes) => nodes);
    await second.closed.count(2);
    assert.deepEqual(flow.caught.items, []);
    second.answer(answering('second'));
    flow.input({ payload: '3' });
    await flow.outputs.count(1);
    assert.deepEqual(payloads(), ['second']);
  });

  it('should answer each of 200 messages once when the first service goes down in the middle', async () => {
    const answer: Answer = (response, seen, number, request) =>
      number <= 60 ? answering('first')(response, seen, number, request) : void response.destroy();
    first.answer(answer);
    await start({ config: { concurrency: 4, maxRetries: 1 }, backup: { concurrency: 4 } });
    for (let topic = 0; topic < 200; topic++) flow.input({ payload: topic, topic });
    await flow.ended(200);
    assert.deepEqual(flow.caught.items, []);
    const topics = flow.outputs.items.map(({ topic }) => topic).sort((a, b) => a - b);
    assert.deepEqual(topics, [...Array(200).keys()]);
    assert.equal(payloads().filter((payload) => payload === 'first').length, 60);
    // The four at work may each have used up their tries; nobody else has waited for it.
    assert.ok(asked(first) <= 60 + 4 * 2, `asked ${asked(first)} times`);
    assert.equal(asked(second), 140);
  });
});

describe('fields of our own', () => {
  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  const REFUSALS = [
    [400, { message: "Unknown parameter: 'stream_options'." }],
    [422, { message: 'Extra inputs are not permitted', param: 'body.stream_options' }],
    [400, { message: 'stream_options: unexpected field' }],
  ] as const;
  for (const [status, error] of REFUSALS) {
    it(`should be left out for good where they are refused (${JSON.stringify(error)})`, async () => {
      server = await startRawServer((response, { body }) =>
        'stream_options' in body
          ? sendJson(response, { error }, status)
          : sendStream(response, streamText(chunksOf(['Fine.']))),
      );
      flow = await startChatFlow({
        config: { baseUrl: server.url, maxRetries: 0 },
        chat: { stream: true },
      });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      flow.input({ payload: 'Hi' });
      await flow.ended(2);
      assert.deepEqual(flow.caught.items, []);
      assert.deepEqual(
        server.requests.items.map(({ body }) => 'stream_options' in body),
        [true, false, false],
      );
      assert.deepEqual(
        flow.outputs.items.filter(({ complete }) => complete).map(({ vivgrid }) => vivgrid.attempts),
        [2, 1],
      );
    });
  }

  it('should stay where leaving them out does not help', async () => {
    server = await startRawServer((response) =>
      sendJson(response, { error: { message: 'No stream_options, and no streams.' } }, 400),
    );
    flow = await startChatFlow({ config: { baseUrl: server.url }, chat: { stream: true } });
    for (const count of [1, 2]) {
      flow.input({ payload: 'Hi' });
      await flow.ended(count);
    }
    assert.equal(flow.caught.items[0].error.code, 'bad_request');
    assert.deepEqual(
      server.requests.items.map(({ body }) => 'stream_options' in body),
      [true, false, true, false],
    );
  });

  it('should be left alone where the author has set them', async () => {
    server = await startRawServer(failing(400, { message: 'Unknown parameter: stream_options' }));
    const value = '{"include_usage":true}';
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      chat: { stream: true, parameters: [{ name: 'stream_options', type: 'json', value }] },
    });
    flow.input({ payload: 'Hi' });
    await flow.ended(1);
    assert.equal(flow.caught.items[0].error.code, 'bad_request');
    assert.equal(server.requests.items.length, 1);
  });

  for (const field of ['reasoning_content', 'reasoning', 'reasoning_details']) {
    it(`should include ${field}, given back in a round of tools`, async () => {
      const value = field === 'reasoning_details' ? [{ type: 'reasoning.text', text: 'Hm.' }] : 'Hm.';
      const call = { id: 'a', type: 'function', function: { name: 'light', arguments: '{"room":"hall"}' } };
      const message = { content: null, [field]: value, tool_calls: [call] };
      server = await startRawServer((response, { body }) => {
        const isRefused = body.messages.some((sent: object) => field in sent);
        if (isRefused) sendJson(response, { error: { message: `messages[1].${field} is not allowed` } }, 400);
        else if (body.messages.length > 1) sendJson(response, completion('Done.'));
        else sendJson(response, completion('', { choices: [{ message, finish_reason: 'tool_calls' }] }));
      });
      flow = await startChatFlow({
        config: { baseUrl: server.url, maxRetries: 0 },
        chat: { tools: ['light'] },
        nodes: toolFlow('light', 'light', 'msg.payload = "on"; return msg;'),
      });
      for (const count of [1, 2]) {
        flow.input({ payload: 'Hi' });
        await flow.ended(count);
      }
      assert.deepEqual(flow.caught.items, []);
      // Asked, refused, asked without; from then on never with it again.
      assert.equal(server.requests.items.length, 5);
      assert.equal(flow.outputs.items[0].vivgrid.attempts, 3);
      assert.equal(flow.outputs.items[1].vivgrid.attempts, 2);
    });
  }
});
