// Tools that ask a person first: what goes to the person, what an answer does, and what becomes of calls that nobody
// answers.
import assert from 'node:assert/strict';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { type Call, callReply, inTurn, resultNode, resultsIn, toolNode } from '../support/tool-flow.mts';

const HALL: Call = ['a', 'open_door', '{"room":"hall"}'];
const ATTIC: Call = ['b', 'open_door', '{"room":"attic"}'];
const REFUSED = 'Error: The user did not allow the call of open_door.';

/** A tool that asks first, and whose flow answers with the room. */
function askingTool(id: string, name: string, fields: object = {}): Message[] {
  const code = 'flow.set("runs", (flow.get("runs") ?? 0) + 1); msg.payload = msg.payload.room; return msg;';
  return [
    toolNode(id, name, `${id}-function`, {
      approval: true,
      inputs: 1,
      outputs: 2,
      wires: [[`${id}-function`], [`${id}-questions`]],
      ...fields,
    }),
    { id: `${id}-function`, z: 'tab', type: 'function', func: code, wires: [[`${id}-result`]] },
    { id: `${id}-questions`, z: 'tab', type: 'helper' },
    { id: `${id}-catch`, z: 'tab', type: 'catch', scope: [id], wires: [[`${id}-caught`]] },
    { id: `${id}-caught`, z: 'tab', type: 'helper' },
    resultNode(`${id}-result`),
  ];
}

interface Person {
  /** What the person is asked. */
  questions: Collector<Message>;
  /** What Catch nodes get of answers that are none. */
  caught: Collector<Message>;
  answer(message: Message): void;
}

/** The person who is asked by a tool, from now on. */
function personOf(flow: ChatFlow, id = 'door'): Person {
  const questions = new Collector<Message>();
  const caught = new Collector<Message>();
  flow.node(`${id}-questions`).on('input', (message: Message) => questions.add(message));
  flow.node(`${id}-caught`).on('input', (message: Message) => caught.add(message));
  return { questions, caught, answer: (message) => flow.node(id).receive(message) };
}

