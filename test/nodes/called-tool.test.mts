// A tool that a person calls from the editor: in the running flow, as a model would.
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import helper from 'node-red-node-test-helper';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import { callsOf, openTool, ROOM_SCHEMA, resultNode, toolFlow, toolNode } from '../support/tool-flow.mts';

describe('a tool called from the editor', () => {
  let flow: ChatFlow;
  afterEach(() => flow.stop());

  const start = async (nodes: Message[]): Promise<void> => {
    flow = await startChatFlow({ nodes });
  };
  const describeTool = async (id: string): Promise<Message> =>
    (await helper.request().get(`/vivgrid-tool/${id}`)).body;
  const call = async (id: string, args: string): Promise<Message> =>
    (await helper.request().post(`/vivgrid-tool/${id}/call`).send({ arguments: args })).body;

  /** A tool that asks a person first; the test gets its questions by `callsOf`. */
  const asking = (): Message[] => [
    toolNode('light', 'light', '', { approval: true, wires: [['light-result'], ['light-calls']] }),
    { id: 'light-calls', z: 'tab', type: 'helper' },
    resultNode('light-result'),
  ];

  it('should tell what it takes', async () => {
    await start(toolFlow('light', 'light', 'return msg;'));
    assert.deepEqual(await describeTool('light'), {
      outcome: 'tool',
      name: 'light',
      parameters: ROOM_SCHEMA,
    });
    assert.deepEqual(await describeTool('gone'), { outcome: 'none' });
  });

  it('should run its flow and give the result, and how long it took', async () => {
    await start(
      toolFlow('light', 'light', 'msg.payload = { room: msg.payload.room, as: msg.topic }; return msg;'),
    );
    const { outcome, text, ms } = await call('light', '{"room":"hall"}');
    assert.deepEqual([outcome, JSON.parse(text)], ['result', { room: 'hall', as: 'light' }]);
    assert.ok(ms >= 0);
  });

  const WRONG: [args: string, text: RegExp][] = [
    ['{', /^Error: The arguments are no valid JSON\.$/],
    ['{}', /^Error: The arguments are wrong: .*room/],
    ['{"room":1}', /^Error: The arguments are wrong: .*room.*string/],
  ];
  for (const [args, text] of WRONG) {
    it(`should give the error that a model gets for ${args}`, async () => {
      await start(toolFlow('light', 'light', 'return msg;'));
      const ended = await call('light', args);
      assert.equal(ended.outcome, 'error');
      assert.match(ended.text, text);
    });
  }

  it('should give the error that a model gets for a flow that takes too long', async () => {
    await start(openTool('light', 'light', { timeout: 0.05 }));
    const { outcome, text } = await call('light', '{"room":"hall"}');
    assert.deepEqual([outcome, text], ['error', 'Error: The tool light gave no result within 0.05 s.']);
  });

  it('should wait for a person where the tool asks one', async () => {
    await start(asking());
    const { calls } = callsOf(flow, 'light');
    const ended = call('light', '{"room":"hall"}');
    const [question] = await calls.count(1);
    flow.node('light').receive({ ...question, payload: false, reason: 'Not now' });
    const { outcome, text } = await ended;
    assert.deepEqual([outcome, text], ['error', 'Error: The user did not allow the call of light: Not now']);
  });

  it('should say that it is not there, or what is wrong with its schema', async () => {
    const broken = toolNode('broken', 'broken', 'broken-result', { schema: '{"type":"nothing"}' });
    await start([broken, resultNode('broken-result')]);
    assert.deepEqual(await call('gone', '{}'), { outcome: 'none' });
    const { outcome, message } = await call('broken', '{}');
    assert.equal(outcome, 'failed');
    assert.match(message, /schema of the tool “broken”/);
  });

  it('should not be waited for once the editor hangs up', async () => {
    await start(asking());
    const statuses = new Collector<Message>();
    flow.node('light').status = (status: Message) => statuses.add(status);
    const request = helper.request().post('/vivgrid-tool/light/call').send({ arguments: '{"room":"hall"}' });
    request.end(() => {});
    const [waiting] = await statuses.count(1);
    assert.match(waiting.text, /asking/);
    request.abort();
    // A request that is given up leaves its server open.
    (request as unknown as { _server: Server })._server.close();
    const [, free] = await statuses.count(2);
    assert.deepEqual(free, {});
  });
});
