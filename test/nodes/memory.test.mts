// Conversations kept in context: what is stored, where, in which order, and what becomes of what others leave there.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import {
  type ChatFlow,
  type FlowOptions,
  type Message,
  startChatFlow,
  USER_ROW,
} from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import { createHeldStore, type HeldStore } from '../support/held-store.mts';
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

const { util } = createRequire(import.meta.url)('@node-red/util') as {
  util: {
    getObjectProperty(o: object, key: string): unknown;
    setObjectProperty(o: object, key: string, v: unknown): void;
  };
};

type Callback = (error: Error | null, ...values: unknown[]) => void;

/** A context store that knows no synchronous access and takes its time, as one on another machine does. */
function asyncStore({ writes = true } = {}): () => object {
  const scopes: Record<string, object> = {};
  const scopeOf = (scope: string): object => {
    scopes[scope] ??= {};
    return scopes[scope];
  };
  return () => ({
    open: async () => {},
    close: async () => {},
    get(scope: string, key: string, callback?: Callback) {
      if (!callback) throw new Error('Only asynchronous access.');
      setTimeout(() => {
        let value: unknown;
        try {
          value = util.getObjectProperty(scopeOf(scope), key);
        } catch {
          // A parent is missing.
        }
        callback(null, value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
      }, 3);
    },
    set(scope: string, key: string, value: unknown, callback?: Callback) {
      setTimeout(() => {
        if (!writes) return callback?.(new Error('the disk is full'));
        util.setObjectProperty(scopeOf(scope), key, JSON.parse(JSON.stringify(value)));
        callback?.(null);
      }, 3);
    },
    keys: (scope: string, callback: Callback) => callback(null, Object.keys(scopeOf(scope))),
    delete: async () => {},
    clean: async () => {},
  });
}

const user = (content: string): object => ({ role: 'user', content });
const assistant = (content: string): object => ({ role: 'assistant', content });
const turn = (question: string, reply = `re: ${question}`): object[] => [user(question), assistant(reply)];

const REPLY: Answer = (response, { body }) => {
  const reply = `re: ${questionOf(body)}`;
  if (body.stream) sendStream(response, streamText(chunksOf(reply.match(/.{1,4}/gs) ?? [])));
  else sendJson(response, completion(reply));
};

/** The text of a request's last message. */
function questionOf(body: Message): string {
  const { content } = body.messages.at(-1);
  return typeof content === 'string' ? content : content.find(({ type }: Message) => type === 'text')?.text;
}

describe('memory', () => {
  let server: RawServer;
  let flow: ChatFlow;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vivgrid-memory-'));
    server = await startRawServer(REPLY);
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(chat: Partial<ChatSettings> = {}, options: Partial<FlowOptions> = {}): Promise<void> {
    flow = await startChatFlow({
      config: { baseUrl: server.url, maxRetries: 0 },
      chat: { memory: true, ...chat },
      ...options,
    });
  }

  /** Asks one after the other, each when the one before it has ended. */
  async function ask(...messages: (string | Message)[]): Promise<void> {
    for (const message of messages) {
      const ended = flow.completed.items.length + flow.caught.items.length;
      flow.input(typeof message === 'string' ? { payload: message } : message);
      await flow.ended(ended + 1);
    }
  }

  /** A subflow of chat nodes side by side, and instances of it. */
  const subflow = (inner: Message[], instances: string[]): Message[] => [
    {
      id: 'sub',
      type: 'subflow',
      in: [{ wires: inner.map(({ id }) => ({ id })) }],
      out: [{ wires: inner.map(({ id }) => ({ id, port: 0 })) }],
    },
    ...inner.map((fields) => ({
      z: 'sub',
      type: 'vivgrid-chat',
      config: 'config',
      messages: [USER_ROW],
      wires: [],
      ...fields,
    })),
    ...instances.map((id) => ({ id, z: 'tab', type: 'subflow:sub', wires: [['out']] })),
  ];

  /** A property of the flow's context, as its author gets it. */
  const stored = (key: string, scope: 'flow' | 'global' = 'flow', store?: string): Promise<unknown> =>
    new Promise((resolve, reject) =>
      flow
        .node('chat')
        .context()
        [scope].get(key, store, (error: Error | null, value: unknown) =>
          error ? reject(error) : resolve(value),
        ),
    );
  const store = (key: string, value: unknown, name?: string): Promise<void> =>
    new Promise((resolve, reject) =>
      flow
        .node('chat')
        .context()
        .flow.set(key, value, name, (error?: Error) => (error ? reject(error) : resolve())),
    );
  const sent = (index: number): Message[] => server.requests.items[index]?.body.messages;
  const messagesOf = (messages: Message[]): string[] => messages.map(({ error }) => error.message);

  describe('stores', () => {
    const contextStorage = (): object => ({
      memoryOnly: { module: 'memory' },
      file: { module: 'localfilesystem', config: { dir: folder, base: 'cached' } },
      uncached: { module: 'localfilesystem', config: { dir: folder, base: 'uncached', cache: false } },
      custom: { module: asyncStore() },
    });

    for (const name of [undefined, 'memoryOnly', 'file', 'uncached', 'custom']) {
      for (const scope of ['flow', 'global'] as const) {
        it(`should keep the conversation in the ${name ?? 'default'} store, ${scope} context`, async () => {
          await start(
            {
              conversation: `${name ? `#:(${name})::` : ''}chats.{{topic}}`,
              conversationType: scope,
            },
            { settings: { contextStorage: contextStorage() } },
          );
          await ask(
            { payload: 'one', topic: 'a.b' },
            { payload: 'two', topic: 'a.b' },
            { payload: 'other', topic: 'c' },
          );
          assert.deepEqual(messagesOf(flow.caught.items), []);
          assert.deepEqual(sent(0), [user('one')]);
          assert.deepEqual(sent(1), [...turn('one'), user('two')]);
          assert.deepEqual(sent(2), [user('other')]);
          assert.deepEqual(await stored('chats', scope, name), {
            'a.b': [...turn('one'), ...turn('two')],
            c: turn('other'),
          });
          const others = [undefined, 'memoryOnly', 'file', 'uncached', 'custom'].filter(
            (other) => other !== name,
          );
          // The first one is the default.
          for (const other of others.filter((other) => (other ?? 'memoryOnly') !== (name ?? 'memoryOnly')))
            assert.equal(await stored('chats', scope, other), undefined, `${other}`);
        });
      }
    }

    it('should go on after a restart with a file store', async () => {
      const settings = {
        contextStorage: { default: { module: 'localfilesystem', config: { dir: folder, base: 'restart' } } },
      };
      await start({ conversationType: 'global' }, { settings });
      await ask('one');
      await flow.stop();
      await start({ conversationType: 'global' }, { settings });
      await ask('two');
      assert.deepEqual(sent(1), [...turn('one'), user('two')]);
    });

    it('should write a plain key as the author of the flow would, for stores that look no further', async () => {
      const keys: string[] = [];
      const plain = (): object => ({
        open: async () => {},
        close: async () => {},
        get: (_scope: string, key: string, callback: Callback) => {
          keys.push(key);
          callback(null, undefined);
        },
        set: (_scope: string, key: string, _value: unknown, callback: Callback) => {
          keys.push(key);
          callback(null);
        },
        keys: (_scope: string, callback: Callback) => callback(null, []),
        delete: async () => {},
        clean: async () => {},
      });
      await start(
        { conversation: 'chat_1' },
        { settings: { contextStorage: { default: { module: plain } } } },
      );
      await ask('one');
      assert.deepEqual([...new Set(keys)], ['chat_1']);
    });

    it("should keep a subflow's conversations in each instance, or in the flow around it", async () => {
      const inner = [
        { id: 'own', memory: true, conversation: 'mine.{{topic}}' },
        { id: 'around', memory: true, conversation: '$parent.ours.{{topic}}' },
      ];
      await start({}, { nodes: subflow(inner, ['first', 'second']) });
      for (const [index, id] of ['first', 'second', 'first', 'second'].entries())
        flow.node(id).receive({ payload: `${index}`, topic: 'a' });
      await flow.outputs.count(8);
      assert.deepEqual(await stored('ours'), {
        a: ['0', '1', '2', '3'].flatMap((question) => turn(question)),
      });
      assert.equal(await stored('mine'), undefined);
    });

    it('should go out of a subflow whatever name a message gives', async () => {
      await start(
        {},
        {
          nodes: subflow([{ id: 'inner', memory: true, conversation: '$parent.{{topic}}' }], ['instance']),
        },
      );
      const topics = ['plain', 'a.b@c', 'two words', '$parent', "it's"];
      for (const topic of topics) flow.node('instance').receive({ payload: 'one', topic });
      await flow.outputs.count(topics.length);
      for (const topic of topics) flow.node('instance').receive({ payload: 'two', topic });
      await flow.outputs.count(2 * topics.length);
      for (const topic of topics) {
        assert.deepEqual(await stored(`"${topic}"`), [...turn('one'), ...turn('two')], topic);
      }
    });

    it('should answer, and warn, when the conversation can not be stored', async () => {
      await start(
        {},
        { settings: { contextStorage: { default: { module: asyncStore({ writes: false }) } } } },
      );
      await ask('one');
      assert.equal(flow.outputs.items[0].payload, 're: one');
      assert.match(flow.log(), /Can't store the conversation: the disk is full/);
    });
  });

  describe('what is stored', () => {
    it('should go in right before the last user row, after system rows, examples and a history', async () => {
      await start({
        messages: [
          { role: 'system', type: 'mustache', content: 'Be brief.' },
          { role: 'user', type: 'mustache', content: 'Example?' },
          { role: 'assistant', type: 'mustache', content: 'Like this.' },
          { role: 'history', type: 'msg', content: 'history' },
          USER_ROW,
          { role: 'developer', type: 'mustache', content: 'In English.' },
        ],
      });
      server.answer((response, { body }) =>
        sendJson(response, completion(`re: ${body.messages.at(-2).content}`)),
      );
      const history = [user('before'), assistant('yes')];
      await ask({ payload: 'one', history }, { payload: 'two', history });
      assert.deepEqual(sent(1), [
        { role: 'system', content: 'Be brief.' },
        user('Example?'),
        assistant('Like this.'),
        ...history,
        ...turn('one'),
        user('two'),
        { role: 'developer', content: 'In English.' },
      ]);
      assert.deepEqual(await stored('conversation'), [...turn('one'), ...turn('two')]);
    });

    it('should hold no attachments', async () => {
      const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]);
      await start({ attachments: [{ value: 'picture', type: 'msg' }] });
      await ask({ payload: 'one', picture: png }, 'two');
      assert.equal(sent(0)[0].content.length, 2);
      assert.deepEqual(sent(1), [...turn('one'), user('two')]);
    });

    it('should hold no question without a text', async () => {
      const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]);
      await start({ attachments: [{ value: 'picture', type: 'msg' }] });
      await ask({ payload: '', picture: png }, 'two');
      assert.deepEqual(sent(1), [user('two')]);
    });

    it('should hold JSON replies as text', async () => {
      server.answer((response) => sendJson(response, completion('{"on": true}')));
      await start({ format: 'json_object' });
      await ask('one', 'two');
      assert.deepEqual(flow.outputs.items[0].payload, { on: true });
      assert.deepEqual(sent(1), [...turn('one', '{"on": true}'), user('two')]);
    });

    it('should hold no reasoning that stands in the text', async () => {
      server.answer((response) => sendJson(response, completion('<think>Hm.</think>\n\nFine.')));
      await start({});
      await ask('one', 'two');
      assert.equal(flow.outputs.items[0].vivgrid.reasoning, 'Hm.');
      assert.deepEqual(sent(1), [...turn('one', 'Fine.'), user('two')]);
    });

    it('should hold a streamed reply by the time of its closing message', async () => {
      await start({ stream: true, chunks: 'sentence' });
      let atClosing: unknown;
      flow.node('out').on('input', (message: Message) => {
        if (message.complete) atClosing = flow.node('chat').context().flow.get('conversation');
      });
      await ask('one');
      await flow.outputs.until((all) => all.at(-1)?.complete);
      assert.deepEqual(atClosing, turn('one'));
    });

    it('should hold no tool rounds', async () => {
      server.answer((response, { body }, number) => {
        const call = { id: 'a', type: 'function', function: { name: 'light', arguments: '{}' } };
        const message = { role: 'assistant', content: 'Let me see.', tool_calls: [call] };
        if (number === 1)
          sendJson(
            response,
            completion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }),
          );
        else
          REPLY(
            response,
            { body: { messages: body.messages.filter(({ role }: Message) => role === 'user') } } as never,
            number,
            {} as never,
          );
      });
      await start(
        { tools: ['light'] },
        {
          nodes: [
            { id: 'light', z: 'tab', type: 'vivgrid-tool', name: 'light', wires: [['result']] },
            { id: 'result', z: 'tab', type: 'vivgrid-tool-result' },
          ],
        },
      );
      await ask('one', 'two');
      assert.deepEqual(messagesOf(flow.caught.items), []);
      assert.deepEqual(sent(2), [...turn('one'), user('two')]);
    });

    it('should hold the first of several replies', async () => {
      const choices = ['first', 'second'].map((content, index) => ({
        index,
        message: { role: 'assistant', content },
        finish_reason: 'stop',
      }));
      server.answer((response) => sendJson(response, completion('', { choices })));
      await start({ parameters: [{ name: 'n', value: '2', type: 'num' }] });
      await ask('one');
      assert.deepEqual(await stored('conversation'), turn('one', 'first'));
    });

    it('should be nothing without memory', async () => {
      await start({ memory: false });
      await ask('one', 'two');
      assert.deepEqual(sent(1), [user('two')]);
      assert.equal(await stored('conversation'), undefined);
    });

    const FAILURES: Record<string, [Answer, Partial<ChatSettings>?]> = {
      'a status': [(response) => sendJson(response, { error: { message: 'No.' } }, 400)],
      'a stream that breaks off': [
        (response) => sendStream(response, streamText([chunk({ content: 'Once' })])),
        { stream: true },
      ],
      'no JSON': [(response) => sendJson(response, completion('No.')), { format: 'json_object' }],
      'JSON that breaks the schema': [
        (response) => sendJson(response, completion('{}')),
        { format: 'json_schema', schema: '{"required":["a"]}' },
      ],
    };
    for (const [what, [answer, chat]] of Object.entries(FAILURES)) {
      it(`should be nothing of a failure: ${what}`, async () => {
        server.answer(answer);
        await start(chat);
        await store('conversation', turn('before'));
        await ask('one');
        assert.equal(flow.caught.items.length, 1);
        assert.deepEqual(await stored('conversation'), turn('before'));
      });
    }

    it('should be nothing of a reply that was ended', async () => {
      server.answer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
      });
      await start({ stream: true });
      flow.input({ payload: 'one' });
      await flow.outputs.count(1);
      flow.input({ reset: true });
      await flow.ended(2);
      assert.equal(await stored('conversation'), undefined);
      server.answer(REPLY);
      await ask('two');
      assert.deepEqual(sent(1), [user('two')]);
    });
  });

  describe('turns', () => {
    for (const [turns, kept] of [
      [1, ['four']],
      [2, ['three', 'four']],
      ['3', ['two', 'three', 'four']],
      [20, ['one', 'two', 'three', 'four']],
      [0, ['one', 'two', 'three', 'four']],
    ] as const) {
      it(`should be kept: ${turns}`, async () => {
        await start({ turns });
        await ask('one', 'two', 'three', 'four');
        assert.deepEqual(
          await stored('conversation'),
          kept.flatMap((question) => turn(question)),
        );
      });
    }

    it('should be no more in a request, either, when there are more in the store', async () => {
      await start({ turns: 1 });
      await store('conversation', [...turn('one'), ...turn('two'), ...turn('three')]);
      await ask('four');
      assert.deepEqual(sent(0), [...turn('three'), user('four')]);
      assert.deepEqual(await stored('conversation'), turn('four'));
    });

    it('should be counted by questions, whatever the author of the flow put in between', async () => {
      await start({ turns: 2 });
      await store('conversation', [
        assistant('Hello!'),
        user('one'),
        assistant('a'),
        assistant('b'),
        user('two'),
      ]);
      await ask('three');
      assert.deepEqual(sent(0), [
        assistant('Hello!'),
        user('one'),
        assistant('a'),
        assistant('b'),
        user('two'),
        user('three'),
      ]);
      assert.deepEqual(await stored('conversation'), [user('two'), ...turn('three')]);
    });

    it('should be refused when they are no number', async () => {
      await start({ turns: 'many' });
      await ask('one');
      assert.equal(flow.caught.items[0].error.code, 'config');
      assert.match(flow.caught.items[0].error.message, /turns.*many/);
    });
  });

  describe('what the author of the flow leaves there', () => {
    for (const value of [
      'a text',
      5,
      null,
      false,
      {},
      { role: 'user', content: 'one' },
      ['one', 'two'],
      [{ role: 'system', content: 'one' }],
      [{ role: 'user' }],
      [{ role: 'user', content: ['one'] }],
      [...turn('one'), null],
    ]) {
      it(`should count as empty: ${JSON.stringify(value)}`, async () => {
        await start();
        await store('conversation', value);
        await ask('two');
        assert.deepEqual(sent(0), [user('two')]);
        assert.deepEqual(await stored('conversation'), turn('two'));
      });
    }

    it('should be the conversation when it is one', async () => {
      await start();
      await ask('one');
      await store('conversation', turn('changed'));
      await ask('two');
      assert.deepEqual(sent(1), [...turn('changed'), user('two')]);
      await store('conversation', undefined);
      await ask('three');
      assert.deepEqual(sent(2), [user('three')]);
      await store('conversation', []);
      await ask('four');
      assert.deepEqual(sent(3), [user('four')]);
    });

    it('should send nothing of it that is blank, and keep it', async () => {
      await start();
      const mine = [user('one'), { role: 'assistant', content: ' \n' }, ...turn('two'), user('')];
      await store('conversation', mine);
      await ask('three');
      assert.deepEqual(sent(0), [user('one'), ...turn('two'), user('three')]);
      assert.deepEqual(await stored('conversation'), [...mine, ...turn('three')]);
    });

    it('should keep what else stands beside a text, and not send it', async () => {
      await start();
      const mine = turn('one').map((message) => ({ ...message, at: 5 }));
      await store('conversation', mine);
      await ask('two');
      assert.deepEqual(sent(0), [...turn('one'), user('two')]);
      assert.deepEqual(await stored('conversation'), [...mine, ...turn('two')]);
    });

    it('should not be changed in place', async () => {
      await start();
      const mine = turn('one');
      await store('conversation', mine);
      await ask('two');
      assert.deepEqual(mine, turn('one'));
    });
  });

  describe('keys', () => {
    const VALUES = [
      'a.b@c.example',
      'plain',
      '12345',
      '-100',
      'two words',
      ' ',
      "it's",
      'say "hi"',
      `both ' and "`,
      `both %27 and "`,
      `both %2527 and "`,
      'a[0]',
      '["x"]["y"]',
      'x"]["y',
      'msg.payload',
      '[msg.payload]',
      '$parent',
      '$parent.x',
      '#:(file)::x',
      '{{payload}}',
      'Größe 🌡️',
      'line\nbreak',
      'a\\"b',
      'toString',
      'length',
      'hasOwnProperty',
      '100%',
    ];

    for (const conversation of [
      'chats.{{topic}}',
      'chats["{{topic}}"]',
      'chats[msg.topic]',
      '{{topic}}',
      'chats.of_{{topic}}.list',
    ]) {
      it(`should hold each value in one segment: ${conversation}`, async () => {
        await start({ conversation });
        for (const topic of VALUES) await ask({ payload: `from ${topic}`, topic });
        for (const topic of VALUES) await ask({ payload: 'again', topic });
        assert.deepEqual(messagesOf(flow.caught.items), []);
        for (const [index, topic] of VALUES.entries()) {
          assert.deepEqual(sent(index), [user(`from ${topic}`)], `${topic} has another's conversation`);
          assert.deepEqual(sent(VALUES.length + index), [...turn(`from ${topic}`), user('again')]);
        }
      });
    }

    it('should stand in context under the value itself', async () => {
      await start({ conversation: 'chats.{{topic}}' });
      for (const topic of VALUES) await ask({ payload: 'Hi', topic });
      const chats = (await stored('chats')) as object;
      const plain = VALUES.filter((value) => !value.includes('"'));
      for (const value of plain) assert.ok(Object.hasOwn(chats, value), value);
      assert.equal(Object.keys(chats).length, VALUES.length);
    });

    it('should be numbers and values of context, too', async () => {
      await start({ conversation: 'chats.{{chat.id}}.{{flow.who}}' });
      await store('who', 'Ada');
      await ask({ payload: 'one', chat: { id: -100123 } }, { payload: 'two', chat: { id: -100123 } });
      assert.deepEqual(sent(1), [...turn('one'), user('two')]);
      assert.deepEqual(await stored('chats'), { '-100123': { Ada: [...turn('one'), ...turn('two')] } });
    });

    it('should be what a reference refers to, as a name and never as the index of a list', async () => {
      await start({ conversation: 'chats[msg.chat.id][msg.who]' });
      await ask(
        { payload: 'one', chat: { id: 5e9 }, who: 7 },
        { payload: 'two', chat: { id: 5e9 }, who: '7' },
        { payload: 'three', chat: { id: 5e9 } },
      );
      assert.deepEqual(sent(1), [...turn('one'), user('two')]);
      assert.deepEqual(await stored('chats'), { 5e9: { 7: [...turn('one'), ...turn('two')] } });
      const [{ error }] = flow.caught.items;
      assert.equal(error.code, 'parameter');
      assert.match(error.message, /chats\[msg\.chat\.id\]\[msg\.who\]/);
    });

    for (const topic of ['', undefined, null, '__proto__', 'constructor', 'prototype']) {
      it(`should be refused before anything is asked: ${JSON.stringify(topic)}`, async () => {
        for (const conversation of [
          'chats.{{topic}}',
          '{{topic}}',
          'chats[msg.topic]',
          'chats.{{topic}}.list',
        ]) {
          await start({ conversation });
          await ask({ payload: 'Hi', topic });
          const [{ error }] = flow.caught.items;
          assert.equal(error.code, 'parameter', error.message);
          assert.deepEqual(server.requests.items, []);
          assert.equal('list' in {}, false);
          if (conversation !== 'chats.{{topic}}.list') await flow.stop();
        }
      });
    }

    it('should be refused when they are put together to what is refused', async () => {
      await start({ conversation: 'chats.{{a}}{{b}}' });
      await ask({ payload: 'Hi', a: '__pro', b: 'to__' });
      assert.equal(flow.caught.items[0].error.code, 'parameter');
    });

    it('should be refused when the template makes no property', async () => {
      for (const [conversation, code] of [
        ['chats..{{topic}}', 'parameter'],
        ['', 'parameter'],
        ['chats.{{topic', 'template'],
        ['chats.{{> topic}}', 'template'],
      ] as const) {
        await start({ conversation });
        await ask({ payload: 'Hi', topic: 'a' });
        assert.equal(flow.caught.items[0].error.code, code, flow.caught.items[0].error.message);
        assert.deepEqual(server.requests.items, []);
        if (conversation !== 'chats.{{> topic}}') await flow.stop();
      }
    });
  });

  describe('order', () => {
    /** Answers each question when it is told to. */
    function hold(): (question: string) => Promise<void> {
      const waiting = new Map<string, () => void>();
      server.answer((response, { body }) => {
        const question = questionOf(body);
        waiting.set(question, () => sendJson(response, completion(`re: ${question}`)));
      });
      return async (question) => {
        await server.requests.until((all) => all.some(({ body }) => questionOf(body) === question));
        waiting.get(question)?.();
      };
    }
    const asked = (): string[] => server.requests.items.map(({ body }) => questionOf(body));
    const byTopic = { conversation: 'chats.{{topic}}' };

    it('should be that of arrival within a conversation, and hold up no other', async () => {
      await start(byTopic);
      const answer = hold();
      for (const payload of ['a1', 'a2', 'a3']) flow.input({ payload, topic: 'a' });
      for (const payload of ['b1', 'b2']) flow.input({ payload, topic: 'b' });
      await server.requests.count(2);
      assert.deepEqual(asked(), ['a1', 'b1']);
      await answer('b1');
      await answer('b2');
      await flow.outputs.count(2);
      for (const question of ['a1', 'a2', 'a3']) await answer(question);
      await flow.ended(5);
      assert.deepEqual(asked(), ['a1', 'b1', 'b2', 'a2', 'a3']);
      assert.deepEqual(sent(4), [...turn('a1'), ...turn('a2'), user('a3')]);
    });

    it('should lose no turn of many conversations that go on side by side', async () => {
      for (const module of ['memory', asyncStore(), 'localfilesystem']) {
        const config = { dir: folder, base: 'many', cache: false };
        await start(byTopic, { settings: { contextStorage: { default: { module, config } } } });
        const [topics, rounds] = [20, 5];
        for (let round = 0; round < rounds; round++) {
          for (let topic = 0; topic < topics; topic++) flow.input({ payload: `${round}`, topic: `${topic}` });
        }
        await flow.ended(topics * rounds);
        assert.deepEqual(messagesOf(flow.caught.items), []);
        const chats = (await stored('chats')) as Record<string, object[]>;
        const whole = Array.from({ length: rounds }, (_, round) => turn(`${round}`)).flat();
        for (let topic = 0; topic < topics; topic++) assert.deepEqual(chats[topic], whole);
        if (module !== 'localfilesystem') await flow.stop();
      }
    });

    // A store that never calls back for the first that asks it this, as one whose connection hangs.
    for (const [what, stuck, chat] of [
      ['the name of the conversation', 'get', { conversation: 'chats.{{topic}}{{flow[stuck].x}}' }],
      ['the conversation', 'get', { conversation: '#:(stuck)::chat' }],
      ['the end of its storing', 'set', { conversation: '#:(stuck)::chat' }],
      [
        'a value of its prompt',
        'get',
        { messages: [{ role: 'user', type: 'flow', content: '#:(stuck)::x' }] },
      ],
    ] as [string, 'get' | 'set', Partial<ChatSettings>][]) {
      it(`should go on when ${what} never comes, once the message that waits for it is reset`, async () => {
        const asked = new Collector<string>();
        const answers = {
          get: (callback: (error: null, value?: unknown) => void, key: string) =>
            callback(null, key === 'x' ? 'x' : undefined),
          set: (callback: (error: null) => void) => callback(null),
        };
        const store =
          (name: 'get' | 'set') =>
          (_scope: string, key: string, ...rest: unknown[]): void => {
            if (name === stuck) asked.add(key);
            const callback = rest.at(-1) as (error: null, value?: unknown) => void;
            if (name !== stuck || asked.items.length > 1) answers[name](callback, key);
          };
        const module = (): object => ({
          ...createHeldStore().module(),
          get: store('get'),
          set: store('set'),
        });
        await start(chat, {
          config: { baseUrl: server.url, concurrency: 1 },
          settings: { contextStorage: { default: { module: 'memory' }, stuck: { module } } },
        });
        for (const _msgid of ['first', 'second', 'third'])
          flow.input({ payload: _msgid, topic: _msgid, _msgid });
        await asked.count(1);
        flow.input({ reset: 'first' });
        await flow.outputs.count(2);
        assert.deepEqual(flow.outputs.items.map(({ _msgid }) => _msgid).sort(), ['second', 'third']);
        assert.deepEqual(flow.caught.items, []);
      });
    }

    it('should go on after a failure and a reset in the middle of a conversation', async () => {
      await start(byTopic);
      server.answer((response, seen, ...rest) => {
        if (questionOf(seen.body) === 'fails') sendJson(response, { error: 'No.' }, 400);
        else if (questionOf(seen.body) !== 'hangs') REPLY(response, seen, ...rest);
      });
      flow.input({ payload: 'one', topic: 'a' });
      flow.input({ payload: 'fails', topic: 'a' });
      flow.input({ payload: 'hangs', topic: 'a', _msgid: 'hangs' });
      flow.input({ payload: 'two', topic: 'a' });
      await server.requests.count(3);
      flow.input({ reset: 'hangs' });
      await flow.ended(5);
      assert.deepEqual(sent(3), [...turn('one'), user('two')]);
    });

    const secondNode = (fields: object = {}): Message => ({
      id: 'chat2',
      z: 'tab',
      type: 'vivgrid-chat',
      config: 'config',
      messages: [USER_ROW],
      memory: true,
      ...byTopic,
      wires: [['out']],
      ...fields,
    });

    for (const [what, nodes] of [
      ['of the same config', () => [secondNode()]],
      [
        'of different configs',
        () => [
          { id: 'config2', type: 'vivgrid-config', baseUrl: server.url },
          secondNode({ config: 'config2' }),
        ],
      ],
      ['that write its name differently', () => [secondNode({ conversation: 'chats["{{topic}}"]' })]],
      ['one of which refers to its name', () => [secondNode({ conversation: 'chats[msg.topic]' })]],
    ] as [string, () => Message[]][]) {
      it(`should hold for a conversation of two nodes ${what}`, async () => {
        await start(byTopic, { nodes: nodes() });
        const answer = hold();
        flow.input({ payload: 'one', topic: 'a' });
        flow.node('chat2').receive({ payload: 'two', topic: 'a' });
        flow.input({ payload: 'three', topic: 'a' });
        flow.node('chat2').receive({ payload: 'other', topic: 'b' });
        await server.requests.count(2);
        assert.deepEqual(asked().sort(), ['one', 'other']);
        for (const question of ['other', 'one', 'two', 'three']) await answer(question);
        await flow.ended(4);
        assert.deepEqual(messagesOf(flow.caught.items), []);
        assert.deepEqual(sent(3), [...turn('one'), ...turn('two'), user('three')]);
      });
    }

    it('should hold for a conversation of a node, and of a subflow in the same flow', async () => {
      const inner = { id: 'inner', memory: true, conversation: '$parent.chats.{{topic}}' };
      await start(byTopic, { nodes: subflow([inner], ['instance']) });
      const answer = hold();
      flow.input({ payload: 'one', topic: 'a' });
      flow.node('instance').receive({ payload: 'two', topic: 'a' });
      for (const question of ['one', 'two']) await answer(question);
      await flow.outputs.count(2);
      assert.deepEqual(sent(1), [...turn('one'), user('two')]);
    });

    it('should hold for a conversation at a place in a list', async () => {
      const nodes = [secondNode({ conversation: 'chats["{{topic}}"]' })];
      await start({ conversation: 'chats[1]' }, { nodes });
      const answer = hold();
      flow.input({ payload: 'one' });
      flow.node('chat2').receive({ payload: 'two', topic: 1 });
      for (const question of ['one', 'two']) await answer(question);
      await flow.ended(2);
      assert.deepEqual(sent(1), [...turn('one'), user('two')]);
    });
  });

  describe('that take a while to be found', () => {
    let held: HeldStore;
    let settings: object;
    beforeEach(() => {
      held = createHeldStore();
      settings = { contextStorage: { default: { module: 'memory' }, held: { module: held.module } } };
    });
    const byContext = { conversation: 'chats.{{flow[held].name}}' };
    const asked = (): string[] => server.requests.items.map(({ body }) => questionOf(body));
    const ended = (ids: string[]): Promise<unknown> =>
      flow.completed.until((all) => ids.every((id) => all.some(({ _msgid }) => _msgid === id)));

    it('should let no message of another node overtake', async () => {
      const chat2 = { id: 'chat2', z: 'tab', type: 'vivgrid-chat', config: 'config', messages: [USER_ROW] };
      await start(byContext, {
        config: { baseUrl: server.url, concurrency: 1 },
        nodes: [{ ...chat2, wires: [['out']] }],
        settings,
      });
      for (const [id, payload] of [
        ['chat', 'one'],
        ['chat2', 'two'],
        ['chat', 'three'],
        ['chat2', 'four'],
      ])
        flow.node(id as string).receive({ payload });
      held.give();
      await flow.ended(4);
      assert.deepEqual(asked(), ['one', 'two', 'three', 'four']);
      assert.deepEqual(sent(2), [...turn('one'), user('three')]);
    });

    it('should give up their places for other conversations', async () => {
      server.answer((response, { body }) => {
        if (questionOf(body) !== 'hangs') sendJson(response, completion(`re: ${questionOf(body)}`));
      });
      const chat2 = { id: 'chat2', z: 'tab', type: 'vivgrid-chat', config: 'config', messages: [USER_ROW] };
      await start(byContext, {
        config: { baseUrl: server.url, concurrency: 2 },
        nodes: [{ ...chat2, wires: [['out']] }],
        settings,
      });
      flow.input({ payload: 'hangs', _msgid: 'hangs' });
      flow.input({ payload: 'waits', _msgid: 'waits' });
      flow.node('chat2').receive({ payload: 'other', _msgid: 'other' });
      held.give();
      await ended(['other']);
      assert.deepEqual(asked().sort(), ['hangs', 'other']);
      flow.input({ reset: 'hangs' });
      await ended(['hangs', 'waits']);
      assert.equal(asked()[2], 'waits');
    });

    for (const [mode, answered] of [
      ['single', 'one'],
      ['restart', 'three'],
    ] as const) {
      it(`should be counted in order of arrival in ${mode} mode`, async () => {
        await start({ ...byContext, mode }, { settings });
        const ids = ['one', 'two', 'three'];
        for (const id of ids) flow.input({ payload: id, _msgid: id });
        held.give();
        await ended(ids);
        assert.deepEqual(
          flow.outputs.items.map(({ payload }) => payload),
          [`re: ${answered}`],
        );
      });
    }
  });

  describe('modes', () => {
    const byTopic = { conversation: 'chats.{{topic}}' };
    const hangs: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
    };

    it('should restart within the conversation only', async () => {
      server.answer(hangs);
      await start({ ...byTopic, mode: 'restart', stream: true });
      flow.input({ payload: 'a1', topic: 'a' });
      flow.input({ payload: 'b1', topic: 'b' });
      await flow.outputs.count(2);
      server.answer(REPLY);
      flow.input({ payload: 'a2', topic: 'a' });
      await flow.ended(2);
      const closing = flow.outputs.items.filter(({ complete }) => complete);
      assert.deepEqual(
        closing.map(({ topic, vivgrid }) => [topic, vivgrid.finish_reason]),
        [
          ['a', 'cancelled'],
          ['a', 'stop'],
        ],
      );
      assert.deepEqual(sent(2), [user('a2')]);
      assert.deepEqual(await stored('chats'), { a: turn('a2') });
    });

    it('should let go in single mode within the conversation only', async () => {
      server.answer(hangs);
      await start({ ...byTopic, mode: 'single', stream: true });
      flow.input({ payload: 'a1', topic: 'a' });
      flow.input({ payload: 'a2', topic: 'a' });
      flow.input({ payload: 'b1', topic: 'b' });
      await flow.outputs.count(2);
      await flow.ended(1);
      assert.deepEqual(server.requests.items.map(({ body }) => questionOf(body)).sort(), ['a1', 'b1']);
    });

    for (const mode of ['queued', 'parallel'] as const) {
      it(`should run conversations side by side in ${mode} mode, each in order`, async () => {
        server.answer(hangs);
        await start({ ...byTopic, mode, stream: true });
        for (const topic of ['a', 'b', 'a', 'b', 'c']) flow.input({ payload: topic, topic });
        await flow.outputs.count(3);
        assert.deepEqual(server.requests.items.map(({ body }) => questionOf(body)).sort(), ['a', 'b', 'c']);
      });
    }
  });
});
