// The flows that answer a model's calls: how they can end, what ends them, and where they may stand.
import assert from 'node:assert/strict';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import {
  type ChatFlow,
  type FlowOptions,
  type Message,
  startChatFlow,
  USER_ROW,
} from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import { type Answer, completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import {
  type Call,
  callReply,
  callsOf,
  inTurn,
  openTool,
  resultNode,
  resultsIn,
  toolFlow,
  toolNode,
} from '../support/tool-flow.mts';

const HALL: Call = ['a', 'switch_light', '{"room":"hall"}'];
const ATTIC: Call = ['b', 'switch_light', '{"room":"attic"}'];

describe('tool flows', () => {
  let server: RawServer;
  let flow: ChatFlow | undefined;

  beforeEach(async () => {
    server = await startRawServer(inTurn(callReply(HALL), completion('Done.')));
  });

  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
    await server.close();
  });

  async function start(nodes: Message[], options: FlowOptions = {}): Promise<ChatFlow> {
    flow = await startChatFlow({
      ...options,
      config: { baseUrl: server.url, maxRetries: 0, ...options.config },
      chat: { tools: ['light'], ...options.chat },
      nodes,
    });
    return flow;
  }

  /** Asks once; gives the results that the model got back. */
  async function ask(nodes: Message[], options: FlowOptions = {}): Promise<unknown[]> {
    const { input, ended, outputs } = await start(nodes, options);
    input({ payload: 'Light!' });
    await ended(1);
    assert.equal(outputs.items[0]?.payload, 'Done.');
    return resultsIn(server.requests.items[1]?.body).map(([, content]) => content);
  }

  describe('give a result', () => {
    const results: [what: string, code: string, text: string][] = [
      ['a text', 'msg.payload = "22 °C"', '22 °C'],
      ['a number', 'msg.payload = 0', '0'],
      ['a boolean', 'msg.payload = false', 'false'],
      ['an object', 'msg.payload = { a: [1, null] }', '{"a":[1,null]}'],
      ['a Buffer', 'msg.payload = Buffer.from("bytes")', 'bytes'],
      ['a Date', 'msg.payload = new Date(0)', '1970-01-01T00:00:00.000Z'],
      ['nothing', 'delete msg.payload', ''],
      ['an error property that says there is none', 'msg.error = false; msg.payload = "fine"', 'fine'],
    ];
    for (const [what, code, text] of results) {
      it(`should give ${what} to the model`, async () => {
        assert.deepEqual(await ask(toolFlow('light', 'switch_light', `${code}; return msg;`)), [text]);
      });
    }

    it('should tell the model of a result that can not be written down', async () => {
      const [text] = await ask(
        toolFlow('light', 'switch_light', 'msg.payload = {}; msg.payload.self = msg.payload; return msg;'),
      );
      assert.match(String(text), /^Error: The result can't be written as JSON: .*circular/);
    });

    it('should take the first result and let the others go', async () => {
      const started = await start(openTool('light', 'switch_light'));
      const { calls, answer } = callsOf(started, 'light');
      started.input({ payload: 'Light!' });
      const [call] = await calls.count(1);
      answer({ ...call, payload: 'first' });
      answer({ ...call, payload: 'second' });
      await started.ended(1);
      answer({ ...call, payload: 'late' });
      answer({ payload: 'stray' });
      answer({ payload: 'stray', _vivgridCall: { not: 'a key' } });
      assert.deepEqual(resultsIn(server.requests.items[1]?.body), [['a', 'first']]);
      assert.equal(started.caught.items.length, 0);
      assert.doesNotMatch(started.log(), /"level":[1-3]0,"id"/, 'no node reports an error or a warning');
    });
  });

  describe('fail', () => {
    const catchNode = (scope: string[]): Message => ({
      id: 'tool-catch',
      z: 'tab',
      type: 'catch',
      scope,
      wires: [['light-result']],
    });

    it('should tell the model of an error that a catch node took to the result', async () => {
      const code = 'throw new Error("the lamp is broken");';
      const [text] = await ask([...toolFlow('light', 'switch_light', code), catchNode(['light-function'])]);
      assert.match(String(text), /^Error: the lamp is broken/);
    });

    it('should tell the model of an error that a node reported with the message', async () => {
      const code = 'node.error("no such room", msg);';
      const [text] = await ask([...toolFlow('light', 'switch_light', code), catchNode(['light-function'])]);
      assert.equal(text, 'Error: no such room');
    });

    it('should tell the model of an error that the flow itself set', async () => {
      const code = 'msg.error = { message: "no such room", source: {} }; return msg;';
      assert.deepEqual(await ask(toolFlow('light', 'switch_light', code)), ['Error: no such room']);
      await flow?.stop();
      server.requests.items.length = 0;
      server.answer((response, { body }) =>
        sendJson(response, resultsIn(body).length === 0 ? callReply(HALL) : completion('Done.')),
      );
      const plain = 'msg.error = "no such house"; return msg;';
      assert.deepEqual(await ask(toolFlow('light', 'switch_light', plain)), ['Error: no such house']);
    });

    it('should tell the model when there is no result in time', async () => {
      server.answer(inTurn(callReply(HALL, ATTIC), completion('Done.')));
      const code = 'if (msg.payload.room === "attic") { msg.payload = "on"; return msg; }';
      assert.deepEqual(await ask(toolFlow('light', 'switch_light', code, { timeout: '0.05' })), [
        'Error: The tool switch_light gave no result within 0.05 s.',
        'on',
      ]);
    });

    it('should say of a time-out that is no number that the tool can not be used', async () => {
      const { input, ended, caught, log } = await start(
        toolFlow('light', 'switch_light', 'return msg;', { timeout: 'soon' }),
      );
      input({ payload: 'Light!' });
      await ended(1);
      assert.equal(caught.items[0].error.code, 'config');
      assert.match(log(), /Invalid “timeout” in this node: “soon” must be a number/);
    });
  });

  describe('are ended', () => {
    it('should end with a reset, and let the result go', async () => {
      const started = await start(openTool('light', 'switch_light'));
      const { calls, answer } = callsOf(started, 'light');
      started.input({ payload: 'Light!', _msgid: 'first' });
      const [call] = await calls.count(1);
      started.input({ reset: 'first' });
      await started.ended(1);
      answer({ ...call, payload: 'on' });
      server.answer(inTurn(completion('Next.')));
      started.input({ payload: 'Next!' });
      await started.ended(3);
      assert.deepEqual(
        started.outputs.items.map(({ payload }) => payload),
        ['Next.'],
      );
      assert.equal(server.requests.items.length, 2, 'the result of the first is not sent');
      assert.equal(started.caught.items.length, 0);
    });

    it('should end with a full deployment: no error, nothing more asked', async () => {
      const started = await start(openTool('light', 'switch_light'));
      const first = callsOf(started, 'light');
      started.input({ payload: 'Light!' });
      const [call] = await first.calls.count(1);
      await started.redeploy((nodes) => nodes);
      const second = callsOf(started, 'light');
      second.answer({ ...call, payload: 'on' });
      server.answer(inTurn(completion('Next.')));
      started.input({ payload: 'Next!' });
      await started.ended(1);
      assert.equal(server.requests.items.length, 2);
      assert.equal(started.outputs.items[0].payload, 'Next.');
      assert.equal(started.caught.items.length, 0);
    });

    it('should end with a deployment of the changed chat node', async () => {
      const started = await start(openTool('light', 'switch_light'));
      const { calls, answer } = callsOf(started, 'light');
      started.input({ payload: 'Light!' });
      const [call] = await calls.count(1);
      await started.redeploy(
        (nodes) => nodes.map((node) => (node.id === 'chat' ? { ...node, name: 'Other' } : node)),
        'nodes',
      );
      answer({ ...call, payload: 'on' });
      server.answer(inTurn(completion('Next.')));
      started.input({ payload: 'Next!' });
      await started.ended(1);
      assert.equal(server.requests.items.length, 2);
      assert.equal(started.outputs.items[0].payload, 'Next.');
    });

    // Node-RED takes a list of one id for a config node's: with one tool it deploys the chat node anew as well.
    const twoTools = [
      ...openTool('light', 'switch_light'),
      ...toolFlow('lamp', 'switch_lamp', 'return msg;'),
    ];

    it('should end with a deployment of the only tool', async () => {
      const started = await start(openTool('light', 'switch_light'));
      const { calls } = callsOf(started, 'light');
      started.input({ payload: 'Light!' });
      await calls.count(1);
      await started.redeploy(
        (nodes) => nodes.map((node) => (node.id === 'light' ? { ...node, description: 'Other' } : node)),
        'nodes',
      );
      server.answer(inTurn(completion('Next.')));
      started.input({ payload: 'Next!' });
      await started.ended(1);
      assert.equal(server.requests.items.length, 2);
      assert.equal(started.outputs.items[0].payload, 'Next.');
    });

    it('should tell the model at once when the tool is deployed anew, and use the new one from then on', async () => {
      const deployed = new Collector<boolean>();
      const afterwards: Answer = async (response) => {
        await deployed.count(1);
        sendJson(response, callReply(ATTIC));
      };
      server.answer(inTurn(callReply(HALL), afterwards, completion('Done.')));
      const started = await start(twoTools, { chat: { tools: ['light', 'lamp'] } });
      const { calls, answer } = callsOf(started, 'light');
      started.input({ payload: 'Light!' });
      const [first] = await calls.count(1);
      await started.redeploy(
        (nodes) => nodes.map((node) => (node.id === 'light' ? { ...node, description: 'Other' } : node)),
        'nodes',
      );
      deployed.add(true);
      const [, second] = await calls.count(2);
      answer({ ...first, payload: 'late' });
      answer({ ...second, payload: 'on' });
      await started.ended(1);
      assert.deepEqual(resultsIn(server.requests.items[2]?.body), [
        ['a', 'Error: The tool switch_light was stopped before it gave a result.'],
        ['b', 'on'],
      ]);
      assert.equal(started.outputs.items[0].payload, 'Done.');
    });

    it('should tell the model of a tool that was removed while it was at work', async () => {
      server.answer(inTurn(callReply(HALL), callReply(ATTIC), completion('Done.')));
      const started = await start(twoTools, { chat: { tools: ['light', 'lamp'] } });
      const { calls } = callsOf(started, 'light');
      started.input({ payload: 'Light!' });
      await calls.count(1);
      await started.redeploy((nodes) => nodes.filter(({ id }) => id !== 'light'), 'nodes');
      await started.ended(1);
      assert.deepEqual(resultsIn(server.requests.items[2]?.body), [
        ['a', 'Error: The tool switch_light was stopped before it gave a result.'],
        ['b', 'Error: The tool switch_light is not there any more.'],
      ]);
    });
  });

  describe('share', () => {
    it('should run many times at once, and every result finds its call', async () => {
      const count = 40;
      const many = Array.from(
        { length: count },
        (_, index): Call => [`c${index}`, 'switch_light', `{"room":"${index}"}`],
      );
      server.answer(inTurn(callReply(...many), completion('Done.')));
      const started = await start(openTool('light', 'switch_light'));
      const { calls, answer } = callsOf(started, 'light');
      started.input({ payload: 'Light!' });
      const messages = [...(await calls.count(count))];
      for (const call of messages.reverse()) answer({ ...call, payload: `on ${call.payload.room}` });
      await started.ended(1);
      assert.deepEqual(
        resultsIn(server.requests.items[1]?.body),
        many.map(([id], index) => [id, `on ${index}`]),
      );
    });

    it('should serve several chat nodes, whose models give the same ids', async () => {
      server.answer((response, { body }) => {
        const [question] = body.messages;
        const isFirst = resultsIn(body).length === 0;
        sendJson(
          response,
          isFirst
            ? callReply(['a', 'switch_light', JSON.stringify({ room: question.content })])
            : completion(String(resultsIn(body)[0]?.[1])),
        );
      });
      const other: Message = {
        id: 'other',
        z: 'tab',
        type: 'vivgrid-chat',
        config: 'config',
        messages: [USER_ROW],
        tools: ['light'],
        wires: [['out']],
      };
      const started = await start([...openTool('light', 'switch_light'), other]);
      const { calls, answer } = callsOf(started, 'light');
      started.input({ payload: 'hall' });
      started.node('other').receive({ payload: 'attic' });
      for (const call of [...(await calls.count(2))].reverse())
        answer({ ...call, payload: `${call.payload.room} is on` });
      await started.outputs.count(2);
      assert.deepEqual(started.outputs.items.map(({ payload }) => payload).sort(), [
        'attic is on',
        'hall is on',
      ]);
    });

    it('should not keep the only place in the queue from a chat node in the flow of the tool', async () => {
      server.answer((response, { body }) =>
        sendJson(
          response,
          body.tools && resultsIn(body).length === 0
            ? callReply(HALL)
            : completion(`Reply to ${body.messages.at(-1).content}`),
        ),
      );
      const inner: Message = {
        id: 'inner',
        z: 'tab',
        type: 'vivgrid-chat',
        config: 'config',
        messages: [{ ...USER_ROW, content: 'the {{payload.room}}' }],
        wires: [['light-result']],
      };
      const nodes = [toolNode('light', 'switch_light', 'inner'), inner, resultNode('light-result')];
      const started = await start(nodes, { config: { concurrency: 1 } });
      started.input({ payload: 'Light!' });
      started.input({ payload: 'And again!' });
      await started.outputs.count(2);
      assert.deepEqual(
        started.outputs.items.map(({ payload }) => payload),
        ['Reply to Reply to the hall', 'Reply to Reply to the hall'],
      );
    });
  });

  describe('are made of core nodes', () => {
    const node = (id: string, type: string, next: string | string[][], fields: object = {}): Message => ({
      id,
      z: 'tab',
      type,
      wires: typeof next === 'string' ? [[next]] : next,
      ...fields,
    });
    const chains: [what: string, modules: string[], nodes: Message[], result: string][] = [
      [
        'change and switch',
        ['function/10-switch'],
        [
          node('step', 'switch', [['step-wrong'], ['step-change']], {
            property: 'payload.room',
            rules: [{ t: 'eq', v: 'attic', vt: 'str' }, { t: 'else' }],
          }),
          node('step-change', 'change', 'light-result', {
            rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'payload.room', tot: 'msg' }],
          }),
          { id: 'step-wrong', z: 'tab', type: 'helper' },
        ],
        'hall',
      ],
      [
        'delay, by time and by rate',
        ['function/89-delay'],
        [
          node('step', 'delay', 'step-rate', {
            pauseType: 'delay',
            timeout: '1',
            timeoutUnits: 'milliseconds',
          }),
          node('step-rate', 'delay', 'light-result', {
            pauseType: 'rate',
            rate: '1000',
            nbRateUnits: '1',
            rateUnits: 'second',
          }),
        ],
        '{"room":"hall"}',
      ],
      [
        'split and join',
        [],
        [
          node('step', 'split', 'step-join', {
            splt: '\\n',
            spltType: 'str',
            arraySplt: 1,
            arraySpltType: 'len',
          }),
          node('step-join', 'join', 'light-result', { mode: 'auto' }),
        ],
        '{"room":"hall"}',
      ],
      [
        'link call',
        ['common/60-link'],
        [
          node('step', 'link call', 'light-result', {
            links: ['link-in'],
            linkType: 'static',
            timeout: '30',
          }),
          node('link-in', 'link in', 'link-function', { links: [] }),
          node('link-function', 'function', 'link-out', { func: 'msg.payload = "linked"; return msg;' }),
          node('link-out', 'link out', [], { mode: 'return', links: [] }),
        ],
        'linked',
      ],
      [
        'trigger',
        ['function/89-trigger'],
        [
          node('step', 'trigger', 'light-result', {
            op1type: 'nul',
            op2: 'in time',
            op2type: 'str',
            duration: '1',
            extend: false,
            units: 'ms',
            bytopic: 'all',
          }),
        ],
        'in time',
      ],
      [
        'a function that makes a new message',
        [],
        [node('step', 'function', 'light-result', { func: 'return { payload: "new" };' })],
        'new',
      ],
      [
        'a function that answers later',
        [],
        [
          node('step', 'function', 'light-result', {
            func: 'setTimeout(() => node.send({ payload: "later" }), 0);',
          }),
        ],
        'later',
      ],
    ];
    for (const [what, modules, nodes, result] of chains) {
      it(`should find their way back through ${what}`, async () => {
        const tool = toolNode('light', 'switch_light', 'step', { timeout: 1 });
        assert.deepEqual(await ask([tool, ...nodes, resultNode('light-result')], { modules }), [result]);
      });
    }

    it('should find their way back through http request', async () => {
      const lamps = await startRawServer((response) => sendJson(response, { lamps: 3 }));
      try {
        const tool = toolNode('light', 'switch_light', 'step', { timeout: 1 });
        const request = node('step', 'http request', 'light-result', {
          method: 'GET',
          ret: 'obj',
          url: `${lamps.url}/lamps`,
        });
        assert.deepEqual(
          await ask([tool, request, resultNode('light-result')], { modules: ['network/21-httprequest'] }),
          ['{"lamps":3}'],
        );
      } finally {
        await lamps.close();
      }
    });

    it('should find their way into another flow and be answered there', async () => {
      const nodes = [
        { id: 'far', type: 'tab' },
        toolNode('light', 'switch_light', 'link-out', { z: 'far' }),
        { id: 'link-out', z: 'far', type: 'link out', mode: 'link', links: ['link-in'], wires: [] },
        { id: 'link-in', z: 'tab', type: 'link in', links: [], wires: [['light-result']] },
        resultNode('light-result'),
      ];
      assert.deepEqual(await ask(nodes, { modules: ['common/60-link'] }), ['{"room":"hall"}']);
    });
  });

  describe('stand in subflows', () => {
    /** A subflow `id` of a chat node and its tool, which answers with a value of the instance's environment. */
    function subflow(id: string, more: Message[] = []): Message[] {
      return [
        {
          id,
          type: 'subflow',
          in: [{ wires: [{ id: `${id}-chat` }] }],
          out: [{ wires: [{ id: `${id}-chat`, port: 0 }] }],
          env: [{ name: 'LAMP', type: 'str', value: '?' }],
        },
        {
          id: `${id}-chat`,
          z: id,
          type: 'vivgrid-chat',
          config: 'config',
          messages: [USER_ROW],
          tools: [`${id}-light`],
          wires: [[]],
        },
        ...toolFlow(`${id}-light`, 'switch_light', 'msg.payload = env.get("LAMP"); return msg;').map(
          (node) => ({
            ...node,
            z: id,
          }),
        ),
        ...more,
      ];
    }

    const instance = (id: string, type: string, lamp: string): Message => ({
      id,
      z: 'tab',
      type: `subflow:${type}`,
      env: [{ name: 'LAMP', type: 'str', value: lamp }],
      wires: [['out']],
    });

    beforeEach(() => {
      server.answer((response, { body }) =>
        sendJson(
          response,
          resultsIn(body).length === 0 ? callReply(HALL) : completion(String(resultsIn(body)[0]?.[1])),
        ),
      );
    });

    it('should be answered by the tool of the own instance', async () => {
      const started = await start(
        [...subflow('sf'), instance('one', 'sf', 'lamp one'), instance('two', 'sf', 'lamp two')],
        { chat: { tools: [] } },
      );
      started.node('two').receive({ payload: 'Light!' });
      await started.outputs.count(1);
      started.node('one').receive({ payload: 'Light!' });
      await started.outputs.count(2);
      assert.deepEqual(
        started.outputs.items.map(({ payload }) => payload),
        ['lamp two', 'lamp one'],
      );
    });

    it('should be answered by the tool of a flow for all instances', async () => {
      const nodes = [
        ...subflow('sf'),
        ...toolFlow('light', 'switch_light', 'msg.payload = "flow"; return msg;'),
      ];
      const started = await start(
        [
          ...nodes.map((node) => (node.id === 'sf-chat' ? { ...node, tools: ['light'] } : node)),
          instance('one', 'sf', ''),
          instance('two', 'sf', ''),
        ],
        { chat: { tools: [] } },
      );
      started.node('one').receive({ payload: 'Light!' });
      started.node('two').receive({ payload: 'Light!' });
      await started.outputs.count(2);
      assert.deepEqual(
        started.outputs.items.map(({ payload }) => payload),
        ['flow', 'flow'],
      );
    });

    it('should be found from outside while there is one instance, and refused when there are two', async () => {
      const one = [...subflow('sf'), instance('one', 'sf', 'lamp one')];
      const started = await start(one, { chat: { tools: ['sf-light'] } });
      started.input({ payload: 'Light!' });
      await started.ended(1);
      assert.equal(started.outputs.items[0].payload, 'lamp one');
      await started.redeploy((nodes) => [...nodes, instance('two', 'sf', 'lamp two')]);
      started.input({ payload: 'Light!' });
      await started.ended(2);
      assert.equal(started.caught.items[0].error.code, 'config');
    });

    it('should be answered in a subflow within a subflow', async () => {
      const outer: Message[] = [
        {
          id: 'outer',
          type: 'subflow',
          in: [{ wires: [{ id: 'nested' }] }],
          out: [{ wires: [{ id: 'nested', port: 0 }] }],
          env: [{ name: 'LAMP', type: 'str', value: '?' }],
        },
        {
          id: 'nested',
          z: 'outer',
          type: 'subflow:sf',
          env: [{ name: 'LAMP', type: 'env', value: 'LAMP' }],
          wires: [[]],
        },
      ];
      const started = await start(
        [
          ...subflow('sf'),
          ...outer,
          instance('one', 'outer', 'lamp one'),
          instance('two', 'outer', 'lamp two'),
        ],
        { chat: { tools: [] } },
      );
      started.node('one').receive({ payload: 'Light!' });
      await started.outputs.count(1);
      started.node('two').receive({ payload: 'Light!' });
      await started.outputs.count(2);
      assert.deepEqual(
        started.outputs.items.map(({ payload }) => payload),
        ['lamp one', 'lamp two'],
      );
    });
  });

  describe('show their state', () => {
    it('should tell of a tool that can not be used with a status, until it is mended', async () => {
      const started = await start([
        ...toolFlow('light', 'switch the light', 'return msg;'),
        { id: 'light-status', z: 'tab', type: 'status', scope: ['light'], wires: [['light-statuses']] },
        { id: 'light-statuses', z: 'tab', type: 'helper' },
      ]);
      const statuses = new Collector<Message>();
      const listen = () =>
        started.node('light-statuses').on('input', (message: Message) => statuses.add(message.status));
      listen();
      assert.match(started.log(), /Invalid tool name “switch the light”\. Use 1 to 64 characters/);
      await started.redeploy(
        (nodes) =>
          nodes.map((node) =>
            node.id === 'light' ? { ...node, schema: '{"type":"thing"}', name: 'a' } : node,
          ),
        'nodes',
      );
      listen();
      await statuses.until((all) => all.some(({ text }) => text?.endsWith('vivgrid-tool.status.broken')));
      assert.match(started.log(), /Unusable schema of the tool “a”/);
    });
  });

  describe('that lead back to what waits for them', () => {
    /** Answers the innermost question at once; every other asks the tool of its node. */
    const askOn: Answer = (response, { body }) => {
      const isAnswered = body.messages.some(({ role }: Message) => role === 'tool');
      const [tool] = body.tools ?? [];
      const reply = tool && !isAnswered ? callReply(['a', tool.function.name, '{"room":"hall"}']) : undefined;
      sendJson(response, reply ?? completion('Done.'));
    };
    /** A tool whose flow asks a chat node, and gives back its answer or its error. */
    const asking = (id: string, chat: string): Message[] => [
      toolNode(id, id, `${id}-topic`),
      { id: `${id}-topic`, z: 'tab', type: 'change', rules: TOPIC, wires: [[chat]] },
      { id: `${id}-catch`, z: 'tab', type: 'catch', scope: [chat], wires: [[`${id}-result`]] },
      resultNode(`${id}-result`),
    ];
    const TOPIC = [{ t: 'set', p: 'topic', pt: 'msg', to: 'a', tot: 'str' }];
    const inner = (id: string, result: string, fields: object = {}): Message => ({
      id,
      z: 'tab',
      type: 'vivgrid-chat',
      config: 'config',
      messages: [USER_ROW],
      wires: [[result]],
      ...fields,
    });
    const memory = { memory: true, conversation: 'chats.{{topic}}' };

    async function askOnce(
      chat: Partial<ChatSettings>,
      nodes: Message[],
      message: Message = {},
    ): Promise<{ caught: Message[]; results: unknown[] }> {
      server.answer(askOn);
      const started = await start(nodes, { chat: { tools: ['light'], ...chat } });
      started.input({ payload: 'Light!', topic: 'a', ...message });
      await started.outputs.count(1);
      const results = server.requests.items.flatMap(({ body }) => resultsIn(body).map(([, text]) => text));
      return { caught: started.caught.items, results };
    }

    for (const mode of ['queued', 'single', 'restart'] as const) {
      it(`should fail at once with parameter in a ${mode} node that is reached from its own tool's flow`, async () => {
        const { caught, results } = await askOnce({ mode }, asking('light', 'chat'));
        assert.deepEqual(
          caught.map(({ error }) => error.code),
          ['parameter'],
        );
        assert.match(String(results[0]), /^Error: The tool's flow leads back/);
      });
    }

    for (const mode of ['parallel', 'queued', 'single', 'restart'] as const) {
      it(`should fail at once with parameter in another node's conversation that waits (${mode})`, async () => {
        const nodes = [...asking('light', 'second'), inner('second', 'light-result', { ...memory, mode })];
        const { caught, results } = await askOnce(memory, nodes);
        assert.deepEqual(
          caught.map(({ error }) => [error.code, error.source.id]),
          [['parameter', 'second']],
        );
        assert.match(String(results[0]), /^Error: The tool's flow leads back/);
      });
    }

    it('should be found through further tools, and by the id of a message that lost its other properties', async () => {
      const nodes = [
        ...asking('light', 'second'),
        inner('second', 'light-result', { tools: ['lamp'] }),
        toolNode('lamp', 'lamp', 'lamp-new'),
        {
          id: 'lamp-new',
          z: 'tab',
          type: 'function',
          func: 'return { _msgid: msg._msgid, payload: "Light!" };',
          wires: [['chat']],
        },
        { id: 'lamp-catch', z: 'tab', type: 'catch', scope: ['chat'], wires: [['lamp-result']] },
        resultNode('lamp-result'),
      ];
      const { caught, results } = await askOnce({ mode: 'queued' }, nodes);
      assert.deepEqual(
        caught.map(({ error }) => [error.code, error.source.id]),
        [['parameter', 'chat']],
      );
      assert.match(String(results[0]), /^Error: The tool's flow leads back/);
      assert.equal(results.at(-1), 'Done.');
    });

    it('should not stop what waits for nothing: another conversation, another node, a node in parallel', async () => {
      const elsewhere = { memory: true, conversation: 'others.{{topic}}' };
      for (const [chat, nodes] of [
        [memory, [...asking('light', 'second'), inner('second', 'light-result', elsewhere)]],
        [
          { mode: 'queued' },
          [...asking('light', 'second'), inner('second', 'light-result', { mode: 'queued' })],
        ],
      ] as [Partial<ChatSettings>, Message[]][]) {
        const { caught, results } = await askOnce(chat, nodes);
        assert.deepEqual([caught, results], [[], ['Done.']]);
        await flow?.stop();
        flow = undefined;
        server.requests.items.length = 0;
      }
    });

    it('should not stop a message of a call that has ended', async () => {
      server.answer(askOn);
      const started = await start(openTool('light', 'light'), { chat: { tools: ['light'], mode: 'queued' } });
      const { calls, answer } = callsOf(started, 'light');
      started.input({ payload: 'Light!' });
      const [call] = await calls.count(1);
      answer({ ...call, payload: 'on' });
      started.input({ ...call, payload: 'And now?' });
      const [, second] = await calls.count(2);
      answer({ ...second, payload: 'off' });
      await started.ended(2);
      assert.deepEqual(started.caught.items, []);
    });
  });
});
