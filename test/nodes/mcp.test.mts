// Tools of MCP servers, against servers of the official packages in both protocols.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import {
  type McpEra,
  type McpServerOptions,
  type McpTestServer,
  startMcpServer,
  type TestTool,
} from '../support/mcp-server.mts';
import { startProxy } from '../support/proxy.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { type Call, callReply, inTurn, resultsIn, toolFlow } from '../support/tool-flow.mts';

const pem = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');

const ROOM = {
  type: 'object',
  properties: { room: { type: 'string' } },
  required: ['room'],
};

const LIGHT: TestTool = {
  name: 'switch_light',
  description: 'Switches a light on.',
  inputSchema: ROOM,
  run: ({ room }) => `${room} is on`,
};

const HALL: Call = ['a', 'switch_light', '{"room":"hall"}'];
const ATTIC: Call = ['b', 'switch_light', '{"room":"attic"}'];

/** Every protocol, with each form of its answers. */
const KINDS: [McpEra, 'json' | 'events'][] = [
  ['modern', 'json'],
  ['modern', 'events'],
  ['sessions', 'json'],
  ['sessions', 'events'],
  ['stateless', 'json'],
  ['stateless', 'events'],
];

const serverNode = (id: string, url: string, fields: object = {}): Message => ({
  id,
  type: 'vivgrid-mcp',
  url,
  ...fields,
});