describe('a tool that asks a person first', () => {
  let server: RawServer;
  let flow: ChatFlow | undefined;

  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
    await server.close();
  });

  /** Starts a flow whose model makes these calls in its first reply. */
  async function start(calls: Call[], options: FlowOptions = {}): Promise<ChatFlow & Person> {
    server = await startRawServer(inTurn(callReply(...calls), completion('Done.')));
    flow = await startChatFlow({
      ...options,
      config: { baseUrl: server.url, maxRetries: 0, ...options.config },
      chat: { tools: ['door'], ...options.chat },
      nodes: options.nodes ?? askingTool('door', 'open_door'),
    });
    return { ...flow, ...personOf(flow) };
  }

  const results = (round = 2) => resultsIn(server.requests.items[round - 1]?.body);
  const runs = (started: ChatFlow): number => started.node('chat').context().flow.get('runs') ?? 0;

  it('should put the call to the person, and run it after a yes', async () => {
    const started = await start([HALL]);
    started.input({ payload: 'Open!' });
    const [question] = await started.questions.count(1);
    const { _msgid, _vivgridCall, ...rest } = question;
    assert.deepEqual(rest, {
      payload: { room: 'hall' },
      topic: 'open_door',
      tool: { name: 'open_door', id: 'a' },
    });
    assert.equal(runs(started), 0);
    started.answer({ payload: true, tool: question.tool });
    await started.ended(1);
    assert.deepEqual(results(), [['a', 'hall']]);
    assert.equal(started.outputs.items[0].payload, 'Done.');
  });

  const answers: [payload: unknown, outcome: string][] = [
    [true, 'hall'],
    ['yes', 'hall'],
    [' YES\n', 'hall'],
    ['True', 'hall'],
    [false, REFUSED],
    ['no', REFUSED],
    ['\tNo ', REFUSED],
    ['FALSE', REFUSED],
  ];
  for (const [payload, outcome] of answers) {
    it(`should take ${JSON.stringify(payload)} for ${outcome === 'hall' ? 'a yes' : 'a no'}`, async () => {
      const started = await start([HALL]);
      started.input({ payload: 'Open!' });
      await started.questions.count(1);
      started.answer({ payload });
      await started.ended(1);
      assert.deepEqual(results(), [['a', outcome]]);
      assert.equal(runs(started), outcome === 'hall' ? 1 : 0);
    });
  }

  it('should give the model the reason of a no', async () => {
    const started = await start([HALL]);
    started.input({ payload: 'Open!' });
    const [question] = await started.questions.count(1);
    started.answer({ ...question, payload: 'no', reason: ' It is night. ' });
    await started.ended(1);
    assert.deepEqual(results(), [['a', 'Error: The user did not allow the call of open_door: It is night.']]);
  });

  for (const payload of ['maybe', '', 1, null, undefined, { yes: true }, ['yes']]) {
    it(`should report ${JSON.stringify(payload)} to a catch node, and go on waiting`, async () => {
      const started = await start([HALL]);
      started.input({ payload: 'Open!' });
      const [question] = await started.questions.count(1);
      started.answer({ ...question, payload });
      const [caught] = await started.caught.count(1);
      assert.equal(caught.error.code, 'parameter');
      assert.match(caught.error.message, /^(Error: )?Neither yes nor no: set msg\.payload to true or false/);
      started.answer({ ...question, payload: true });
      await started.ended(1);
      assert.deepEqual(results(), [['a', 'hall']]);
    });
  }

  it('should keep the call as it is, whatever the flow does with the question', async () => {
    const started = await start([['a', 'open_door', '{"room":"hall","doors":{"front":1}}']]);
    started.input({ payload: 'Open!' });
    const [question] = await started.questions.count(1);
    question.payload.doors.front = 2;
    question.payload.room = 'vault';
    started.answer({ payload: true });
    await started.ended(1);
    assert.deepEqual(results(), [['a', 'hall']]);
  });

  it('should call with the arguments of the answer, when they match the parameters', async () => {
    const started = await start([HALL]);
    started.input({ payload: 'Open!' });
    await started.questions.count(1);
    started.answer({ payload: 'yes', arguments: { room: 7 } });
    const [caught] = await started.caught.count(1);
    assert.equal(caught.error.code, 'parameter');
    assert.match(caught.error.message, /\/room must be string/);
    started.answer({ payload: 'yes', arguments: { room: 'cellar' } });
    await started.ended(1);
    assert.deepEqual(results(), [['a', 'cellar']]);
  });

  it('should not look at arguments that are no object, nor at those of a no', async () => {
    const started = await start([HALL, ATTIC]);
    started.input({ payload: 'Open!' });
    await started.questions.count(2);
    started.answer({ payload: 'yes', arguments: 'cellar', tool: { id: 'a' } });
    started.answer({ payload: 'no', arguments: { room: 7 } });
    await started.ended(1);
    assert.deepEqual(results(), [
      ['a', 'hall'],
      ['b', REFUSED],
    ]);
    assert.deepEqual(started.caught.items, []);
  });

  it('should answer bad arguments of the model before anybody is asked', async () => {
    const started = await start([['a', 'open_door', '{"room":7}']]);
    started.input({ payload: 'Open!' });
    await started.ended(1);
    assert.deepEqual(results(), [['a', 'Error: The arguments are wrong: /room must be string.']]);
    assert.deepEqual(started.questions.items, []);
  });

  describe('of two calls', () => {
    it('should answer the one that is named', async () => {
      const started = await start([HALL, ATTIC]);
      started.input({ payload: 'Open!' });
      await started.questions.count(2);
      started.answer({ payload: true, tool: { id: 'b' } });
      // Of the two, one is left.
      started.answer({ payload: false });
      await started.ended(1);
      assert.deepEqual(results(), [
        ['a', REFUSED],
        ['b', 'attic'],
      ]);
    });

    it('should refuse an answer that may mean either, and answer the one whose message comes back', async () => {
      const started = await start([HALL, ATTIC]);
      started.input({ payload: 'Open!' });
      const [hall, attic] = await started.questions.count(2);
      started.answer({ payload: true });
      const [caught] = await started.caught.count(1);
      assert.equal(caught.error.code, 'parameter');
      assert.match(caught.error.message, /2 calls are waiting/);
      // A function node that makes a new message keeps `_msgid`, and other nodes everything else.
      started.answer({ payload: true, _msgid: attic._msgid });
      started.answer({ payload: false, _vivgridCall: hall._vivgridCall });
      await started.ended(1);
      assert.deepEqual(results(), [
        ['a', REFUSED],
        ['b', 'attic'],
      ]);
    });

    it('should tell calls of the same id apart by their messages', async () => {
      const started = await start([HALL]);
      server.answer((response, { body }) =>
        sendJson(response, resultsIn(body).length === 0 ? callReply(HALL) : completion('Done.')),
      );
      started.input({ payload: 'Open!' });
      started.input({ payload: 'Open, too!' });
      const [first, second] = await started.questions.count(2);
      assert.deepEqual(first.tool, second.tool);
      started.answer({ payload: true, tool: first.tool });
      await started.caught.count(1);
      started.answer({ ...second, payload: false });
      started.answer({ ...first, payload: true });
      await started.ended(2);
      assert.equal(runs(started), 1);
    });

    it('should not take a late answer to one for an answer to the other', async () => {
      const started = await start([HALL, ATTIC]);
      started.input({ payload: 'Open!' });
      const [hall] = await started.questions.count(2);
      started.answer({ ...hall, payload: false });
      const { tool, ...unnamed } = hall;
      started.answer({ ...unnamed, payload: true });
      started.answer({ ...hall, tool: { id: 'b' }, payload: 'perhaps' });
      started.answer({ payload: false, tool: { id: 'b' } });
      await started.ended(1);
      assert.deepEqual(results(), [
        ['a', REFUSED],
        ['b', REFUSED],
      ]);
      assert.equal(runs(started), 0);
      assert.deepEqual(started.caught.items, []);
    });

    it('should take one that carries the way back of another node by the id that it names', async () => {
      const started = await start([HALL, ATTIC]);
      started.input({ payload: 'Open!' });
      await started.questions.count(2);
      started.answer({ payload: true, tool: { id: 'b' }, _vivgridCall: 'other.1', _msgid: 'other.1' });
      started.answer({ payload: false });
      await started.ended(1);
      assert.deepEqual(results(), [
        ['a', REFUSED],
        ['b', 'attic'],
      ]);
    });
  });

  it('should run once for a yes that comes twice, and nothing for stray ones', async () => {
    const started = await start([HALL]);
    started.answer({ payload: true });
    started.answer({ payload: 'nonsense', tool: { id: 'a' } });
    started.input({ payload: 'Open!' });
    const [question] = await started.questions.count(1);
    for (const id of ['x', 'y']) started.answer({ payload: true, tool: { id } });
    started.answer({ ...question, payload: true, arguments: { room: 'cellar' } });
    started.answer({ ...question, payload: true });
    started.answer({ ...question, payload: false });
    await started.ended(1);
    started.answer({ ...question, payload: true });
    assert.equal(runs(started), 1);
    assert.deepEqual(started.caught.items, []);
    assert.doesNotMatch(started.log(), /"level":[1-3]0,"id"/, 'no node reports an error or a warning');
  });

  it('should answer calls of its own only', async () => {
    const started = await start([HALL, ['a2', 'open_gate', '{"room":"yard"}']], {
      chat: { tools: ['door', 'gate'] },
      nodes: [...askingTool('door', 'open_door'), ...askingTool('gate', 'open_gate')],
    });
    const gate = personOf(started, 'gate');
    started.input({ payload: 'Open!' });
    const [question] = await gate.questions.count(1);
    await started.questions.count(1);
    started.answer({ ...question, payload: true });
    gate.answer({ payload: true });
    started.answer({ payload: false, tool: { id: 'a' } });
    await started.ended(1);
    assert.deepEqual(results(), [
      ['a', REFUSED],
      ['a2', 'yard'],
    ]);
  });

  it('should tell the model when nobody answers, and run nothing for a yes after that', async () => {
    const started = await start([HALL], { nodes: askingTool('door', 'open_door', { timeout: 0.05 }) });
    started.input({ payload: 'Open!' });
    const [question] = await started.questions.count(1);
    await started.ended(1);
    assert.deepEqual(results(), [
      ['a', 'Error: Nobody answered within 0.05 s whether the tool open_door may be used.'],
    ]);
    started.answer({ ...question, payload: true });
    started.answer({ payload: true });
    assert.equal(runs(started), 0);
    assert.deepEqual(started.caught.items, []);
  });

  it('should count the time of the answer into the time of the call', async () => {
    const nodes = askingTool('door', 'open_door', { timeout: 0.2 });
    for (const node of nodes) if (node.type === 'function') node.func = '';
    const started = await start([HALL], { nodes });
    started.input({ payload: 'Open!' });
    await started.questions.count(1);
    started.answer({ payload: true });
    await started.ended(1);
    assert.deepEqual(results(), [['a', 'Error: The tool open_door gave no result within 0.2 s.']]);
  });

  it('should keep no place in the queue while the person thinks', async () => {
    const started = await start([HALL], { config: { concurrency: 1 } });
    started.input({ payload: 'Open!' });
    const [question] = await started.questions.count(1);
    server.answer(inTurn(completion('Meanwhile.')));
    started.input({ payload: 'Something else' });
    await started.ended(1);
    assert.equal(started.outputs.items[0].payload, 'Meanwhile.');
    started.answer({ ...question, payload: true });
    await started.ended(2);
  });

  it('should end with a reset, and let the answer do nothing', async () => {
    const started = await start([HALL]);
    started.input({ payload: 'Open!' });
    const [question] = await started.questions.count(1);
    started.input({ reset: true });
    // The reset message ends as well.
    await started.ended(2);
    started.answer({ ...question, payload: true });
    started.answer({ payload: true });
    assert.equal(runs(started), 0);
    assert.equal(server.requests.items.length, 1);
    assert.deepEqual(started.caught.items, []);
  });

  it('should tell the model when the tool is deployed anew, and let the old answer do nothing', async () => {
    // With one tool the chat node is deployed anew, too.
    const started = await start([HALL], {
      chat: { tools: ['door', 'gate'] },
      nodes: [...askingTool('door', 'open_door'), ...askingTool('gate', 'open_gate')],
    });
    server.answer((response, { body }) =>
      sendJson(response, resultsIn(body).length === 0 ? callReply(HALL) : completion('Done.')),
    );
    started.input({ payload: 'Open!' });
    const [question] = await started.questions.count(1);
    await started.redeploy(
      (nodes) => nodes.map((node) => (node.id === 'door' ? { ...node, description: 'New' } : node)),
      'nodes',
    );
    await started.ended(1);
    assert.deepEqual(results(), [['a', 'Error: The tool open_door was stopped before it gave a result.']]);
    started.input({ payload: 'Again!' });
    const [, again] = await started.questions.count(2);
    started.answer({ ...question, payload: true });
    started.answer({ ...again, payload: false });
    await started.ended(2);
    assert.deepEqual(results(4), [['a', REFUSED]]);
    assert.equal(runs(started), 0);
  });

  it("should report the call with the question, with the model's arguments, and a no as failed", async () => {
    const started = await start([HALL, ATTIC], {
      chat: { activity: true, outputs: 2 },
      nodes: [...askingTool('door', 'open_door'), { id: 'activity', z: 'tab', type: 'helper' }],
      wires: [[], ['activity']],
    });
    const told = new Collector<Message>();
    started.node('activity').on('input', ({ payload }: Message) => told.add(payload));
    started.input({ payload: 'Open!' });
    await started.questions.count(2);
    const startedBoth = await told.count(2);
    assert.deepEqual(
      startedBoth.map(({ state, by, arguments: args }) => [state, by, args]),
      [
        ['started', 'flow', { room: 'hall' }],
        ['started', 'flow', { room: 'attic' }],
      ],
    );
    started.answer({ payload: true, arguments: { room: 'cellar' }, tool: { id: 'a' } });
    started.answer({ payload: false });
    await told.count(4);
    assert.deepEqual(
      told.items
        .slice(2)
        .map(({ state, arguments: args, result }) => [args.room, state, result])
        .sort(),
      [
        ['attic', 'failed', REFUSED],
        ['hall', 'finished', 'cellar'],
      ],
    );
  });

  it('should say under the node that it waits, once for several calls', async () => {
    const started = await start([HALL, ATTIC], {
      nodes: [
        ...askingTool('door', 'open_door'),
        { id: 'door-status', z: 'tab', type: 'status', scope: ['door'], wires: [['door-statuses']] },
        { id: 'door-statuses', z: 'tab', type: 'helper' },
      ],
    });
    const statuses = new Collector<Message>();
    started.node('door-statuses').on('input', ({ status }: Message) => statuses.add(status));
    started.input({ payload: 'Open!' });
    await started.questions.count(2);
    started.answer({ payload: true, tool: { id: 'a' } });
    started.answer({ payload: false });
    await started.ended(1);
    await statuses.count(2);
    const asking = '@vivgrid/node-red-vivgrid/vivgrid-tool:vivgrid-tool.status.asking';
    assert.deepEqual(
      statuses.items.map(({ text }) => text),
      [asking, undefined],
    );
  });
});
