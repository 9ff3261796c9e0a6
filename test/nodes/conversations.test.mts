// What the editor is told of a node's stored conversations, and how it forgets them.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { createHeldStore } from '../support/held-store.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';

const TURN = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello' },
];

describe('the conversations of a node', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    process.env.VIVGRID_TEST_ROOM = 'hall';
    server = await startRawServer((response) => sendJson(response, completion('Hello')));
  });
  afterEach(async () => {
    delete process.env.VIVGRID_TEST_ROOM;
    await flow.stop();
    await server.close();
  });

  async function start(chat: Partial<ChatSettings>, options: Partial<FlowOptions> = {}): Promise<void> {
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      chat: { memory: true, ...chat },
      ...options,
    });
  }

  const look = async (id = 'chat'): Promise<Message> =>
    (await helper.request().get(`/vivgrid-chat/${id}/conversations`)).body;
  const forget = async (id = 'chat'): Promise<Message> =>
    (await helper.request().post(`/vivgrid-chat/${id}/conversations/forget`).send({})).body;

  async function ask(...topics: string[]): Promise<void> {
    const before = flow.completed.items.length;
    for (const topic of topics) flow.input({ payload: 'Hi', topic });
    await flow.completed.count(before + topics.length);
  }

  type Scope = 'flow' | 'global';
  const context = (scope: Scope): Message => flow.node('chat').context()[scope];
  const read = (key: string, scope: Scope = 'flow', store?: string): Promise<Message> =>
    new Promise((resolve, reject) =>
      context(scope).get(key, store, (error: Error | null, value: unknown) =>
        error ? reject(error) : resolve(value),
      ),
    );

  const TOPICS = ['a', 'b.c@d', 'say "hi"', `both "' 100 %`, '0'];
  const PLACES: [conversation: string, scope: Scope, count: number][] = [
    ['conversation', 'flow', 1],
    ['conversation', 'global', 1],
    ['chats.all', 'flow', 1],
    ['chats.{{topic}}', 'flow', TOPICS.length],
    ['chats["{{topic}}"]', 'global', TOPICS.length],
    ['chats[msg.topic]', 'flow', TOPICS.length],
    ['chats.{{topic}}.turns', 'flow', TOPICS.length],
    ['chats.{{env.VIVGRID_TEST_ROOM}}.{{topic}}', 'flow', TOPICS.length],
    ['chats.room-{{env.VIVGRID_TEST_ROOM}}', 'flow', 1],
  ];
  for (const [conversation, conversationType, count] of PLACES) {
    it(`should be counted and forgotten in ${conversationType}.${conversation}`, async () => {
      await start({ conversation, conversationType });
      assert.deepEqual(await look(), { outcome: 'stored', count: 0 });
      const began = Date.now();
      // A reference to a message's property has no way to write both kinds of quotes.
      const topics = conversation.includes('[msg') ? [...TOPICS.slice(0, 3), 'x', 'y'] : TOPICS;
      await ask(...topics);
      const { changed, ...stored } = await look();
      assert.deepEqual(stored, { outcome: 'stored', count });
      assert.ok(changed >= began && changed <= Date.now());
      const forgotten = await forget();
      assert.deepEqual([forgotten.outcome, forgotten.count], ['stored', 0]);
      await ask('a');
      assert.equal(server.requests.items.at(-1)?.body.messages.length, 1);
      assert.equal((await look()).count, 1);
    });
  }

  const UNTOLD = [
    '{{topic}}',
    'chat_{{topic}}',
    'chats.of-{{topic}}',
    'chats.{{#topic}}a{{/topic}}',
    'chats.{{flow.room}}',
    'chats.{{topic',
  ];
  for (const conversation of UNTOLD) {
    it(`should not be told apart in flow.${conversation}`, async () => {
      await start({ conversation });
      context('flow').set('chat_a', TURN);
      context('flow').set('chats', { a: TURN });
      assert.deepEqual([await look(), await forget()], [{ outcome: 'unknown' }, { outcome: 'unknown' }]);
      assert.deepEqual([await read('chat_a'), await read('chats')], [TURN, { a: TURN }]);
    });
  }

  it('should leave what else is there', async () => {
    await start({ conversation: 'chats.{{topic}}' });
    const others = { list: [1, 2], text: 'a', none: [], deep: { a: TURN }, 'names "\'': 1 };
    context('flow').set('chats', { ...others, a: TURN });
    context('flow').set('other', TURN);
    assert.deepEqual(await look(), { outcome: 'stored', count: 1 });
    assert.deepEqual(await forget(), { outcome: 'stored', count: 0 });
    assert.deepEqual([await read('chats'), await read('other')], [others, TURN]);
  });

  it('should be counted and forgotten in another store', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vivgrid-conversations-'));
    const disk = { module: 'localfilesystem', config: { dir, cache: false } };
    const settings = { contextStorage: { default: { module: 'memory' }, disk } };
    await start({ conversation: '#:(disk)::chats.{{topic}}' }, { settings });
    await ask('a', 'b');
    assert.equal((await look()).count, 2);
    assert.equal((await forget()).count, 0);
    assert.deepEqual(await read('chats', 'flow', 'disk'), {});
    await rm(dir, { recursive: true, force: true });
  });

  it('should say why they cannot be had', async () => {
    const failing = () => ({
      ...createHeldStore().module(),
      get: (_scope: string, _key: string, callback: (error: Error) => void) =>
        callback(new Error('the disk is broken')),
    });
    const settings = { contextStorage: { default: { module: 'memory' }, disk: { module: failing } } };
    await start({ conversation: '#:(disk)::chats' }, { settings });
    for (const { outcome, message } of [await look(), await forget()]) {
      assert.equal(outcome, 'failed');
      assert.match(message, /the disk is broken/);
    }
  });

  it('should be none of a node without a memory, or of none that runs', async () => {
    await start({ memory: false });
    assert.deepEqual(
      [await look(), await look('gone'), await forget('gone')],
      Array(3).fill({ outcome: 'none' }),
    );
  });

  it('should keep what is being answered meanwhile', async () => {
    await start({ conversation: 'chats.{{topic}}' });
    await ask('a', 'b');
    const { promise: held, resolve: give } = Promise.withResolvers<void>();
    server.answer((response) => void held.then(() => sendJson(response, completion('Later'))));
    flow.input({ payload: 'And now?', topic: 'a' });
    await server.requests.count(3);
    assert.equal((await forget()).count, 0);
    give();
    await flow.completed.count(3);
    const stored = await read('chats');
    assert.deepEqual(
      stored.a.map(({ content }: Message) => content),
      ['And now?', 'Later'],
    );
    assert.equal(stored.b, undefined);
  });
});