describe('MCP servers', () => {
  let service: RawServer;
  let server: McpTestServer;
  let flow: ChatFlow | undefined;

  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
    await server.close();
    await service.close();
  });

  async function start(
    calls: Call[],
    options: McpServerOptions = {},
    { node = {}, ...flowOptions }: FlowOptions & { node?: object } = {},
  ): Promise<ChatFlow> {
    server = await startMcpServer({ tools: [LIGHT], ...options });
    service = await startRawServer(inTurn(callReply(...calls), completion('Done.')));
    flow = await startChatFlow({
      ...flowOptions,
      config: { baseUrl: service.url, maxRetries: 0, ...flowOptions.config },
      chat: { servers: ['house'], ...flowOptions.chat },
      nodes: [serverNode('house', server.url, { name: 'House', ...node }), ...(flowOptions.nodes ?? [])],
    });
    return flow;
  }

  /** Asks once with the model making these calls in its first reply. */
  async function ask(...args: Parameters<typeof start>): Promise<ChatFlow> {
    const started = await start(...args);
    started.input({ payload: 'Light!' });
    await started.ended(1);
    return started;
  }

  const bodies = () => service.requests.items.map(({ body }) => body);
  const results = (round = 2) => resultsIn(bodies()[round - 1] ?? { messages: [] });

  for (const [era, answers] of KINDS) {
    describe(`of the protocol ${era}, answering with ${answers}`, () => {
      it('should offer their tools and answer calls', async () => {
        const { outputs } = await ask([HALL, ATTIC], { era, answers });
        assert.deepEqual(bodies()[0].tools, [
          {
            type: 'function',
            function: { name: 'switch_light', description: 'Switches a light on.', parameters: ROOM },
          },
        ]);
        assert.deepEqual(results(), [
          ['a', 'hall is on'],
          ['b', 'attic is on'],
        ]);
        assert.equal(outputs.items[0].payload, 'Done.');
      });

      it('should cancel a call that is reset, and close its connection', async () => {
        const aborted = new Collector<boolean>();
        const run: TestTool['run'] = (_args, signal) =>
          new Promise((resolve) =>
            signal.addEventListener('abort', () => {
              aborted.add(true);
              resolve('late');
            }),
          );
        const started = await start([HALL], { era, answers, tools: [{ ...LIGHT, run }] });
        started.input({ payload: 'Light!' });
        await server.requests.until((items) => items.some(({ rpc }) => rpc === 'tools/call'));
        started.input({ reset: true });
        await started.ended(2);
        await server.closed.until((items) =>
          items.some(({ rpc, closedEarly }) => rpc === 'tools/call' && closedEarly),
        );
        // Without a session the older protocol has no way to tell.
        if (era !== 'stateless') await aborted.count(1);
        assert.equal(service.requests.items.length, 1);
        assert.deepEqual(started.caught.items, []);
      });

      it('should tell the model of a call that is late, and cancel it', async () => {
        const run: TestTool['run'] = (_args, signal) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')));
        await ask([HALL], { era, answers, tools: [{ ...LIGHT, run }] }, { node: { timeout: 0.5 } });
        assert.deepEqual(results(), [['a', 'Error: The tool switch_light gave no result within 0.5 s.']]);
        await server.closed.until((items) =>
          items.some(({ rpc, closedEarly }) => rpc === 'tools/call' && closedEarly),
        );
      });

      it('should leave nothing open at the end', async () => {
        await ask([HALL], { era, answers });
        await flow?.stop();
        flow = undefined;
        assert.equal(server.sessions(), 0);
        assert.equal(await server.openConnections(), 0);
      });
    });
  }

  it('should be sent well-formed texts', async () => {
    await ask([['a', 'switch_light', JSON.stringify({ room: 'hall \ud83d' })]]);
    assert.deepEqual(server.asked('tools/call')[0]?.body.params.arguments, { room: 'hall \ufffd' });
  });

  const toolNames = (body: { tools: { function: { name: string } }[] }): string[] =>
    body.tools.map((tool) => tool.function.name);
  const echo = (name: string, words = name): TestTool => ({ name, run: () => words });
  /** The service answers every first round with these calls, and every second one with words. */
  const answerEach = (...calls: Call[]): void =>
    service.answer((response, { body }) =>
      sendJson(response, resultsIn(body).length === 0 ? callReply(...calls) : completion('Done.')),
    );

  describe('names', () => {
    it('should give tools of flows theirs first, and put the name of the server in front of a later one', async () => {
      const started = await start(
        [
          ['a', 'switch_light', '{"room":"hall"}'],
          ['b', 'House__switch_light', '{"room":"attic"}'],
        ],
        {},
        {
          chat: { tools: ['light'], servers: ['house', 'again'] },
          nodes: toolFlow('light', 'switch_light', 'msg.payload = "by the flow"; return msg;'),
        },
      );
      await started.redeploy((nodes) => [...nodes, serverNode('again', server.url, { name: 'House' })]);
      started.input({ payload: 'Light!' });
      await started.ended(1);
      assert.deepEqual(toolNames(bodies()[0]), [
        'switch_light',
        'House__switch_light',
        'House__switch_light_2',
      ]);
      assert.deepEqual(results(), [
        ['a', 'by the flow'],
        ['b', 'attic is on'],
      ]);
    });

    it('should be as models take them, and be called by their own', async () => {
      const name = `files.read/${'x'.repeat(70)}`;
      const { outputs } = await ask([['a', `files_read_${'x'.repeat(53)}`, '']], {
        tools: [echo(name, 'read')],
      });
      assert.deepEqual(toolNames(bodies()[0]), [`files_read_${'x'.repeat(53)}`]);
      assert.deepEqual(results(), [['a', 'read']]);
      assert.equal(outputs.items[0].payload, 'Done.');
      assert.equal(server.asked('tools/call')[0]?.body.params.name, name);
    });

    for (const [filter, offered] of [
      ['only', ['two']],
      ['except', ['one', 'three']],
      ['all', ['one', 'two', 'three']],
    ] as const) {
      it(`should be those of the filter “${filter}”`, async () => {
        await ask(
          [],
          { tools: [echo('one'), echo('two'), echo('three')] },
          { node: { filter, toolNames: ['two', 'gone'] } },
        );
        assert.deepEqual(toolNames(bodies()[0]), offered);
      });
    }
  });

  describe('lists', () => {
    for (const era of ['modern', 'sessions'] as const) {
      it(`should be all pages of fifty tools, and be kept for the next message (${era})`, async () => {
        const tools = Array.from({ length: 50 }, (_, index) => echo(`tool_${index}`));
        const started = await start([['a', 'tool_49', '{}']], { era, tools, pageSize: 20 });
        answerEach(['a', 'tool_49', '{}']);
        started.input({ payload: 'One' });
        await started.ended(1);
        started.input({ payload: 'Two' });
        await started.ended(2);
        assert.equal(bodies()[0].tools.length, 50);
        assert.deepEqual(results(), [['a', 'tool_49']]);
        assert.equal(server.asked('tools/list').length, 3);
      });

      it(`should be asked for anew when the server says that they changed (${era})`, async () => {
        const started = await start([], { era, tools: [echo('one')] });
        started.input({ payload: 'One' });
        await started.ended(1);
        // Until it listens, nobody is told.
        await server.requests.until((items) =>
          items.some(({ rpc, method }) => rpc === 'subscriptions/listen' || method === 'GET'),
        );
        await server.setTools([echo('two')]);
        for (let count = 2; ; count++) {
          started.input({ payload: 'Again' });
          await started.ended(count);
          if (toolNames(bodies().at(-1))[0] === 'two') break;
          await new Promise(setImmediate);
        }
      });
    }

    for (const era of ['modern', 'sessions', 'stateless'] as const) {
      it(`should be asked for anew after a call of a tool that is gone (${era})`, async () => {
        const started = await start([], { era, tools: [echo('one')] });
        answerEach(['a', 'one', '{}']);
        started.input({ payload: 'One' });
        await started.ended(1);
        await server.setTools([echo('two')], false);
        started.input({ payload: 'Two' });
        await started.ended(2);
        assert.match(String(results(4)[0]?.[1]), /^(MCP )?[Ee]rror.*Tool one not found/);
        started.input({ payload: 'Three' });
        await started.ended(3);
        assert.deepEqual(toolNames(bodies()[4]), ['two']);
      });
    }

    it('should be asked for once by many messages at the same time', async () => {
      const started = await start([], {});
      service.answer(inTurn(completion('Done.')));
      for (let count = 0; count < 20; count++) started.input({ payload: 'Light!' });
      await started.ended(20);
      assert.equal(server.asked('tools/list').length, 1);
    });

    it('should leave a message without tools when the server has none', async () => {
      const { outputs } = await ask([], { tools: [] });
      assert.equal(outputs.items[0].vivgrid.finish_reason, 'tool_calls');
      assert.deepEqual(bodies()[0].tools, undefined);
    });
  });

  describe('calls', () => {
    it('should be checked against the schema of the tool', async () => {
      await ask([['a', 'switch_light', '{"room":7}'], HALL]);
      assert.deepEqual(results(), [
        ['a', 'Error: The arguments are wrong: /room must be string.'],
        [results()[1]?.[0], 'hall is on'],
      ]);
      assert.equal(server.asked('tools/call').length, 1);
    });

    it('should not be checked against a schema that the checker does not understand', async () => {
      const inputSchema = { type: 'object', properties: { room: { $ref: '#/nowhere' } } };
      await ask([HALL], { tools: [{ ...LIGHT, inputSchema }] });
      assert.deepEqual(results(), [['a', 'hall is on']]);
    });

    it('should get empty properties where a schema has none', async () => {
      await ask([], { tools: [{ ...echo('now'), inputSchema: { type: 'object' } }] });
      assert.deepEqual(bodies()[0].tools[0].function.parameters, { type: 'object', properties: {} });
    });

    it('should not have their results checked against an output schema', async () => {
      const outputSchema = { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] };
      const run = () => ({ content: [{ type: 'text', text: 'yes' }], structuredContent: { on: 'maybe' } });
      await ask([HALL], { tools: [{ ...LIGHT, outputSchema, run }] });
      assert.deepEqual(results(), [['a', 'yes']]);
    });

    for (const era of ['modern', 'sessions'] as const) {
      it(`should tell the model of a tool that fails, and of one that throws (${era})`, async () => {
        const tools: TestTool[] = [
          {
            name: 'fails',
            run: () => ({ isError: true, content: [{ type: 'text', text: 'no such room' }] }),
          },
          {
            name: 'throws',
            run: () => {
              throw new Error('the lamp is broken');
            },
          },
        ];
        const { outputs } = await ask(
          [
            ['a', 'fails', '{}'],
            ['b', 'throws', '{}'],
          ],
          { era, tools },
        );
        const [first, second] = results();
        assert.deepEqual(first, ['a', 'Error: no such room']);
        assert.match(String(second?.[1]), /^(MCP )?[Ee]rror.*the lamp is broken/);
        assert.equal(outputs.items[0].payload, 'Done.');
      });
    }

    it('should refuse what a tool asks back, and tell the model', async () => {
      const inputRequests = {
        who: {
          method: 'elicitation/create',
          params: { mode: 'form', message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
        },
      };
      await ask([HALL], {
        before(_request, response, rpc, { id }) {
          if (rpc !== 'tools/call') return false;
          sendJson(response, { jsonrpc: '2.0', id, result: { resultType: 'input_required', inputRequests } });
          return true;
        },
      });
      assert.deepEqual(results(), [
        ['a', "Error: The tool switch_light asks for more, which can't be given here."],
      ]);
      assert.equal(server.asked('tools/call').length, 1);
    });

    it('should not be asked back by servers that look at what the client can do', async () => {
      const { inputRequired } = await import('@modelcontextprotocol/server');
      const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
      const run = () =>
        inputRequired({ inputRequests: { who: inputRequired.elicit({ message: 'Who?', requestedSchema }) } });
      await ask([HALL], { tools: [{ ...LIGHT, run }] });
      assert.match(String(results()[0]?.[1]), /^Error: .*capabilit/);
    });

    it('should show in the activity who answered them', async () => {
      const told = new Collector<Message>();
      const started = await start(
        [HALL],
        {},
        {
          chat: { activity: true, outputs: 2 },
          nodes: [{ id: 'activity', z: 'tab', type: 'helper' }],
          wires: [[], ['activity']],
        },
      );
      started.node('activity').on('input', ({ payload }: Message) => told.add(payload));
      started.input({ payload: 'Light!' });
      await started.ended(1);
      const call = { name: 'switch_light', arguments: { room: 'hall' }, by: 'mcp', server: 'House' };
      const [, { ms, ...finished }] = await told.count(2);
      assert.equal(typeof ms, 'number');
      assert.deepEqual(told.items[0], { ...call, state: 'started' });
      assert.deepEqual(finished, { ...call, state: 'finished', result: 'hall is on' });
    });
  });

  describe('sessions', () => {
    for (const status of [404, 400]) {
      it(`should be opened anew when the server has lost them and says ${status}`, async () => {
        let isLost = false;
        const started = await start([], {
          era: 'sessions',
          before(_request, response, rpc) {
            if (!isLost || rpc !== 'tools/call') return false;
            isLost = false;
            server.forgetSessions();
            response.writeHead(status, { 'content-type': 'text/plain' }).end('No such session');
            return true;
          },
        });
        answerEach(HALL);
        started.input({ payload: 'Light!' });
        await started.ended(1);
        isLost = true;
        started.input({ payload: 'Light!' });
        await started.ended(2);
        assert.deepEqual(results(4), [['a', 'hall is on']]);
        assert.equal(server.asked('initialize').length, 2);
        assert.equal(server.sessions(), 1);
      });
    }

    it('should be opened anew once for many calls at the same time', async () => {
      const started = await start([], { era: 'sessions' });
      answerEach(HALL);
      started.input({ payload: 'Light!' });
      await started.ended(1);
      server.forgetSessions();
      for (let count = 0; count < 8; count++) started.input({ payload: 'Light!' });
      await started.ended(9);
      assert.deepEqual(
        started.outputs.items.map(({ payload }) => payload),
        Array(9).fill('Done.'),
      );
      assert.equal(server.asked('initialize').length, 2);
    });
  });

  describe('connections', () => {
    it("should carry the node's own token and headers, and no other", async () => {
      process.env.VIVGRID_API_KEY = 'not-for-mcp-servers';
      process.env.MCP_TEST_TOKEN = 'Bearer from-the-environment';
      try {
        const headers = [{ name: 'X-House', value: '7', type: 'str' }];
        await ask(
          [HALL],
          { era: 'sessions' },
          { node: { headers }, credentials: { house: { token: `\${MCP_TEST_TOKEN}` } } },
        );
        for (const { headers: sent } of server.requests.items) {
          assert.equal(sent.authorization, 'Bearer from-the-environment');
          assert.equal(sent['x-house'], '7');
          assert.equal(sent['x-vivgrid-call'], undefined);
        }
        await flow?.stop();
        flow = undefined;
        server.requests.items.length = 0;
        await server.close();
        await service.close();
        await ask([HALL], { era: 'modern' });
        for (const { headers: sent } of server.requests.items) assert.equal(sent.authorization, undefined);
      } finally {
        delete process.env.VIVGRID_API_KEY;
        delete process.env.MCP_TEST_TOKEN;
      }
    });

    it('should never show the token to the model, nor in the log', async () => {
      const token = 'secret-token-of-the-house';
      const tools: TestTool[] = [
        echo('tells', `The token is ${token}`),
        {
          name: 'throws',
          run: () => {
            throw new Error(`refused ${token}`);
          },
        },
      ];
      const { log } = await ask(
        [
          ['a', 'tells', '{}'],
          ['b', 'throws', '{}'],
        ],
        { tools },
        { credentials: { house: { token } } },
      );
      assert.equal(results()[0]?.[1], 'The token is ***');
      assert.ok(!JSON.stringify(bodies()).includes(token));
      assert.ok(!log().includes(token));
    });

    it('should go through a proxy node', async () => {
      const proxy = await startProxy({ username: 'me', password: 'proxy-password' });
      try {
        await ask(
          [HALL],
          { era: 'sessions' },
          {
            node: { proxy: 'proxy' },
            nodes: [{ id: 'proxy', type: 'http proxy', url: proxy.url, noproxy: [] }],
            credentials: { proxy: { username: 'me', password: 'proxy-password' } },
          },
        );
        assert.deepEqual(results(), [['a', 'hall is on']]);
        assert.ok(proxy.asked.items.length > 0);
      } finally {
        await flow?.stop();
        flow = undefined;
        await proxy.close();
      }
    });

    it('should trust the CA of a TLS node, and no other', async () => {
      const tls = { cert: pem('server'), key: pem('server-key') };
      const nodes = [{ id: 'tls', type: 'tls-config', verifyservercert: true }];
      const credentials = { tls: { cadata: pem('ca') } };
      await ask([HALL], { tls }, { node: { tls: 'tls' }, nodes, credentials });
      assert.deepEqual(results(), [['a', 'hall is on']]);
      await flow?.stop();
      flow = undefined;
      await server.close();
      await service.close();
      const { caught } = await ask([HALL], { tls });
      assert.equal(caught.items[0].error.code, 'tool');
      assert.match(caught.items[0].error.message, /its certificate is not trusted/);
    });

    it('should be given up at once while they are still being opened', async () => {
      const started = await start([HALL], {
        before: () => true,
      });
      started.input({ payload: 'Light!' });
      await server.requests.count(1);
      const began = performance.now();
      await started.stop();
      flow = undefined;
      assert.ok(performance.now() - began < 5000);
      await server.closed.count(1);
    });

    it('should be given up when the server does not answer the end of its session', async () => {
      const started = await start([HALL], {
        era: 'sessions',
        before: ({ method }) => method === 'DELETE',
      });
      started.input({ payload: 'Light!' });
      await started.ended(1);
      await started.stop();
      flow = undefined;
      assert.equal(server.requests.items.filter(({ method }) => method === 'DELETE').length, 1);
      assert.equal(await server.openConnections(), 0);
    });

    const choking: [what: string, choke: (response: ServerResponse, request: IncomingMessage) => void][] = [
      ['with 500', (response) => response.writeHead(500).end('boom')],
      ['with 404', (response) => response.writeHead(404).end()],
      ['by closing the connection', (_response, request) => request.socket.destroy()],
      ['with silence', () => {}],
      ['with 202 and no body', (response) => response.writeHead(202).end()],
      [
        'with an error under another id',
        (response) =>
          sendJson(response, { jsonrpc: '2.0', id: 'other', error: { code: -32600, message: 'what?' } }),
      ],
    ];
    for (const [what, choke] of choking) {
      it(`should be opened with a server that answers the question for its protocol ${what}`, async () => {
        await ask(
          [HALL],
          {
            era: 'sessions',
            before(request, response, rpc) {
              if (rpc !== 'server/discover') return false;
              choke(response, request);
              return true;
            },
          },
          { node: { timeout: 0.5 } },
        );
        assert.deepEqual(results(), [['a', 'hall is on']]);
      });
    }
  });

  describe('that fail', () => {
    const refusing = (answer: (response: ServerResponse) => void): McpServerOptions => ({
      before(_request, response) {
        answer(response);
        return true;
      },
    });
    const failures: [what: string, options: McpServerOptions, node: object, code: string, words: RegExp][] = [
      [
        'refuse the token',
        refusing((response) => response.writeHead(401).end('{}')),
        {},
        'tool',
        /The MCP server House refused the token \(401\)/,
      ],
      [
        'forbid the token',
        refusing((response) =>
          response.writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }).end(),
        ),
        {},
        'tool',
        /The MCP server House refused the token \(403\)/,
      ],
      [
        'redirect',
        refusing((response) => response.writeHead(307, { location: '/elsewhere' }).end()),
        {},
        'config',
        /redirects to “\/elsewhere” \(307\)/,
      ],
      [
        'are web pages',
        refusing((response) =>
          response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
        ),
        {},
        'tool',
        /The server House does not speak MCP/,
      ],
      [
        'answer with broken JSON',
        refusing((response) =>
          response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":'),
        ),
        {},
        'tool',
        /The server House does not speak MCP/,
      ],
      [
        'answer with JSON of another kind',
        refusing((response) => sendJson(response, { hello: 'world' })),
        {},
        'tool',
        /The server House does not speak MCP/,
      ],
      [
        'have nothing at that address',
        refusing((response) => response.writeHead(404).end()),
        {},
        'tool',
        /The MCP server House failed \(404\): Not Found\. Check its URL/,
      ],
      [
        'always fail',
        refusing((response) => response.writeHead(503).end('Down for repairs')),
        {},
        'tool',
        /The MCP server House failed \(503\): Down for repairs/,
      ],
      ['stall', refusing(() => {}), { timeout: 0.2 }, 'tool', /gave no answer within 0\.2 s/],
      [
        'close every connection',
        refusing((response) => response.socket?.destroy()),
        {},
        'tool',
        /No connection to the MCP server House/,
      ],
      ['have no http address', {}, { url: 'ftp://127.0.0.1/mcp' }, 'config', /is not the http\(s\) address/],
      ['have no address', {}, { url: '' }, 'config', /is not the http\(s\) address/],
      ['have a user name in the address', {}, { url: 'http://me:pw@127.0.0.1/' }, 'config', /\*\*\*@127/],
    ];
    for (const [what, options, node, code, words] of failures) {
      it(`should fail the message when they ${what}`, async () => {
        const { caught, outputs } = await ask([HALL], options, { node });
        const { error } = caught.items[0];
        assert.equal(error.code, code, error.message);
        assert.match(error.message, words);
        assert.deepEqual(outputs.items, []);
        assert.equal(service.requests.items.length, 0);
      });
    }

    for (const [first, second] of [
      ['modern', 'sessions'],
      ['sessions', 'modern'],
      ['modern', 'stateless'],
      ['stateless', 'modern'],
      ['stateless', 'sessions'],
    ] as const) {
      it(`should go on with one of the protocol ${second} in place of one of ${first}`, async () => {
        const started = await start([HALL], { era: first });
        answerEach(HALL);
        started.input({ payload: 'Light!' });
        await started.ended(1);
        const { port } = new URL(server.url);
        await server.close();
        server = await startMcpServer({ era: second, tools: [LIGHT], port: Number(port) });
        // The model may be told once that the call failed.
        started.input({ payload: 'Light!' });
        await started.ended(2);
        started.input({ payload: 'Light!' });
        await started.ended(3);
        assert.deepEqual(started.caught.items, []);
        assert.deepEqual(results(6), [['a', 'hall is on']]);
      });
    }

    it('should fail the message when nothing listens at their address', async () => {
      const gone = await startMcpServer();
      await gone.close();
      const { caught } = await ask([HALL], {}, { node: { url: gone.url } });
      assert.equal(caught.items[0].error.code, 'tool');
      assert.ok(caught.items[0].error.message.includes(`nothing listens at ${new URL(gone.url).host}`));
    });

    it('should fail the message when a chosen server is not there', async () => {
      const { caught } = await ask([HALL], {}, { chat: { servers: ['other'] } });
      assert.equal(caught.items[0].error.code, 'config');
      assert.match(
        caught.items[0].error.message,
        /An MCP server chosen in this node \(id other\) is missing/,
      );
    });

    it('should be asked again by the next message', async () => {
      let isDown = true;
      const started = await start([HALL], {
        before(_request, response) {
          if (isDown) response.writeHead(503).end();
          return isDown;
        },
      });
      started.input({ payload: 'Light!' });
      await started.ended(1);
      isDown = false;
      started.input({ payload: 'Light!' });
      await started.ended(2);
      assert.equal(started.caught.items.length, 1);
      assert.deepEqual(results(), [['a', 'hall is on']]);
    });

    for (const answers of ['json', 'events'] as const) {
      for (const era of ['modern', 'sessions'] as const) {
        it(`should fail the message when they vanish in the middle of a call (${era}, ${answers})`, async () => {
          const run: TestTool['run'] = () => new Promise(() => {});
          const started = await start([HALL], { era, answers, tools: [{ ...LIGHT, run }] });
          started.input({ payload: 'Light!' });
          await server.requests.until((items) => items.some(({ rpc }) => rpc === 'tools/call'));
          await server.close();
          await started.ended(1);
          assert.equal(started.caught.items[0].error.code, 'tool');
          assert.match(started.caught.items[0].error.message, /No connection to the MCP server House/);
        });
      }
    }

    const nonsense: [what: string, answer: (response: ServerResponse, id: unknown) => void][] = [
      [
        'a web page',
        (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Oops</p>'),
      ],
      ['broken JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{')],
      [
        'a result of another kind',
        (response, id) => sendJson(response, { jsonrpc: '2.0', id, result: { content: 'on' } }),
      ],
      [
        'events that are none, and the end',
        (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: hello\n\n'),
      ],
    ];
    for (const [what, answer] of nonsense) {
      it(`should fail the message when they answer a call with ${what}`, async () => {
        const { caught } = await ask([HALL], {
          era: 'stateless',
          before(_request, response, rpc, { id }) {
            if (rpc !== 'tools/call') return false;
            answer(response, id);
            return true;
          },
        });
        assert.equal(caught.items[0].error.code, 'tool');
        assert.match(caught.items[0].error.message, /House/);
        assert.equal(service.requests.items.length, 1);
      });
    }

    it('should tell the model when a call is answered with a status and an error of the protocol', async () => {
      await ask([HALL], {
        era: 'stateless',
        before(_request, response, rpc) {
          if (rpc !== 'tools/call') return false;
          sendJson(response, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Not now' } }, 500);
          return true;
        },
      });
      assert.deepEqual(results(), [['a', 'Error: Not now']]);
    });
  });

  it('should be those of the own instance of a subflow', async () => {
    server = await startMcpServer({ tools: [echo('who', 'the first')] });
    const other = await startMcpServer({ tools: [echo('who', 'the second')] });
    service = await startRawServer((response, { body }) =>
      sendJson(response, resultsIn(body).length === 0 ? callReply(['a', 'who', '{}']) : completion('Done.')),
    );
    const inSubflow = { z: 'sub' };
    const nodes = [
      {
        id: 'sub',
        type: 'subflow',
        in: [{ wires: [{ id: 'inner' }] }],
        out: [{ wires: [{ id: 'inner', port: 0 }] }],
      },
      // As the editor saves it: with the address from the instance's own environment.
      { ...serverNode('inner-server', `\${MCP_URL}`), ...inSubflow },
      {
        id: 'inner',
        type: 'vivgrid-chat',
        config: 'config',
        messages: [{ role: 'user', type: 'mustache', content: '{{payload}}' }],
        servers: ['inner-server', 'outer-server'],
        wires: [[]],
        ...inSubflow,
      },
      serverNode('outer-server', server.url, { filter: 'only' }),
      ...[server.url, other.url].map((url, index) => ({
        id: `instance-${index}`,
        z: 'tab',
        type: 'subflow:sub',
        env: [{ name: 'MCP_URL', value: url, type: 'str' }],
        wires: [['out']],
      })),
    ];
    flow = await startChatFlow({ config: { baseUrl: service.url, maxRetries: 0 }, nodes });
    for (const index of [0, 1]) flow.node(`instance-${index}`).receive({ payload: 'Who?' });
    await flow.outputs.count(2);
    assert.deepEqual(
      bodies()
        .flatMap((body) => resultsIn(body))
        .map(([, words]) => words)
        .sort(),
      ['the first', 'the second'],
    );
    await other.close();
  });

  it('should keep calls and results in the memory as those of flows', async () => {
    const started = await start([HALL], {}, { chat: { memory: true, memoryTools: true } });
    started.input({ payload: 'Light!' });
    await started.ended(1);
    const stored = started.node('chat').context().flow.get('conversation') as { role: string }[];
    assert.deepEqual(
      stored.map(({ role }) => role),
      ['user', 'assistant', 'tool', 'assistant'],
    );
  });

  it('should tell the model when the server is deployed anew in the middle of a call, and use the new one then', async () => {
    const run: TestTool['run'] = ({ room }, signal) =>
      room === 'attic'
        ? 'attic is on'
        : new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')));
    // With one server the chat node is deployed anew, too.
    const started = await start(
      [],
      { tools: [{ ...LIGHT, run }] },
      { chat: { servers: ['house', 'garden'] } },
    );
    service.answer(inTurn(callReply(HALL), callReply(ATTIC), completion('Done.')));
    const withGarden = (nodes: Message[]): Message[] => [
      ...nodes,
      serverNode('garden', server.url, { name: 'Garden', filter: 'only', toolNames: [] }),
    ];
    await started.redeploy(withGarden);
    started.input({ payload: 'Light!' });
    await server.requests.until((items) => items.some(({ rpc }) => rpc === 'tools/call'));
    await started.redeploy(
      (nodes) => withGarden(nodes.map((node) => (node.id === 'house' ? { ...node, timeout: 50 } : node))),
      'nodes',
    );
    await started.ended(1);
    assert.deepEqual(results(3), [
      ['a', 'Error: The MCP server House was stopped before it gave a result.'],
      ['b', 'attic is on'],
    ]);
    assert.equal(started.outputs.items[0].payload, 'Done.');
  });
});
