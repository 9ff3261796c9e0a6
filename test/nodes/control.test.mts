// Nothing lost, nothing stuck: resets, redeploys, modes, the queue, and what the status shows of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { ChatSettings, ConfigSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow, USER_ROW } from '../support/chat-flow.mts';
import { createHeldStore } from '../support/held-store.mts';
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

/** Milliseconds, on the busiest machine: what is not ended at once is ended by limits of 10 seconds and more. */
const SOON = 5_000;

const OK: Answer = (response) => sendJson(response, completion('Fine.'));
const NEVER: Answer = () => {};
const BEGIN: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify(chunk({ content: 'Once upon' }))}\n\n`);
};
const LATER: Answer = (response) => sendJson(response, { error: { message: 'Later.' } }, 503);

const isIdle = (status: Message): boolean => status !== undefined && status.text === undefined;
const isAnswered = (status: Message): boolean => status?.fill === 'grey';

describe('vivgrid-chat under control', function () {
  // Nothing here takes nearly as long, but on a machine that is busy with other things.
  this.timeout(60_000);

  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    while ((await server.openConnections()) > 0) await new Promise(setImmediate);
    await server.close();
  });

  async function start(
    answer: Answer,
    config: Partial<ConfigSettings> = {},
    chat: Partial<ChatSettings> = {},
    nodes: Message[] = [],
    settings: object = {},
  ): Promise<void> {
    server = await startRawServer(answer);
    flow = await startChatFlow({ config: { baseUrl: server.url, ...config }, chat, nodes, settings });
  }

  const promptOf = (seen: { body: Message }): string => seen.body.messages[0].content;
  const payloads = (): unknown[] => flow.outputs.items.map(({ payload }) => payload);

  /** A second chat node of the same config, which is wired as the first one is. */
  const secondNode = (chat: Partial<ChatSettings> = {}): Message[] => [
    {
      id: 'chat2',
      z: 'tab',
      type: 'vivgrid-chat',
      config: 'config',
      messages: [USER_ROW],
      wires: [['out']],
      ...chat,
    },
  ];

  /** Settings with a store that gives a `HELD_ROW` its text when it is told to. */
  const withHeldStore = () => {
    const { module, give } = createHeldStore();
    return { give, settings: { contextStorage: { default: { module: 'memory' }, held: { module } } } };
  };
  const HELD_ROW = { ...USER_ROW, content: '{{payload}}{{flow[held].text}}' };

  /** Places at which a message can be when something ends it. */
  const PLACES: Record<
    string,
    { answer: Answer; chat?: Partial<ChatSettings>; arrived: () => Promise<unknown> }
  > = {
    'waiting for headers': { answer: NEVER, arrived: () => server.requests.count(1) },
    'in the middle of a stream': {
      answer: BEGIN,
      chat: { stream: true },
      arrived: () => flow.outputs.count(1),
    },
    'in the middle of a stream, with a line begun': {
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'A line.\nOnce upon' }))}\n\n`);
      },
      chat: { stream: true, chunks: 'line' },
      arrived: () => flow.outputs.count(1),
    },
    'in the middle of a whole reply': {
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"id":');
      },
      arrived: async () => {
        await server.requests.count(1);
        await pause(50);
      },
    },
    'waiting for a retry': {
      answer: LATER,
      arrived: () => flow.statuses.until((all) => all.at(-1)?.fill === 'yellow'),
    },
  };

  describe('reset', () => {
    for (const [place, { answer, chat, arrived }] of Object.entries(PLACES)) {
      it(`should end a message that is ${place}`, async () => {
        await start(answer, {}, chat);
        flow.input({ payload: 'first' });
        await arrived();
        const begun = flow.outputs.items.length;
        const asked = performance.now();
        flow.input({ reset: true });
        await flow.ended(2);
        await server.closed.count(1);
        assert.ok(performance.now() - asked < SOON, 'at once');
        assert.deepEqual(flow.caught.items, []);
        const after = flow.outputs.items.slice(begun);
        // A sequence that was begun is closed; no other message comes.
        assert.deepEqual(
          after.map(({ payload, complete, vivgrid, parts }) => [
            payload,
            complete,
            vivgrid.finish_reason,
            parts.count,
          ]),
          [
            ...(chat?.chunks === 'line' ? [['Once upon', undefined, undefined, undefined]] : []),
            ...(chat?.stream ? [['', true, 'cancelled', begun + after.length]] : []),
          ],
        );
        assert.ok(isIdle(flow.statuses.items.at(-1)));
        // The node goes on, and what was ended is not asked again.
        server.answer(OK);
        if (answer === LATER) await pause(600);
        flow.input({ payload: 'second' });
        await flow.ended(3);
        assert.equal(server.requests.items.length, 2);
        assert.deepEqual(flow.caught.items, []);
        assert.equal(flow.outputs.items.slice(begun + after.length)[0].payload, 'Fine.');
      });
    }

    it('should end a message whose request is being built, without a word', async () => {
      const { settings, give } = withHeldStore();
      await start(OK, { concurrency: 1 }, { messages: [HELD_ROW] }, [], settings);
      // Large enough to be warned of.
      flow.input({ payload: 'x'.repeat(3_000_000) });
      flow.input({ reset: true });
      await flow.ended(2);
      give();
      flow.input({ payload: 'second' });
      await flow.ended(3);
      assert.deepEqual(server.requests.items.map(promptOf), ['secondtext']);
      assert.deepEqual(flow.caught.items, []);
      assert.doesNotMatch(flow.log(), /The request has about/);
    });

    it('should end what is queued, and free its places', async () => {
      await start(NEVER, { concurrency: 1 });
      for (const payload of ['a', 'b', 'c']) flow.input({ payload });
      await server.requests.count(1);
      flow.input({ reset: true });
      await flow.ended(4);
      await server.closed.count(1);
      server.answer(OK);
      flow.input({ payload: 'd' });
      await flow.ended(5);
      assert.deepEqual(server.requests.items.map(promptOf), ['a', 'd']);
      assert.deepEqual(payloads(), ['Fine.']);
      assert.deepEqual(flow.caught.items, []);
    });

    it('should end one message by its id, at work or queued, and no other', async () => {
      await start(NEVER, { concurrency: 2 });
      for (const payload of ['a', 'b', 'c', 'd']) flow.input({ _msgid: `id-${payload}`, payload });
      await server.requests.count(2);
      flow.input({ reset: 'id-c' });
      await flow.ended(2);
      server.answer(OK);
      flow.input({ reset: 'id-a' });
      await flow.ended(5);
      flow.input({ reset: 'id-of-no-one' });
      await flow.ended(6);
      assert.deepEqual(server.requests.items.map(promptOf), ['a', 'b', 'd']);
      assert.deepEqual(payloads(), ['Fine.']);
      const [first] = await server.closed.count(1);
      assert.equal(first?.closedEarly, true);
      assert.equal(server.closed.items.includes(server.requests.items[1] as never), false);
      flow.input({ reset: 'id-b' });
      await flow.ended(8);
      assert.deepEqual(flow.caught.items, []);
      assert.equal(flow.completed.items.length, 8);
    });

    it('should leave other chat nodes of the config alone', async () => {
      const waiting: (() => void)[] = [];
      await start(
        (response) => void waiting.push(() => sendJson(response, completion('Fine.'))),
        {},
        {},
        secondNode(),
      );
      flow.node('chat2').receive({ payload: 'theirs' });
      flow.input({ payload: 'ours' });
      await server.requests.count(2);
      flow.input({ reset: true });
      await flow.ended(2);
      await server.closed.count(1);
      for (const answer of waiting) answer();
      await flow.ended(3);
      assert.deepEqual(payloads(), ['Fine.']);
      assert.deepEqual(server.closed.items.filter(({ closedEarly }) => closedEarly).map(promptOf), ['ours']);
    });

    for (const reset of [false, 0, 1, null, undefined, {}]) {
      it(`should take a message with a reset of ${JSON.stringify(reset)} for any other`, async () => {
        await start(OK);
        flow.input({ payload: 'Hi', reset });
        await flow.ended(1);
        assert.deepEqual(payloads(), ['Fine.']);
      });
    }

    it('should be consumed when there is nothing to end', async () => {
      await start(OK);
      flow.input({ reset: true });
      flow.input({ reset: '' });
      await flow.ended(2);
      assert.deepEqual(payloads(), []);
      assert.equal(flow.completed.items.length, 2);
      assert.deepEqual(flow.statuses.items, []);
    });

    it('should end a request that is still being sent', async () => {
      await start(OK);
      const closed: Promise<unknown>[] = [];
      const sockets: Socket[] = [];
      // Takes the connection and reads no more than fits its buffers.
      const deaf = createServer({ pauseOnConnect: true }, (socket) => {
        sockets.push(socket);
        closed.push(once(socket, 'close'));
      });
      const port = await listen(deaf);
      await flow.redeploy((nodes) =>
        nodes.map((node) =>
          node.id === 'config' ? { ...node, baseUrl: `http://127.0.0.1:${port}/v1` } : node,
        ),
      );
      flow.input({ payload: 'x'.repeat(20 * 2 ** 20) });
      while (sockets.length === 0) await new Promise(setImmediate);
      flow.input({ reset: true });
      await flow.ended(2);
      // What is left in the buffers is not waited for: reading it shows the end.
      for (const socket of sockets) {
        socket.on('error', () => {});
        socket.resume();
      }
      await Promise.all(closed);
      assert.deepEqual(flow.caught.items, []);
      deaf.close();
    });

    it('should end a message whose connection is still being made', async () => {
      await start(OK);
      const sockets: Socket[] = [];
      // A server that takes the connection and never answers the TLS client's hello.
      const silent = createServer((socket) => {
        sockets.push(socket);
        socket.on('error', () => {});
      });
      const port = await listen(silent);
      await flow.redeploy((nodes) =>
        nodes.map((node) =>
          node.id === 'config' ? { ...node, baseUrl: `https://127.0.0.1:${port}/v1` } : node,
        ),
      );
      flow.input({ payload: 'first' });
      while (sockets.length === 0) await new Promise(setImmediate);
      const asked = performance.now();
      flow.input({ reset: true });
      await flow.ended(2);
      flow.input({ payload: 'second' });
      await flow.redeploy((nodes) => nodes);
      assert.ok(performance.now() - asked < SOON, 'at once');
      flow.input({ payload: 'third' });
      await flow.ended(3);
      assert.deepEqual(flow.caught.items, []);
      assert.deepEqual(server.requests.items.map(promptOf), ['third']);
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
  });

  describe('redeploy', () => {
    type Change = (nodes: Message[]) => Message[];
    const touch =
      (id: string, fields: object): Change =>
      (nodes) =>
        nodes.map((node) => (node.id === id ? { ...node, ...fields } : node));
    const without =
      (id: string): Change =>
      (nodes) =>
        nodes.filter((node) => node.id !== id);
    const KINDS: Record<string, [Change, 'full' | 'nodes' | 'flows', boolean]> = {
      'a full deployment': [(nodes) => nodes, 'full', true],
      'a change of the chat node': [touch('chat', { name: 'new' }), 'nodes', true],
      'a change of the config node': [touch('config', { name: 'new' }), 'nodes', true],
      'a change of its flow': [touch('chat', { name: 'new' }), 'flows', true],
      'deleting the chat node': [without('chat'), 'nodes', false],
      'disabling the chat node': [touch('chat', { d: true }), 'nodes', false],
      'disabling the config node': [touch('config', { d: true }), 'nodes', false],
      'disabling the tab': [touch('tab', { disabled: true }), 'nodes', false],
    };

    for (const [kind, [change, type, goesOn]] of Object.entries(KINDS)) {
      for (const [place, { answer, chat, arrived }] of Object.entries(PLACES)) {
        it(`should end a message that is ${place}, on ${kind}`, async () => {
          await start(answer, { concurrency: 1 }, chat);
          flow.input({ payload: 'first' });
          flow.input({ payload: 'queued' });
          await arrived();
          const begun = flow.outputs.items.length;
          const asked = performance.now();
          // Everything from here on would come from the grave.
          server.answer(OK);
          await flow.redeploy(change, type);
          await server.closed.count(1);
          assert.ok(performance.now() - asked < SOON, `closed after ${performance.now() - asked} ms`);
          assert.equal(server.requests.items.length, 1);
          if (goesOn) {
            flow.input({ payload: 'second' });
            await flow.ended(1);
            assert.equal(server.requests.items.length, 2);
            assert.equal(server.requests.items[1]?.headers.authorization, 'Bearer test-token-1234');
            assert.equal(flow.completed.items.length, 1);
          } else {
            await pause(50);
            assert.deepEqual(flow.completed.items, []);
          }
          assert.deepEqual(flow.caught.items, []);
          assert.deepEqual(payloads().slice(begun), !goesOn ? [] : chat?.stream ? ['Fine.', ''] : ['Fine.']);
          assert.equal(server.requests.items.length, goesOn ? 2 : 1);
          if (goesOn) assert.ok(isAnswered(flow.statuses.items.at(-1)));
        });
      }
    }

    it('should end 100 messages at once', async () => {
      await start(BEGIN, { concurrency: 20 }, { stream: true });
      for (let index = 0; index < 100; index++) flow.input({ payload: `${index}` });
      await flow.outputs.count(20);
      const asked = performance.now();
      await flow.redeploy((nodes) => nodes);
      await server.closed.count(20);
      assert.ok(performance.now() - asked < SOON);
      await pause(100);
      assert.equal(server.requests.items.length, 20);
      assert.equal(flow.outputs.items.length, 20);
      assert.deepEqual(flow.caught.items, []);
    });
  });

  describe('modes', () => {
    /** Answers each prompt when it is told to. */
    async function startHeld(
      chat: Partial<ChatSettings>,
      nodes: Message[] = [],
    ): Promise<(prompt: string) => void> {
      const waiting = new Map<string, () => void>();
      await start(
        (response, seen) =>
          void waiting.set(promptOf(seen), () => sendJson(response, completion(`re: ${promptOf(seen)}`))),
        {},
        chat,
        nodes,
      );
      return (prompt) => {
        const answer = waiting.get(prompt);
        assert.ok(answer, `${prompt} was not asked`);
        answer();
      };
    }

    it('should answer side by side in parallel mode', async () => {
      const answer = await startHeld({ mode: 'parallel' });
      for (const payload of ['a', 'b', 'c']) flow.input({ payload });
      await server.requests.count(3);
      for (const prompt of ['c', 'a', 'b']) {
        answer(prompt);
        await flow.outputs.until((all) => all.some(({ payload }) => payload === `re: ${prompt}`));
      }
      assert.deepEqual(payloads(), ['re: c', 're: a', 're: b']);
    });

    it('should answer one after the other in queued mode, and hold up no other node', async () => {
      const answer = await startHeld({ mode: 'queued' }, secondNode());
      for (const payload of ['a', 'b', 'c']) flow.input({ payload });
      flow.node('chat2').receive({ payload: 'theirs' });
      await server.requests.count(2);
      assert.deepEqual(server.requests.items.map(promptOf).sort(), ['a', 'theirs']);
      answer('a');
      await server.requests.count(3);
      answer('b');
      await server.requests.count(4);
      answer('c');
      await flow.ended(3);
      answer('theirs');
      await flow.ended(4);
      assert.deepEqual(payloads(), ['re: a', 're: b', 're: c', 're: theirs']);
    });

    it('should tell of failures in the order of the messages in queued mode', async () => {
      let answer = (): void => {};
      await start(
        (response) => {
          answer = () => sendJson(response, completion('Fine.'));
        },
        {},
        { mode: 'queued', parameters: [{ name: 'n', type: 'msg', value: 'n' }] },
      );
      const ends: string[] = [];
      void flow.completed.count(1).then(() => ends.push('answered'));
      void flow.caught.count(1).then(() => ends.push('failed'));
      flow.input({ payload: 'first' });
      flow.input({ payload: 'second', n: 'many' });
      await server.requests.count(1);
      answer();
      await flow.ended(2);
      assert.deepEqual(ends, ['answered', 'failed']);
    });

    it('should build each request when its turn comes', async () => {
      const answers: (() => void)[] = [];
      await start(
        (response) => {
          answers.push(() => sendJson(response, completion('Fine.')));
        },
        { concurrency: 1 },
        { messages: [{ role: 'user', type: 'mustache', content: '{{payload}} {{flow.weather}}' }] },
      );
      const { flow: context } = flow.node('chat').context();
      context.set('weather', 'rain');
      flow.input({ payload: 'first' });
      flow.input({ payload: 'second' });
      await server.requests.count(1);
      context.set('weather', 'sun');
      answers[0]?.();
      await server.requests.count(2);
      answers[1]?.();
      await flow.ended(2);
      assert.deepEqual(server.requests.items.map(promptOf), ['first rain', 'second sun']);
    });

    it('should go on in queued mode after a failure and after a reset', async () => {
      await start(
        (response, seen) => {
          if (promptOf(seen) === 'fails') sendJson(response, { error: 'No.' }, 400);
          else if (promptOf(seen) === 'answers') sendJson(response, completion('Fine.'));
        },
        {},
        { mode: 'queued' },
      );
      flow.input({ payload: 'fails' });
      flow.input({ _msgid: 'hangs', payload: 'hangs' });
      flow.input({ payload: 'answers' });
      await server.requests.count(2);
      flow.input({ reset: 'hangs' });
      await flow.ended(4);
      assert.deepEqual(server.requests.items.map(promptOf), ['fails', 'hangs', 'answers']);
      assert.equal(flow.caught.items.length, 1);
      assert.deepEqual(payloads(), ['Fine.']);
    });

    it('should end the running message in restart mode, then run', async () => {
      await start(BEGIN, {}, { mode: 'restart', stream: true });
      flow.input({ payload: 'a' });
      await flow.outputs.count(1);
      server.answer((response) => sendStream(response, streamText(chunksOf(['Fine.']))));
      flow.input({ payload: 'b' });
      await flow.ended(2);
      assert.deepEqual(payloads(), ['Once upon', '', 'Fine.', '']);
      assert.deepEqual(
        flow.outputs.items.map(({ vivgrid }) => vivgrid.finish_reason),
        [undefined, 'cancelled', undefined, 'stop'],
      );
      assert.deepEqual(flow.caught.items, []);
      const [first] = await server.closed.count(1);
      assert.equal(first?.closedEarly, true);
    });

    it('should run only the last of a burst in restart mode', async () => {
      await start(OK, { concurrency: 1 }, { mode: 'restart' });
      for (let index = 0; index < 50; index++) flow.input({ payload: `${index}` });
      await flow.ended(50);
      assert.deepEqual(flow.caught.items, []);
      assert.deepEqual(payloads(), ['Fine.']);
      assert.equal(promptOf(server.requests.items.at(-1) as never), '49');
    });

    it('should let a new message go in single mode, done and with nothing sent', async () => {
      const answer = await startHeld({ mode: 'single' });
      flow.input({ payload: 'a' });
      flow.input({ payload: 'b' });
      await server.requests.count(1);
      await flow.ended(1);
      answer('a');
      await flow.ended(2);
      assert.deepEqual(payloads(), ['re: a']);
      flow.input({ payload: 'c' });
      await server.requests.count(2);
      answer('c');
      await flow.ended(3);
      assert.deepEqual(payloads(), ['re: a', 're: c']);
      assert.deepEqual(server.requests.items.map(promptOf), ['a', 'c']);
      assert.deepEqual(flow.caught.items, []);
    });
  });

  describe('queue', () => {
    it('should lose none of 500 messages over two nodes, with never more than 8 at work', async () => {
      let working = 0;
      let most = 0;
      await start(
        async (response, seen) => {
          most = Math.max(most, ++working);
          // Slow enough at first for all to be there at once, and for one too many.
          if (server.requests.items.length <= 8) {
            await server.requests.count(8);
            await pause(50);
          }
          await pause(Math.random() * 8);
          working--;
          sendJson(response, completion(`re: ${promptOf(seen)}`));
        },
        { concurrency: 8 },
        {},
        secondNode(),
      );
      for (let index = 0; index < 500; index++) {
        flow.node(index % 2 === 0 ? 'chat' : 'chat2').receive({ payload: `${index}`, topic: index });
      }
      await flow.ended(500);
      assert.deepEqual(flow.caught.items, []);
      assert.equal(most, 8);
      assert.equal(server.requests.items.length, 500);
      const answers = flow.outputs.items.map(({ topic, payload }) => [topic, payload]);
      assert.deepEqual(
        answers.sort(([a], [b]) => a - b),
        Array.from({ length: 500 }, (_, index) => [index, `re: ${index}`]),
      );
      // Nothing comes before its turn: of the messages before it, at most seven are still on their way, over connections
      // of their own. How late one of these gets there is up to the network; with one at a time the order is exact.
      for (const [place, seen] of server.requests.items.entries()) {
        assert.ok(Number(promptOf(seen)) - place < 8, `${promptOf(seen)} came as number ${place}`);
      }
    });

    it('should keep to the order of arrival strictly, whatever becomes of the messages', async () => {
      await start(
        (response, seen) =>
          Number(promptOf(seen)) % 3 === 0
            ? sendJson(response, { error: 'No.' }, 400)
            : sendJson(response, completion('Fine.')),
        { concurrency: 1 },
        {},
        secondNode(),
      );
      const prompts = Array.from({ length: 60 }, (_, index) => `${index}`);
      for (const payload of prompts)
        flow.node(Number(payload) % 2 === 0 ? 'chat' : 'chat2').receive({ payload });
      await flow.ended(60);
      assert.deepEqual(server.requests.items.map(promptOf), prompts);
      assert.equal(flow.caught.items.length, 20);
      assert.equal(flow.outputs.items.length, 40);
    });

    it('should have no limit with a concurrency of 0', async () => {
      await start(NEVER, { concurrency: 0, maxQueue: 1 });
      for (let index = 0; index < 100; index++) flow.input({ payload: `${index}` });
      await server.requests.count(100);
      flow.input({ reset: true });
      await flow.ended(101);
      assert.deepEqual(flow.caught.items, []);
    });

    it('should refuse a message beyond maxQueue at once, and take one when there is room again', async () => {
      const waiting: (() => void)[] = [];
      await start((response) => void waiting.push(() => sendJson(response, completion('Fine.'))), {
        concurrency: 1,
        maxQueue: 2,
      });
      for (const payload of ['a', 'b', 'c', 'd']) flow.input({ payload });
      await flow.ended(1);
      const [{ error, payload, statusCode }] = flow.caught.items;
      assert.equal(error.code, 'queue_full');
      assert.deepEqual(error.cause, {});
      assert.match(error.message, /^The queue is full: 2 messages are waiting/);
      assert.equal(payload, 'd');
      assert.equal(statusCode, undefined);
      await server.requests.count(1);
      waiting.shift()?.();
      await server.requests.count(2);
      flow.input({ payload: 'e' });
      for (const count of [2, 3, 4]) {
        await server.requests.count(count);
        waiting.shift()?.();
      }
      await flow.ended(5);
      assert.equal(flow.caught.items.length, 1);
      assert.deepEqual(server.requests.items.map(promptOf), ['a', 'b', 'c', 'e']);
    });

    it('should take any number of messages with a maxQueue of 0', async () => {
      await start(OK, { concurrency: 1, maxQueue: 0 });
      for (let index = 0; index < 1100; index++) flow.input({ payload: `${index}` });
      await flow.ended(1100);
      assert.deepEqual(flow.caught.items, []);
    });

    for (const [what, status, headers, expected] of [
      ['a 429 with Retry-After', 429, { 'retry-after': '1' }, 1000],
      ['a 503 with Retry-After', 503, { 'retry-after': '1' }, 1000],
      ['a 429 without', 429, {}, 1500],
    ] as const) {
      for (const maxRetries of [0, 2]) {
        it(`should start nothing new while ${what} holds the queue (maxRetries ${maxRetries})`, async () => {
          const arrivals: [string, number][] = [];
          let refused = 0;
          await start(
            async (response, seen, number) => {
              arrivals.push([promptOf(seen), performance.now()]);
              if (number === 1) {
                // Once the others are at work, too.
                await server.requests.count(3);
                refused = performance.now();
                sendJson(response, { error: 'Too many.' }, status, headers);
              } else if (number === 2) {
                await pause(150);
                sendJson(response, completion('Fine.'));
              } else if (number === 3) {
                await pause(200);
                // This one would come back after half a second, by itself.
                sendJson(response, { error: 'Failed.' }, 500);
              } else sendJson(response, completion('Fine.'));
            },
            { concurrency: 3, maxRetries },
            {},
            secondNode(),
          );
          for (const payload of ['a', 'b', 'c', 'd', 'e', 'f'])
            flow.node(payload < 'd' ? 'chat' : 'chat2').receive({ payload });
          await server.requests.count(4);
          const [, fourth] = arrivals[3] as [string, number];
          // Timers may be a little early, and the refusal takes a moment to arrive.
          assert.ok(
            fourth - refused > expected - 20,
            `${arrivals[3]?.[0]} came after ${fourth - refused} ms`,
          );
          assert.ok(fourth - refused < expected + 1000, `${fourth - refused} ms`);
          await flow.ended(6);
          assert.equal(flow.caught.items.length, maxRetries === 0 ? 2 : 0);
        });
      }
    }

    for (const status of [400, 401, 402]) {
      it(`should hold nothing for what a ${status} says to one message, be it with Retry-After`, async () => {
        await start((response, _seen, number) =>
          number === 1
            ? sendJson(response, { error: 'No.' }, status, { 'retry-after': '2' })
            : sendJson(response, completion('Fine.')),
        );
        flow.input({ payload: 'a' });
        await flow.ended(1);
        flow.input({ payload: 'b' });
        await flow.ended(2);
        assert.equal(flow.caught.items[0].error.cause.retry_after, 2);
        assert.equal(flow.outputs.items[0].payload, 'Fine.');
        const waits = flow.statuses.items.filter(({ fill, shape }) => fill === 'yellow' && shape === 'ring');
        assert.deepEqual(waits, []);
      });
    }

    it('should hold back what was at work on its request when the queue was held', async () => {
      const { settings, give } = withHeldStore();
      await start(
        (response, _seen, number) =>
          number === 1
            ? sendJson(response, { error: 'Too many.' }, 429, { 'retry-after': '1' })
            : sendJson(response, completion('Fine.')),
        { maxRetries: 0 },
        { messages: [HELD_ROW] },
        secondNode(),
        settings,
      );
      flow.input({ payload: 'slow' });
      flow.node('chat2').receive({ payload: 'refused' });
      await flow.ended(1);
      const refused = performance.now();
      give();
      await flow.statuses.until((all) => all.at(-1)?.fill === 'yellow');
      await server.requests.count(2);
      // Timers may be a little early, and the refusal took a moment to arrive.
      assert.ok(performance.now() - refused > 900, `sent after ${performance.now() - refused} ms`);
      await flow.ended(2);
      assert.deepEqual(payloads(), ['Fine.']);
    });

    it('should hold nothing for a failure that names no time', async () => {
      await start(
        (response, seen) =>
          promptOf(seen) === 'a'
            ? sendJson(response, { error: 'Failed.' }, 500)
            : OK(response, seen, 0, undefined as never),
        { concurrency: 1, maxRetries: 0 },
      );
      flow.input({ payload: 'a' });
      await flow.ended(1);
      assert.equal(flow.node('config').service().queue.heldFor, 0);
      for (const payload of ['b', 'c']) flow.input({ payload });
      await flow.ended(3);
    });
  });

  describe('status', () => {
    /** Fill, shape and text of each; of a catalogue id its last part, of times only that there are some. */
    const shown = (): unknown[] =>
      flow.statuses.items.map(({ fill, shape, text }) =>
        text === undefined
          ? undefined
          : [
              fill,
              shape,
              text
                .replace(/^.*:vivgrid-chat\.status\./, '')
                .replace(/\d\d:\d\d$/, 'hh:mm')
                .replace(/\d+\.\d s$/, 'n s'),
            ],
      );
    const lastIs = (text: string) => flow.statuses.until((all) => all.at(-1)?.text === text);

    it('should tell asking from receiving, and show what the reply took until the next message', async () => {
      await start((response) => sendStream(response, streamText(chunksOf(['a', 'b']))), {}, { stream: true });
      flow.input({ payload: 'Hi' });
      await flow.statuses.until((all) => isAnswered(all.at(-1)));
      assert.deepEqual(shown(), [
        ['blue', 'ring', 'asking'],
        ['blue', 'dot', 'receiving'],
        ['grey', 'dot', '9 tokens, n s'],
      ]);
      server.answer(NEVER);
      flow.input({ payload: 'Hi' });
      await flow.statuses.count(4);
      assert.deepEqual(shown().at(-1), ['blue', 'ring', 'asking']);
    });

    it('should show the time alone where the service counts no tokens', async () => {
      await start((response) => sendJson(response, completion('Fine.', { usage: undefined })));
      flow.input({ payload: 'Hi' });
      await flow.statuses.until((all) => isAnswered(all.at(-1)));
      assert.deepEqual(shown(), [
        ['blue', 'ring', 'asking'],
        ['grey', 'dot', 'n s'],
      ]);
    });

    it('should change at most 20 times for a stream of 500 chunks', async () => {
      await start(
        (response) => sendStream(response, streamText(chunksOf(Array(500).fill('x')))),
        {},
        { stream: true },
      );
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      const statuses = await flow.statuses.until((all) => isAnswered(all.at(-1)));
      assert.equal(flow.outputs.items.length, 501);
      assert.ok(statuses.length <= 20, `${statuses.length}`);
    });

    it('should change at most 120 times for a burst of 200 messages, with counts', async () => {
      await start(async (response) => {
        await pause(30 + Math.random() * 40);
        sendJson(response, completion('Fine.'));
      });
      for (let index = 0; index < 200; index++) flow.input({ payload: 'Hi' });
      await flow.ended(200);
      const statuses = await flow.statuses.until((all) => isAnswered(all.at(-1)));
      assert.ok(statuses.length <= 120, `${statuses.length}`);
      assert.ok(statuses.some(({ text }) => /^8 asking, \d+ waiting$/.test(text)));
    });

    it('should count those that receive, too', async () => {
      await start(BEGIN, { concurrency: 2 }, { stream: true });
      for (const payload of ['a', 'b', 'c']) flow.input({ payload });
      await lastIs('2 receiving, 1 waiting');
      assert.deepEqual(shown().at(-1), ['blue', 'dot', '2 receiving, 1 waiting']);
    });

    it('should tell of a long line in tens, so that a slow one changes no more often', async () => {
      await start(NEVER, { concurrency: 1 });
      for (let index = 0; index < 60; index++) flow.input({ payload: 'Hi', _msgid: `${index}` });
      await lastIs('1 asking, 60 waiting');
      for (let index = 10; index < 40; index++) flow.input({ reset: `${index}` });
      await lastIs('1 asking, 30 waiting');
      for (let index = 40; index < 59; index++) flow.input({ reset: `${index}` });
      await lastIs('1 asking, 10 waiting');
      flow.input({ reset: '59' });
      await lastIs('1 asking, 9 waiting');
      const counts = flow.statuses.items.map(({ text }) => Number(/(\d+) waiting/.exec(text)?.[1] ?? 0));
      assert.deepEqual(
        counts.filter((count) => count > 20 && count % 10 !== 0),
        [],
      );
    });

    it('should show a failure in words with its time until the next message', async () => {
      await start((response) => sendJson(response, { error: 'No.' }, 401));
      flow.input({ payload: 'Hi' });
      await flow.statuses.until((all) => all.at(-1)?.fill === 'red');
      server.answer(OK);
      flow.input({ payload: 'Hi' });
      await flow.statuses.until((all) => isAnswered(all.at(-1)));
      assert.deepEqual(shown().slice(0, 3), [
        ['blue', 'ring', 'asking'],
        ['red', 'ring', 'token refused hh:mm'],
        ['blue', 'ring', 'asking'],
      ]);
    });

    it('should not hide a failure behind the reply to a message that came before', async () => {
      let release = (): void => {};
      await start((response, seen) => {
        if (promptOf(seen) === 'bad') sendJson(response, { error: 'No.' }, 401);
        else release = () => sendJson(response, completion('Fine.'));
      });
      flow.input({ payload: 'good' });
      await server.requests.count(1);
      flow.input({ payload: 'bad' });
      await flow.caught.count(1);
      release();
      await flow.ended(2);
      await flow.statuses.until((all) => all.at(-1)?.fill === 'red');
      assert.deepEqual(shown().at(-1), ['red', 'ring', 'token refused hh:mm']);
    });

    it('should be empty after a reset of everything, also when nothing runs', async () => {
      await start(OK);
      flow.input({ payload: 'Hi' });
      await flow.statuses.until((all) => isAnswered(all.at(-1)));
      flow.input({ reset: 'another' });
      flow.input({ reset: true });
      await flow.statuses.until((all) => isIdle(all.at(-1)));
      assert.equal(flow.statuses.items.filter(isIdle).length, 1);
    });

    it('should be empty after a redeploy', async () => {
      await start(OK);
      flow.input({ payload: 'Hi' });
      await flow.statuses.until((all) => isAnswered(all.at(-1)));
      await flow.redeploy(
        (nodes) => nodes.map((node) => (node.id === 'chat' ? { ...node, name: 'x' } : node)),
        'nodes',
      );
      await flow.statuses.until((all) => isIdle(all.at(-1)));
    });

    it('should show which retry it waits for', async () => {
      await start((response, seen, number, request) =>
        number < 3
          ? sendJson(response, { error: 'Later.' }, 503, { 'retry-after-ms': '100' })
          : OK(response, seen, number, request),
      );
      flow.input({ payload: 'Hi' });
      await flow.statuses.until((all) => isAnswered(all.at(-1)));
      assert.deepEqual(shown().slice(0, -1), [
        ['blue', 'ring', 'asking'],
        ['yellow', 'ring', 'retry 2 of 3'],
        ['blue', 'ring', 'asking'],
        ['yellow', 'ring', 'retry 3 of 3'],
        ['blue', 'ring', 'asking'],
      ]);
    });

    it('should show that it waits for the service', async () => {
      await start(NEVER, { concurrency: 1 }, {}, secondNode());
      flow.node('chat2').receive({ payload: 'first' });
      await server.requests.count(1);
      flow.input({ payload: 'second' });
      await flow.statuses.until((all) => all.at(-1)?.fill === 'yellow');
      assert.deepEqual(shown().at(-1), ['yellow', 'ring', 'waiting']);
    });
  });
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
