// JSON that fits: a reply that is not valid JSON or doesn't match the schema goes back to the model.
import assert from 'node:assert/strict';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { callReply, inTurn, resultsIn, toolFlow } from '../support/tool-flow.mts';

const SCHEMA = JSON.stringify({
  type: 'object',
  properties: { severity: { enum: ['low', 'high'] } },
  required: ['severity'],
});

describe('repairs', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer(inTurn(completion('{}')));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function ask(
    replies: object[],
    chat: Partial<ChatSettings> = {},
    options: Partial<FlowOptions> = {},
  ): Promise<void> {
    server.answer(inTurn(...replies));
    flow = await startChatFlow({
      config: { baseUrl: server.url, maxRetries: 0 },
      chat: { format: 'json_schema', schema: SCHEMA, repairs: 2, ...chat },
      ...options,
    });
    flow.input({ payload: 'Alarm!' });
    await flow.ended(1);
  }

  const bodies = (): Message[] => server.requests.items.map(({ body }) => body);
  const caught = (): Message => flow.caught.items[0].error;

  it('should give the reply back with what is wrong, until one fits', async () => {
    await ask([completion('{"severity":"medium"}'), completion('High.'), completion('{"severity":"high"}')]);
    const [message] = flow.outputs.items;
    assert.deepEqual(message.payload, { severity: 'high' });
    assert.equal(message.vivgrid.repairs, 2);
    assert.equal(message.vivgrid.attempts, 3);
    assert.deepEqual(message.vivgrid.usage, { prompt_tokens: 9, completion_tokens: 6, total_tokens: 15 });
    const [first, second, third] = bodies();
    assert.deepEqual(second.messages.slice(0, 2), [
      ...first.messages,
      { role: 'assistant', content: '{"severity":"medium"}' },
    ]);
    assert.equal(second.messages[2].role, 'user');
    assert.match(second.messages[2].content, /does not match the JSON Schema: \/severity .*JSON only/);
    assert.deepEqual(third.messages.slice(0, 3), second.messages);
    assert.match(third.messages[4].content, /not valid JSON/);
    assert.deepEqual(third.response_format, first.response_format);
  });

  it('should fail as the last reply does when they are used up', async () => {
    await ask([completion('High.'), completion('{"severity":"medium"}'), completion('[')]);
    assert.equal(caught().code, 'invalid_json');
    assert.equal(caught().cause.text, '[');
    assert.equal(caught().cause.attempts, 3);
    assert.equal(bodies().length, 3);
  });

  it('should not be named on a reply that fitted at once', async () => {
    await ask([completion('{"severity":"low"}')]);
    assert.equal('repairs' in flow.outputs.items[0].vivgrid, false);
  });

  it('should be none unless they are wished for', async () => {
    await ask([completion('High.')], { repairs: 0 });
    assert.equal(caught().code, 'invalid_json');
    assert.equal(bodies().length, 1);
  });

  for (const [what, choice] of [
    ['cut short', { message: { content: '{"severity":' }, finish_reason: 'length' }],
    ['filtered', { message: { content: 'No' }, finish_reason: 'content_filter' }],
    ['refused', { message: { content: '', refusal: 'I will not.' }, finish_reason: 'stop' }],
    ['empty', { message: { content: ' ' }, finish_reason: 'stop' }],
  ] as const) {
    it(`should not be made of a reply that was ${what}`, async () => {
      await ask([completion('', { choices: [choice] })]);
      assert.equal(caught().code, 'invalid_json');
      assert.equal(bodies().length, 1);
    });
  }

  it('should not be made of several replies', async () => {
    const parameters = [{ name: 'n', type: 'num' as const, value: '2' }];
    await ask([completion('High.')], { parameters });
    assert.equal(caught().code, 'invalid_json');
    assert.equal(bodies().length, 1);
  });

  it('should not be made while streaming', async () => {
    await ask([completion('High.')], { stream: true });
    assert.equal(caught().code, 'invalid_json');
    assert.equal(bodies().length, 1);
  });

  it('should keep the rounds of tools, call no tool again, and be no rounds', async () => {
    const call = ['a', 'light', '{"room":"hall"}'] as [string, string, string];
    const nodes = toolFlow(
      'light',
      'light',
      "flow.set('calls', (flow.get('calls') ?? 0) + 1); msg.payload = 'on'; return msg;",
    );
    const again = {
      ...callReply(call),
      choices: [{ message: { content: 'Hm.', tool_calls: [] }, finish_reason: 'stop' }],
    };
    await ask(
      [callReply(call), again, completion('{"severity":"low"}')],
      { tools: ['light'], rounds: 2, memory: true },
      { nodes },
    );
    assert.deepEqual(flow.caught.items, []);
    assert.deepEqual(flow.outputs.items[0].payload, { severity: 'low' });
    const [, , third] = bodies();
    assert.deepEqual(resultsIn(third), [['a', 'on']]);
    assert.equal(third.tool_choice, 'none');
    assert.equal(third.tools.length, 1);
    const context = flow.node('chat').context().flow;
    assert.equal(context.get('calls'), 1);
    // The memory keeps the one that fitted, and nothing of the repair.
    assert.deepEqual(context.get('conversation'), [
      { role: 'user', content: 'Alarm!' },
      { role: 'assistant', content: '{"severity":"low"}' },
    ]);
  });

  it('should stay with the service that took over', async () => {
    const second = await startRawServer(inTurn(completion('High.'), completion('{"severity":"high"}')));
    await ask(
      [],
      { fallback: 'backup' },
      {
        config: { baseUrl: 'http://127.0.0.1:9', maxRetries: 0 },
        nodes: [{ id: 'backup', type: 'vivgrid-config', baseUrl: second.url }],
        credentials: { backup: { token: 'x' } },
      },
    );
    assert.deepEqual(flow.outputs.items[0].payload, { severity: 'high' });
    assert.equal(second.requests.items.length, 2);
    await second.close();
  });

  it('should fail as the service does when that fails meanwhile', async () => {
    const down = (response: never): void => sendJson(response, { error: 'Down.' }, 500);
    await ask([completion('High.'), down]);
    assert.equal(caught().code, 'server');
  });

  for (const repairs of ['many', -1, 6, 1.5]) {
    it(`should fail with config when they are ${repairs}`, async () => {
      await ask([completion('{"severity":"low"}')], { repairs });
      assert.equal(caught().code, 'config');
      assert.match(caught().message, /repairs/);
      assert.equal(bodies().length, 0);
    });
  }
});
