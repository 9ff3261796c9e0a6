// A memory that keeps what the model did, and that does not grow without end.
import assert from 'node:assert/strict';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import { completion, type RawServer, startRawServer } from '../support/raw-server.mts';
import { callOf, callReply, inTurn, toolFlow } from '../support/tool-flow.mts';

const CALL = ['a', 'light', '{"room":"hall"}'] as [string, string, string];
const user = (content: string): object => ({ role: 'user', content });
const assistant = (content: string): object => ({ role: 'assistant', content });
const calls = (...ids: string[]): object => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => callOf([id, 'light', '{"room":"hall"}'])),
});
const result = (id: string): object => ({ role: 'tool', tool_call_id: id, content: 'on' });

describe('the memory of tools and tokens', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer(inTurn(completion('Fine.')));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function start(chat: Partial<ChatSettings>, conversation?: unknown): Promise<void> {
    flow = await startChatFlow({
      config: { baseUrl: server.url, maxRetries: 0 },
      chat: { memory: true, tools: ['light'], ...chat },
      nodes: toolFlow('light', 'light', 'msg.payload = "on"; return msg;'),
    });
    if (conversation !== undefined) flow.node('chat').context().flow.set('conversation', conversation);
  }

  async function ask(payload: string): Promise<void> {
    flow.input({ payload });
    await flow.completed.count(flow.completed.items.length + 1);
  }

  const stored = (): unknown => flow.node('chat').context().flow.get('conversation');
  const sent = (): Message[] => server.requests.items.at(-1)?.body.messages;

  it('should keep the calls of a turn and their results, and send them with the next one', async () => {
    const call = { ...callOf(CALL), extra_content: { signature: 's' } };
    const message = { content: 'Wait.', reasoning_content: 'Hm.', tool_calls: [call] };
    const round = completion('', { choices: [{ message, finish_reason: 'tool_calls' }] });
    server.answer(inTurn(round, completion('It is on.')));
    await start({ memoryTools: true });
    await ask('Light!');
    const turn = [
      user('Light!'),
      { role: 'assistant', content: 'Wait.', tool_calls: [call] },
      result('a'),
      assistant('It is on.'),
    ];
    assert.deepEqual(stored(), turn);
    server.answer(inTurn(completion('Yes.')));
    await ask('Did you?');
    assert.deepEqual(sent(), [...turn, user('Did you?')]);
    assert.deepEqual(stored(), [...turn, user('Did you?'), assistant('Yes.')]);
  });

  it('should keep copies that the flow can not change', async () => {
    server.answer(inTurn(callReply(CALL), completion('On.')));
    await start({ memoryTools: true });
    await ask('Light!');
    const [, round] = stored() as Message[];
    const before = structuredClone(round);
    for (const { payload, vivgrid } of flow.outputs.items)
      Object.assign(vivgrid, { payload, tool_calls: [] });
    assert.deepEqual(round, before);
  });

  it('should keep the question and the reply alone unless it is wished for', async () => {
    server.answer(inTurn(callReply(CALL), completion('On.')));
    await start({});
    await ask('Light!');
    assert.deepEqual(stored(), [user('Light!'), assistant('On.')]);
  });

  it('should not send calls without it, and not lose them', async () => {
    const turn = [user('Light!'), calls('a'), result('a'), assistant('On.')];
    await start({}, turn);
    await ask('And now?');
    assert.deepEqual(sent(), [user('Light!'), assistant('On.'), user('And now?')]);
    assert.deepEqual(stored(), [...turn, user('And now?'), assistant('Fine.')]);
  });

  for (const [what, turn, rest] of [
    [
      'calls without all of their results',
      [user('1'), calls('a', 'b'), result('a'), assistant('2')],
      [user('1'), assistant('2')],
    ],
    ['calls at the end', [user('1'), calls('a')], [user('1')]],
    ['results without their call', [user('1'), result('a'), assistant('2')], [user('1'), assistant('2')]],
    ['results at the beginning', [result('a'), user('1'), assistant('2')], [user('1'), assistant('2')]],
    [
      'results that stand elsewhere',
      [user('1'), calls('a'), assistant('2'), result('a')],
      [user('1'), assistant('2')],
    ],
    [
      'a second result of a call',
      [user('1'), calls('a'), result('a'), result('a'), assistant('2')],
      [user('1'), calls('a'), result('a'), assistant('2')],
    ],
    [
      'results in another order',
      [user('1'), calls('a', 'b'), result('b'), result('a'), assistant('2')],
      [user('1'), calls('a', 'b'), result('a'), result('b'), assistant('2')],
    ],
    [
      'an empty list of calls',
      [user('1'), { ...assistant('2'), tool_calls: [] }],
      [user('1'), assistant('2')],
    ],
    ['calls that are none', [user('1'), { role: 'assistant', content: null, tool_calls: [7] }], []],
    ['an assistant message with nothing in it', [user('1'), { role: 'assistant', content: null }], []],
  ] as [string, object[], object[]][]) {
    it(`should recover from ${what}`, async () => {
      await start({ memoryTools: true }, turn);
      await ask('3');
      assert.deepEqual(sent(), [...rest, user('3')]);
      assert.deepEqual(flow.caught.items, []);
    });
  }

  it('should count turns by their questions', async () => {
    const turn = (name: string): object[] => [user(name), calls(name), result(name), assistant(name)];
    await start({ memoryTools: true, turns: 2 }, [...turn('1'), ...turn('2'), ...turn('3')]);
    await ask('4');
    assert.deepEqual(sent(), [...turn('2'), ...turn('3'), user('4')]);
    assert.deepEqual(stored(), [...turn('3'), user('4'), assistant('Fine.')]);
  });

  describe('by tokens', () => {
    const turn = (name: string): object[] => [user(name.repeat(50)), assistant(name.repeat(50))];
    const reporting = (prompt_tokens: number): object => completion('Fine.', { usage: { prompt_tokens } });

    it('should drop as many of the oldest turns as the request was too long', async () => {
      // 300 characters of three turns and 4 of the question: a token for each.
      server.answer(inTurn(reporting(304)));
      await start({ memoryTokens: 200, tools: [] }, [...turn('a'), ...turn('b'), ...turn('c')]);
      await ask('Why?');
      assert.deepEqual(stored(), [...turn('c'), user('Why?'), assistant('Fine.')]);
    });

    it('should drop none while the request was within the limit', async () => {
      server.answer(inTurn(reporting(200)));
      await start({ memoryTokens: 200, tools: [] }, turn('a'));
      await ask('Why?');
      assert.deepEqual(stored(), [...turn('a'), user('Why?'), assistant('Fine.')]);
    });

    it('should never drop the newest turn', async () => {
      server.answer(inTurn(reporting(9_000)));
      await start({ memoryTokens: 10, tools: [] }, turn('a'));
      await ask('Why?');
      assert.deepEqual(stored(), [user('Why?'), assistant('Fine.')]);
    });

    it('should look at the last request, not at the sum over rounds', async () => {
      const round = { ...callReply(CALL), usage: { prompt_tokens: 150 } };
      server.answer(inTurn(round, reporting(190)));
      await start({ memoryTokens: 200 }, turn('a'));
      await ask('Why?');
      assert.equal(flow.outputs.items[0].vivgrid.usage.prompt_tokens, 340);
      assert.deepEqual(stored(), [...turn('a'), user('Why?'), assistant('Fine.')]);
    });

    it('should leave pictures out of what a token is taken for', async () => {
      server.answer(inTurn(reporting(104)));
      const picture = Buffer.from('89504e470d0a1a0a', 'hex');
      const attachments = [{ type: 'msg' as const, value: 'picture' }];
      await start({ memoryTokens: 60, tools: [], attachments }, [...turn('a'), ...turn('b')]);
      flow.input({ payload: 'Why?', picture });
      await flow.completed.count(1);
      // 204 characters were 104 tokens, so 44 tokens too many are 86 characters: one turn.
      assert.deepEqual(stored(), [...turn('b'), user('Why?'), assistant('Fine.')]);
    });

    for (const memoryTokens of ['many', -1, 2.5]) {
      it(`should fail with config when it is ${memoryTokens}`, async () => {
        await start({ memoryTokens });
        flow.input({ payload: 'Why?' });
        await flow.ended(1);
        assert.equal(flow.caught.items[0].error.code, 'config');
        assert.match(flow.caught.items[0].error.message, /memoryTokens/);
      });
    }
  });
});
