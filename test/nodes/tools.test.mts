import assert from 'node:assert/strict';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';

const SCHEMA = JSON.stringify({
  type: 'object',
  properties: { room: { type: 'string' } },
  required: ['room'],
});

/** A tool node whose flow answers with what the function's code returns. */
function toolFlow(id: string, name: string, code: string, fields: object = {}): Message[] {
  return [
    { id, z: 'tab', type: 'vivgrid-tool', name, schema: SCHEMA, wires: [[`${id}-function`]], ...fields },
    { id: `${id}-function`, z: 'tab', type: 'function', func: code, wires: [[`${id}-result`]] },
    { id: `${id}-result`, z: 'tab', type: 'vivgrid-tool-result' },
  ];
}

function calls(...made: [id: string, name: string, args: string][]): object {
  const tool_calls = made.map(([id, name, args]) => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  }));
  const message = { role: 'assistant', content: null, tool_calls };
  return completion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
}

describe('tools', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer((response, _seen, number) =>
      sendJson(
        response,
        number === 1
          ? calls(['a', 'switch_light', '{"room":"hall"}'], ['b', 'switch_light', '{"room":"attic"}'])
          : completion('Done.'),
      ),
    );
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  it('should let flows answer the calls and give the results back in order', async () => {
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      chat: { tools: ['light'], activity: false },
      nodes: toolFlow(
        'light',
        'switch_light',
        'setTimeout(() => node.send({ ...msg, payload: { on: msg.payload.room } }), msg.payload.room === "hall" ? 30 : 0);',
      ),
    });
    flow.input({ payload: 'Light!' });
    await flow.ended(1);
    assert.equal(flow.outputs.items[0].payload, 'Done.');
    assert.equal(flow.outputs.items[0].vivgrid.usage.total_tokens, 10);
    const [first, second] = server.requests.items;
    assert.deepEqual(first?.body.tools, [
      { type: 'function', function: { name: 'switch_light', parameters: JSON.parse(SCHEMA) } },
    ]);
    assert.deepEqual(second?.body.messages.slice(1), [
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'switch_light', arguments: '{"room":"hall"}' } },
          { id: 'b', type: 'function', function: { name: 'switch_light', arguments: '{"room":"attic"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: '{"on":"hall"}' },
      { role: 'tool', tool_call_id: 'b', content: '{"on":"attic"}' },
    ]);
  });
});
