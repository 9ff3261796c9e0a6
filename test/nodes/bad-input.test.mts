import assert from 'node:assert/strict';
import type {
  ChatSettings,
  ConfigSettings,
  MessageRow,
  ParameterRow,
} from '../../nodes/lib/common/settings.ts';
import english from '../../nodes/locales/en-US/vivgrid-chat.json' with { type: 'json' };
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';

/** As it stands in a flow file; put together so that no one takes it for a template. */
const variable = (name: string): string => `$\{${name}}`;

const user = (type: MessageRow['type'], content: string): MessageRow => ({ role: 'user', type, content });

describe('bad input', () => {
  let server: RawServer;
  let flow: ChatFlow;
  let key: string | undefined;

  before(() => {
    key = process.env.VIVGRID_API_KEY;
    delete process.env.VIVGRID_API_KEY;
  });

  after(() => {
    if (key !== undefined) process.env.VIVGRID_API_KEY = key;
  });

  beforeEach(async () => {
    server = await startRawServer((response) => sendJson(response, completion('Hello!')));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  interface Expected {
    code: string;
    /** What the message must tell a user. */
    words: RegExp[];
  }

  /** One error for one message, before anything is sent. */
  async function assertRefused(message: Message, { code, words }: Expected): Promise<void> {
    flow.input({ _msgid: 'bad', ...message });
    await flow.ended(1);
    const [{ error, _msgid }] = flow.caught.items;
    assert.equal(error.code, code);
    for (const word of words) assert.match(error.message, word);
    assert.ok(error.message.length <= 300, error.message);
    assert.doesNotMatch(error.message, /__\w+__|\[object Object\]|undefined/);
    assert.equal(error.source.id, 'chat');
    assert.equal(Object.getPrototypeOf(error.cause), Object.prototype);
    assert.equal(_msgid, 'bad');
    assert.equal(server.requests.items.length, 0);
    const { fill, shape, text } = flow.statuses.items.at(-1);
    assert.deepEqual([fill, shape], ['red', 'ring']);
    const [, shown] = /^(.+) \d\d:\d\d$/.exec(text) ?? [];
    assert.ok(Object.values<unknown>(english['vivgrid-chat'].status.failed).includes(shown), text);
  }

  /** The next message is answered, and the bad one has come to Catch once and nowhere else. */
  async function assertNextAnswered(message: Message = { payload: 'Hi' }): Promise<void> {
    flow.input(message);
    const [reply] = await flow.outputs.count(1);
    assert.equal(reply.vivgrid.finish_reason, 'stop');
    await flow.completed.count(1);
    assert.equal(flow.caught.items.length, 1);
    assert.equal(flow.completed.items.length, 1);
    assert.equal(flow.outputs.items.length, 1);
    assert.equal(server.requests.items.length, 1);
  }

  describe('of the config node', () => {
    interface Case extends Expected {
      what: string;
      config?: Partial<ConfigSettings> & { d?: boolean };
      options?: Partial<FlowOptions>;
    }

    const MISSING = { code: 'config', words: [/No config node/, /missing or disabled/, /Choose or add/] };
    const cases: Case[] = [
      { what: 'no config', options: { chat: { config: '' } }, ...MISSING },
      { what: 'a config that is not there', options: { withoutConfig: true }, ...MISSING },
      { what: 'a disabled config', config: { d: true }, ...MISSING },
      {
        what: 'a node of another type for a config',
        options: { chat: { config: 'tls-node' }, nodes: [{ id: 'tls-node', type: 'tls-config' }] },
        ...MISSING,
      },
      {
        what: 'no token for Vivgrid',
        config: { baseUrl: 'https://api.vivgrid.com/v1' },
        options: { token: '' },
        code: 'config',
        words: [/No token/, /config node/, /VIVGRID_API_KEY/],
      },
      {
        what: 'a blank token for Vivgrid',
        config: { baseUrl: 'https://api.vivgrid.com/v1' },
        options: { token: '  ' },
        code: 'config',
        words: [/No token/],
      },
      {
        what: 'a token from a variable that is not set',
        options: { token: variable('VIVGRID_TEST_UNSET') },
        code: 'config',
        words: [/token/, /Environment variable VIVGRID_TEST_UNSET is not set/],
      },
      {
        what: 'a token with a line break',
        options: { token: 'secret-token\nmore' },
        code: 'config',
        words: [/token/, /line break/, /config node/],
      },
      {
        what: 'a blank base address',
        config: { baseUrl: ' ' },
        code: 'config',
        words: [/No base URL/],
      },
      {
        what: 'a base address with no scheme',
        config: { baseUrl: 'api.vivgrid.com/v1' },
        code: 'config',
        words: [/base URL .*“api\.vivgrid\.com\/v1”/, /https:\/\//],
      },
      {
        what: 'a base address that is none',
        config: { baseUrl: 'https://exa mple/v1' },
        code: 'config',
        words: [/base URL .*“https:\/\/exa mple\/v1” is not a valid address/],
      },
      {
        what: 'a base address with a password',
        config: { baseUrl: 'https://ada:lovelace@example.com/v1' },
        code: 'config',
        words: [/base URL/, /password/, /^((?!lovelace).)*$/],
      },
      {
        what: 'a base address from a variable that is not set',
        config: { baseUrl: variable('VIVGRID_TEST_UNSET') },
        code: 'config',
        words: [/base URL/, /Environment variable VIVGRID_TEST_UNSET is not set/],
      },
      {
        what: 'a time-out that is no number',
        config: { timeout: 'soon' },
        code: 'config',
        words: [/timeout/, /“soon”/, /number/],
      },
      {
        what: 'too many retries',
        config: { maxRetries: 11 },
        code: 'config',
        words: [/maxRetries/, /“11”/, /0–10/],
      },
      {
        what: 'a header that can not be sent',
        config: { headers: [{ name: 'X Team', value: 'green', type: 'str' }] },
        code: 'config',
        words: [/header “X Team”/, /Correct or remove/],
      },
      {
        what: 'a proxy node that is not there',
        config: { proxy: 'nowhere' },
        code: 'config',
        words: [/No usable proxy/, /missing/],
      },
      {
        what: 'a TLS node that is not there',
        config: { tls: 'nowhere' },
        code: 'config',
        words: [/TLS/, /missing/],
      },
    ];

    for (const { what, config = {}, options = {}, ...expected } of cases) {
      it(`should refuse ${what}, and answer once it is mended`, async () => {
        flow = await startChatFlow({ config: { baseUrl: server.url, ...config }, ...options });
        await assertRefused({ payload: 'Hi' }, expected);
        await flow.redeploy((nodes) => [
          ...nodes
            .filter(({ id }) => id !== 'config')
            .map((node) => (node.id === 'chat' ? { ...node, config: 'mended' } : node)),
          { id: 'mended', type: 'vivgrid-config', baseUrl: server.url },
        ]);
        await assertNextAnswered();
      });
    }

    it('should refuse messages after the config was deleted', async () => {
      flow = await startChatFlow({ config: { baseUrl: server.url } });
      await flow.redeploy((nodes) => nodes.filter(({ id }) => id !== 'config'), 'nodes');
      await assertRefused({ payload: 'Hi' }, MISSING);
    });

    it('should refuse each message of several, once', async () => {
      flow = await startChatFlow({ withoutConfig: true });
      for (let index = 0; index < 5; index++) flow.input({ payload: index });
      await flow.ended(5);
      assert.deepEqual(
        flow.caught.items.map(({ payload, error }) => [payload, error.code]),
        [0, 1, 2, 3, 4].map((index) => [index, 'config']),
      );
      assert.equal(flow.completed.items.length, 0);
    });
  });

  describe('of the chat node', () => {
    interface Case extends Expected {
      what: string;
      chat: Partial<ChatSettings>;
      /** A message that the same node answers; without one, the node is mended first. */
      next?: Message;
      message?: Message;
      /** What is in the flow context. */
      context?: Record<string, unknown>;
    }

    const parameter = (name: string, type: ParameterRow['type'], value: string): Partial<ChatSettings> => ({
      parameters: [{ name, type, value }],
    });

    const circular: Message = {};
    circular.self = circular;

    const cases: Case[] = [
      {
        what: 'a template with a tag left open',
        chat: {
          messages: [user('mustache', 'fine'), { role: 'system', type: 'mustache', content: 'a {{payload' }],
        },
        code: 'template',
        words: [/message 2 \(system\)/, /Syntax error/, /Unclosed tag at 11/],
      },
      {
        what: 'a template with a section left open',
        chat: { messages: [user('mustache', '{{#payload}}x')] },
        code: 'template',
        words: [/message 1 \(user\)/, /Syntax error/, /section "payload"/],
      },
      {
        what: 'a partial',
        chat: { messages: [user('mustache', 'a {{> header}}')] },
        code: 'template',
        words: [/message 1 \(user\)/, /\{\{> header\}\}/, /not supported/, /message property/],
      },
      {
        what: 'a template whose value goes in circles',
        chat: {},
        message: { payload: circular },
        next: { payload: 'Hi' },
        code: 'template',
        words: [/message 1 \(user\)/, /circular/],
      },
      {
        what: 'a template with a context name that is none',
        chat: { messages: [user('mustache', '{{payload}} {{flow.a b}}')] },
        context: { a: 1 },
        code: 'template',
        words: [/message 1 \(user\)/, /property expression/],
      },
      {
        what: 'a row with an invalid property expression',
        chat: { messages: [user('msg', 'payload[')] },
        code: 'parameter',
        words: [/[Mm]essage 1 \(user\)/, /msg “payload\[”/, /property expression/],
      },
      {
        what: 'a row with bad JSONata',
        chat: { messages: [user('jsonata', '$sum(payload')] },
        code: 'parameter',
        words: [/[Mm]essage 1 \(user\)/, /jsonata “\$sum\(payload”/, /[Ee]xpected/],
      },
      {
        what: 'a row whose JSONata fails with this message',
        chat: { messages: [user('jsonata', 'payload + 1 > 0 ? "positive" : "no"')] },
        message: { payload: 'text' },
        next: { payload: 1 },
        code: 'parameter',
        words: [/[Mm]essage 1 \(user\)/, /payload \+ 1 > 0/, /must (both )?be|number/],
      },
      {
        what: 'a row whose value goes in circles',
        chat: { messages: [user('msg', 'payload')] },
        message: { payload: circular },
        next: { payload: { a: 1 } },
        code: 'parameter',
        words: [/message 1 \(user\)/, /Can't write .* as text/, /circular/],
      },
      {
        what: 'a history that is no array',
        chat: { messages: [{ role: 'history', type: 'msg', content: 'history' }, user('mustache', 'Hi')] },
        message: { history: 'once upon a time' },
        next: { history: [{ role: 'user', content: 'Hello' }] },
        code: 'parameter',
        words: [/Message 1 \(history\)/, /array of messages/, /role/, /content/],
      },
      {
        what: 'a history of other things',
        chat: { messages: [{ role: 'history', type: 'msg', content: 'history' }, user('mustache', 'Hi')] },
        message: { history: [{ role: 'user', content: 'fine' }, { text: 'not fine' }] },
        next: { history: null },
        code: 'parameter',
        words: [/Message 1 \(history\)/],
      },
      {
        what: 'a history that goes in circles',
        chat: { messages: [{ role: 'history', type: 'msg', content: 'history' }, user('mustache', 'Hi')] },
        message: { history: [{ role: 'user', content: [circular] }] },
        next: { history: [] },
        code: 'parameter',
        words: [/message 1 \(history\)/, /circular/],
      },
      ...[{ payload: '' }, { payload: ' \n\t' }, {}, { payload: null }].map((message) => ({
        what: `an empty prompt, from ${JSON.stringify(message)}`,
        chat: {
          messages: [
            { role: 'system', type: 'mustache', content: 'Be nice.' } as const,
            user('mustache', '{{payload}}'),
          ],
        },
        message: { payload: undefined, ...message },
        next: { payload: 'Hi' },
        code: 'parameter',
        words: [/The prompt is empty/, /user or assistant/, /incoming message/],
      })),
      {
        what: 'a prompt with no rows',
        chat: { messages: [] },
        code: 'parameter',
        words: [/The prompt is empty/],
      },
      {
        what: 'a typed value that does not exist',
        chat: { messages: [user('msg', 'a.b.c')] },
        next: { a: { b: { c: 'Hi' } } },
        code: 'parameter',
        words: [/The prompt is empty/],
      },
      {
        what: 'a context value that does not exist',
        chat: { messages: [user('flow', 'a.b.c')] },
        code: 'parameter',
        words: [/The prompt is empty/],
      },
      {
        what: 'a parameter that is no number',
        chat: parameter('temperature', 'msg', 'temperature'),
        message: { temperature: 'warm' },
        next: { payload: 'Hi', temperature: '0.5' },
        code: 'parameter',
        words: [/parameter temperature/, /number/, /“warm”/],
      },
      {
        what: 'a number that was never one',
        chat: parameter('seed', 'num', 'abc'),
        code: 'parameter',
        words: [/parameter seed/, /number/, /“abc”/],
      },
      {
        what: 'a parameter that is no whole number',
        chat: parameter('max_completion_tokens', 'num', '10.5'),
        code: 'parameter',
        words: [/parameter max_completion_tokens/, /integer/, /“10.5”/],
      },
      {
        what: 'a parameter out of its range',
        chat: parameter('temperature', 'msg', 'temperature'),
        message: { temperature: 2.5 },
        next: { payload: 'Hi', temperature: 2 },
        code: 'parameter',
        words: [/parameter temperature .* is 2\.5/, /between 0 and 2/],
      },
      {
        what: 'a parameter with bad JSON',
        chat: parameter('metadata', 'json', '{"a":'),
        code: 'parameter',
        words: [/parameter metadata/, /json “\{"a":”/, /JSON/],
      },
      {
        what: 'a parameter that JSON can not hold',
        chat: parameter('agent_context', 'msg', 'payload'),
        message: { payload: { big: 1n } },
        next: { payload: 'Hi' },
        code: 'parameter',
        words: [/parameter agent_context/, /JSON/, /BigInt/],
      },
      {
        what: 'a parameter with bad JSONata',
        chat: parameter('user', 'jsonata', 'payload.('),
        code: 'parameter',
        words: [/parameter user/, /jsonata “payload\.\(”/, /expression/],
      },
      {
        what: 'a parameter with a long expression, telling why all the same',
        chat: parameter('user', 'jsonata', `${'payload.deeper.'.repeat(60)}(`),
        code: 'parameter',
        words: [/parameter user/, /…”/, /expression/],
      },
      {
        what: 'a parameter with a field of its own',
        chat: parameter('model', 'str', 'gpt'),
        code: 'parameter',
        words: [/parameter model/, /field of its own/, /Remove the parameter/],
      },
      {
        what: 'several replies in a stream',
        chat: { ...parameter('n', 'msg', 'n'), stream: true },
        message: { payload: 'Hi', n: 2 },
        next: { payload: 'Hi', n: 1 },
        code: 'parameter',
        words: [/n above 1/, /turn off streaming/],
      },
      {
        what: 'several replies with an output for tool calls, which needs a stream',
        chat: { ...parameter('n', 'num', '2'), activity: true },
        code: 'parameter',
        words: [/n above 1/, /turn off .* tool calls output/],
      },
      {
        what: 'a model with bad JSONata',
        chat: { model: 'payload[', modelType: 'jsonata' },
        code: 'parameter',
        words: [/model/, /jsonata “payload\[”/],
      },
      {
        what: 'an output that can not be set',
        chat: { output: 'payload.reply' },
        message: { payload: 'text' },
        next: { payload: { question: 'Hi' } },
        code: 'config',
        words: [/msg\.payload\.reply/, /output property/],
      },
      {
        what: 'an output that is no property expression',
        chat: { output: 'payload[' },
        code: 'config',
        words: [/msg\.payload\[/, /output property/],
      },
    ];

    const MENDED: Partial<ChatSettings> = {
      messages: [user('mustache', 'Hi')],
      parameters: [],
      model: '',
      output: 'payload',
      stream: false,
    };

    for (const { what, chat, message = { payload: 'Hi' }, next, context = {}, ...expected } of cases) {
      it(`should refuse ${what}, and answer the next message`, async () => {
        flow = await startChatFlow({ config: { baseUrl: server.url }, chat });
        for (const [name, value] of Object.entries(context))
          flow.node('chat').context().flow.set(name, value);
        await assertRefused(message, expected);
        if (!next) {
          await flow.redeploy((nodes) =>
            nodes.map((node) => (node.id === 'chat' ? { ...node, ...MENDED } : node)),
          );
        }
        if (!chat.stream) await assertNextAnswered(next);
        else {
          flow.input(next);
          await flow.ended(2);
          assert.equal(flow.completed.items.length, 1);
        }
      });
    }
  });

  describe('of a context store', () => {
    /** A store of the kind that Node-RED takes from its settings; it fails with every value. */
    const broken = (): object => ({
      open: async () => {},
      close: async () => {},
      get: (_scope: string, _key: string, callback?: (error: Error) => void) => {
        if (!callback) throw new Error('asked without a callback');
        setImmediate(callback, new Error('the disk is gone'));
      },
      set: (_scope: string, _key: string, _value: unknown, callback?: (error: Error) => void) =>
        callback && setImmediate(callback, new Error('the disk is gone')),
      keys: (_scope: string, callback: (error: Error | null, keys: string[]) => void) => callback(null, []),
      delete: async () => {},
      clean: async () => {},
    });

    for (const [what, chat, expected] of [
      [
        'a template',
        { messages: [user('mustache', '{{payload}} {{flow[broken].x}}')] },
        { code: 'template', words: [/message 1 \(user\)/, /the disk is gone/] },
      ],
      [
        'a row',
        { messages: [user('flow', '#:(broken)::x')] },
        { code: 'parameter', words: [/[Mm]essage 1 \(user\)/, /the disk is gone/] },
      ],
      [
        'a parameter',
        { parameters: [{ name: 'user', type: 'global', value: '#:(broken)::x' }] },
        { code: 'parameter', words: [/parameter user/, /the disk is gone/] },
      ],
      [
        'a model',
        { model: '#:(broken)::x', modelType: 'flow' },
        { code: 'parameter', words: [/model/, /the disk is gone/] },
      ],
    ] satisfies [string, Partial<ChatSettings>, Expected][]) {
      it(`should refuse ${what} from a store that fails`, async () => {
        flow = await startChatFlow({
          config: { baseUrl: server.url },
          chat,
          settings: { contextStorage: { default: { module: 'memory' }, broken: { module: broken } } },
        });
        await assertRefused({ payload: 'Hi' }, expected);
      });
    }
  });

  describe('of the environment', () => {
    const STRAY: Record<string, string> = {
      OPENAI_API_KEY: 'stray-key',
      OPENAI_ADMIN_KEY: 'stray-admin-key',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/stray',
      OPENAI_ORG_ID: 'stray-organization',
      OPENAI_PROJECT_ID: 'stray-project',
      OPENAI_WEBHOOK_SECRET: 'stray-secret',
      OPENAI_CUSTOM_HEADERS:
        'X-Stray: stray-header\nauthorization: Bearer stray-key\nAccept: text/stray\nContent-Type: text/stray\nUser-Agent: stray',
      OPENAI_LOG: 'debug',
    };
    let saved: Record<string, string | undefined>;

    beforeEach(() => {
      saved = Object.fromEntries(Object.keys(STRAY).map((name) => [name, process.env[name]]));
      Object.assign(process.env, STRAY);
    });

    afterEach(() => {
      for (const [name, value] of Object.entries(saved)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    });

    for (const [what, token, authorization] of [
      ['with a token', 'own-token-1234', 'Bearer own-token-1234'],
      ['without one', '', undefined],
    ] as const) {
      it(`should take nothing from stray OPENAI_* variables, ${what}`, async () => {
        flow = await startChatFlow({ config: { baseUrl: server.url }, token });
        flow.input({ payload: 'Hi' });
        await flow.ended(1);
        assert.equal(flow.outputs.items[0]?.payload, 'Hello!');
        const [request] = server.requests.items;
        assert.equal(request?.url, '/v1/chat/completions');
        assert.equal(request?.headers.authorization, authorization);
        assert.doesNotMatch(JSON.stringify([request?.rawHeaders, request?.body]), /stray/i);
        assert.doesNotMatch(flow.log(), /own-token-1234/);
        assert.equal(process.env.OPENAI_CUSTOM_HEADERS, STRAY.OPENAI_CUSTOM_HEADERS);
      });
    }

    it('should answer though OPENAI_CUSTOM_HEADERS holds what is no header', async () => {
      process.env.OPENAI_CUSTOM_HEADERS = 'no header name: x';
      flow = await startChatFlow({ config: { baseUrl: server.url } });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.equal(flow.outputs.items[0]?.payload, 'Hello!');
    });
  });
});
