// Half a surrogate pair, which strict services refuse: wherever it comes from, no request holds one.
import assert from 'node:assert/strict';
import { type ChatFlow, startChatFlow, USER_ROW } from '../support/chat-flow.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { callReply, inTurn, resultsIn, toolFlow } from '../support/tool-flow.mts';

const HALF = '\ud83d';
const CUT = `cut ${HALF}`;
const WHOLE = 'cut \ufffd';

describe('a text that is cut within a character', () => {
  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  it('should be sent well-formed from every place of the request', async () => {
    const schema = JSON.stringify({ type: 'object', properties: { [CUT]: { description: CUT } } });
    server = await startRawServer(
      inTurn(callReply(['1', 'ask', '{}']), completion('{}'), completion(`{"a":"${CUT}"}`)),
    );
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      chat: {
        messages: [
          { role: 'system', type: 'str', content: CUT },
          { role: 'history', type: 'msg', content: 'history' },
          USER_ROW,
        ],
        parameters: [{ name: 'metadata', value: 'metadata', type: 'msg' }],
        format: 'json_schema',
        schema,
        tools: ['tool'],
      },
      nodes: toolFlow('tool', 'ask', `msg.payload = ${JSON.stringify(CUT)}; return msg;`, {
        description: CUT,
        schema,
      }),
    });
    const history = [{ role: 'assistant', content: [{ type: 'text', text: CUT }] }];
    flow.input({ payload: CUT, history, metadata: { [CUT]: CUT } });
    await flow.ended(1);
    assert.deepEqual(flow.caught.items, []);
    const [first, second] = server.requests.items.map(({ body }) => body);
    const { messages, metadata, tools, response_format } = first;
    assert.deepEqual(
      messages.map(({ content }: { content: unknown }) => content),
      [WHOLE, [{ type: 'text', text: WHOLE }], WHOLE],
    );
    assert.deepEqual(metadata, { [WHOLE]: WHOLE });
    const properties = { [WHOLE]: { description: WHOLE } };
    assert.equal(tools[0].function.description, WHOLE);
    assert.deepEqual(tools[0].function.parameters.properties, properties);
    assert.deepEqual(response_format.json_schema.schema.properties, properties);
    assert.deepEqual(resultsIn(second), [['1', WHOLE]]);
  });

  it('should not spoil the conversation that keeps it', async () => {
    server = await startRawServer((response) => sendJson(response, completion(CUT)));
    flow = await startChatFlow({ config: { baseUrl: server.url }, chat: { memory: true } });
    for (const payload of ['Hi', CUT, 'Go on']) flow.input({ payload });
    await flow.ended(3);
    const [, , third] = server.requests.items;
    assert.deepEqual(
      third?.body.messages.map(({ content }: { content: unknown }) => content),
      ['Hi', WHOLE, WHOLE, WHOLE, 'Go on'],
    );
  });
});
