import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';

// What a Template node and a chat node make of the same template and the same message, in one flow.
describe('templates of vivgrid-chat', () => {
  let server: RawServer;
  let flow: ChatFlow;
  let directory: string;

  beforeEach(async () => {
    server = await startRawServer((response) => sendJson(response, completion('Hello!')));
    directory = await mkdtemp(join(tmpdir(), 'vivgrid-context-'));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
    await rm(directory, { recursive: true });
  });

  interface Outcome {
    text?: string;
    error?: string;
  }

  interface Pair {
    chat: Outcome;
    core: Outcome;
  }

  /**
   * Renders with both nodes a message that a function node makes with `code`, so that its objects come from the
   * function node's realm.
   */
  async function renderBoth(template: string, code: string, before?: () => Promise<void>): Promise<Pair> {
    const scope = { z: 'tab' };
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      // Around the template, so that a text of nothing is sent, too.
      chat: { name: 'my node', messages: [{ role: 'user', type: 'mustache', content: `[${template}]` }] },
      settings: {
        contextStorage: {
          default: { module: 'memory' },
          disk: { module: 'localfilesystem', config: { dir: directory, cache: false } },
        },
        functionExternalModules: false,
        functionTimeout: 0,
      },
      nodes: [
        {
          ...scope,
          id: 'make',
          type: 'function',
          func: code,
          outputs: 1,
          wires: [['chat', 'core-node']],
          libs: [],
        },
        {
          ...scope,
          id: 'core-node',
          type: 'template',
          name: 'my node',
          template: `[${template}]`,
          field: 'rendered',
          wires: [['core-out']],
        },
        { ...scope, id: 'core-out', type: 'helper' },
      ],
    });
    const rendered = new Collector<Message>();
    flow.node('core-out').on('input', (message: Message) => rendered.add(message));
    // A second Catch node is more than the test helper can take.
    flow.node('core-node').on('call:error', ({ args }: { args: unknown[] }) => {
      rendered.add({ error: { message: String(args[0]) } });
    });
    await before?.();
    flow.node('make').receive({ payload: 'incoming' });
    await Promise.all([flow.ended(1), rendered.count(1)]);
    const [core] = rendered.items;
    const [caught] = flow.caught.items;
    return {
      chat: caught
        ? { error: caught.error.message }
        : { text: server.requests.items[0]?.body.messages[0].content },
      core: core.error ? { error: core.error.message } : { text: core.rendered },
    };
  }

  function setContext(scope: 'flow' | 'global', key: string, value: unknown, store?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const { [scope]: context } = flow.node('chat').context();
      context.set(key, value, store, (error?: Error) => (error ? reject(error) : resolve()));
    });
  }

  const VALUES = `
    msg = {
      payload: { name: 'Ada', list: [{ n: 1 }, { n: 2 }], zero: 0, no: false, nothing: null, text: 'plain' },
      topic: 'the topic',
      list: ['a', 'b', 3],
      empty: [],
      'a.b': 'flat',
      a: { b: 'nested' },
      'name with space': 'spaced',
      größe: 'L',
      buffer: Buffer.from('bytes'),
      again: '{{topic}} {{{flow.x}}}',
      big: 12345678901234567890n,
      undef: undefined,
      flow: { own: 'of the message' },
      fraction: 0.1 + 0.2,
      when: new Date(0),
    };
    return msg;`;

  const ALIKE = [
    'no tags',
    '{{topic}} and {{{topic}}} and {{&topic}}',
    '{{payload.name}} {{payload.text.length}} {{list.length}} {{list.0}} {{payload.list.1.n}}',
    '{{payload[0]}}{{list[0]}}{{msg.topic}}{{unknown}}{{unknown.deeper}}{{topic.deeper}}',
    '{{payload.zero}} {{payload.no}} {{payload.nothing}} {{undef}} {{fraction}} {{big}}',
    '{{a.b}} {{name with space}} {{größe}} {{ topic }}',
    '{{buffer}}',
    '{{#payload.list}}{{n}}:{{topic}},{{/payload.list}}',
    '{{#list}}{{.}};{{/list}}',
    '{{#payload}}{{name}} {{topic}}{{/payload}}',
    '{{#payload.zero}}zero{{/payload.zero}}{{#payload.no}}no{{/payload.no}}{{#empty}}some{{/empty}}',
    '{{^payload.zero}}zero{{/payload.zero}}{{^empty}}none{{/empty}}{{^list}}none{{/list}}',
    '{{#topic}}{{.}} {{length}}{{/topic}}',
    '{{again}}',
    'a{{! a comment }}b\n{{! alone }}\nc\n{{#list}}\n- {{.}}\n{{/list}}\nd',
    '{{=<% %>=}}<% topic %> {{topic}} <%={{ }}=%>{{topic}}',
    '{{flow.x}} {{flow.a.b}} {{{flow.list[1]}}} {{flow.list[0].name}} {{flow.unset}} {{flow.zero}}',
    '{{flow.own}} {{flow.other}}',
    '{{global.g}} {{global.deep["with space"].x}} {{global[memory].g}}',
    '{{flow[disk].x}} {{flow[disk].deep.list[1]}} {{global[disk].g}} {{flow[disk].unset}}',
    '{{flow[nostore].x}}',
    '{{#flow.users}}{{name}} {{topic}} {{flow.x}} {{env.VIVGRID_TEST_TOWN}};{{/flow.users}}',
    '{{^flow.unset}}nobody{{/flow.unset}}{{#flow.zero}}zero{{/flow.zero}}',
    '{{env.VIVGRID_TEST_TOWN}} {{env.VIVGRID_TEST_UNSET}} {{env.NR_NODE_NAME}} {{env.NR_FLOW_NAME}}',
    '{{msg}} {{env}} {{global}}',
    '{{flow.markup}}',
  ];

  it('should come out as those of the core Template node', async () => {
    process.env.VIVGRID_TEST_TOWN = 'Lyon';
    const { chat, core } = await renderBoth(ALIKE.join('\u241e'), VALUES, async () => {
      await setContext('flow', 'x', 'flow x {{topic}}');
      await setContext('flow', 'a', { b: 'flow a.b' });
      await setContext('flow', 'list', [{ name: 'first' }, 'second']);
      await setContext('flow', 'zero', 0);
      await setContext('flow', 'own', 'of the flow');
      await setContext('flow', 'other', 'other of the flow');
      await setContext('flow', 'users', [{ name: 'Ada' }, { name: 'Bob' }]);
      await setContext('flow', 'markup', 'no sign of it');
      await setContext('flow', 'x', 'from disk', 'disk');
      await setContext('flow', 'deep', { list: [1, 'deep on disk'] }, 'disk');
      await setContext('global', 'g', 42);
      await setContext('global', 'g', 'global on disk', 'disk');
      await setContext('global', 'deep', { 'with space': { x: 'quoted' } });
    }).finally(() => {
      delete process.env.VIVGRID_TEST_TOWN;
    });
    const texts = chat.text?.split('\u241e');
    assert.equal(texts?.length, ALIKE.length);
    const expected = core.text?.split('\u241e');
    for (const [index, template] of ALIKE.entries()) {
      assert.equal(texts?.[index], expected?.[index], `${template} renders differently`);
    }
    // That the comparison compares something.
    assert.match(chat.text ?? '', /from disk deep on disk global on disk/);
    assert.match(chat.text ?? '', /Ada the topic flow x \{\{topic\}\} Lyon;Bob/);
    assert.match(chat.text ?? '', /Lyon {2}my node/);
    assert.match(chat.text ?? '', /of the message other of the flow/);
  });

  for (const [template, words] of [
    ['{{payload', /Unclosed tag/],
    ['{{#payload}}', /Unclosed section/],
    ['{{flow.a b}}', /Invalid property expression/],
    ['{{#list}}{{x}}{{/list}}', /null/],
  ] as const) {
    it(`should fail where the core node does: ${template}`, async () => {
      const { chat, core } = await renderBoth(template, 'return { payload: 1, list: [null] };', () =>
        setContext('flow', 'a', 1),
      );
      assert.match(core.error ?? '', words);
      assert.match(chat.error ?? '', words);
      assert.match(chat.error ?? '', /message 1 \(user\)/);
    });
  }

  it('should differ in three things: no escaping, objects as JSON, a clear word about partials', async () => {
    const { chat, core } = await renderBoth(
      '{{text}} | {{object}} | {{{list}}} | {{nested}} | {{when}} | {{big}}',
      `msg.text = 'a<b & "c"';
       msg.object = { a: 1 };
       msg.list = [1, { b: 2 }];
       msg.nested = { at: new Date(0), bytes: Buffer.from('hi'), big: 5n };
       msg.when = new Date(0);
       msg.big = 7n;
       return msg;`,
    );
    assert.equal(
      core.text?.startsWith('[a&lt;b &amp; &quot;c&quot; | [object Object] | 1,[object Object] |'),
      true,
      core.text,
    );
    assert.equal(
      chat.text,
      '[a<b & "c" | {"a":1} | [1,{"b":2}] | {"at":"1970-01-01T00:00:00.000Z","bytes":"hi","big":"5"} | 1970-01-01T00:00:00.000Z | 7]',
    );
  });

  it('should refuse partials in words, where the core node breaks', async () => {
    const { chat, core } = await renderBoth('{{> header}}', 'return msg;');
    assert.match(core.error ?? '', /is not a function/);
    assert.match(chat.error ?? '', /not supported: \{\{> header\}\} in message 1 \(user\)/);
  });

  it('should say why an object that goes in circles can not be written', async () => {
    const { chat } = await renderBoth(
      '{{payload}}',
      'msg.payload = {}; msg.payload.self = msg.payload; return msg;',
    );
    assert.match(chat.error ?? '', /message 1 \(user\).*circular/);
  });

  const ENV_TEMPLATE =
    '{{env.TOWN}} {{env.COUNT}} {{env.LIST}} {{env.LIST.0}} {{env.NR_GROUP_NAME}}{{env.NR_SUBFLOW_NAME}}';
  const ENV = [
    { name: 'TOWN', type: 'str', value: 'Lyon' },
    { name: 'COUNT', type: 'num', value: '3' },
    { name: 'LIST', type: 'json', value: '["a"]' },
  ];

  it('should find the variables of the group that the node is in', async () => {
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      chat: { messages: [{ role: 'user', type: 'mustache', content: ENV_TEMPLATE }], ...{ g: 'group' } },
      nodes: [{ id: 'group', type: 'group', z: 'tab', name: 'my group', nodes: ['chat'], env: ENV }],
    });
    flow.input({});
    await flow.ended(1);
    assert.equal(server.requests.items[0]?.body.messages[0].content, 'Lyon 3 ["a"]  my group');
  });

  it('should find the variables, the context and the name of the subflow that the node is in', async () => {
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      nodes: [
        {
          id: 'sub',
          type: 'subflow',
          in: [{ wires: [{ id: 'inner' }] }],
          out: [{ wires: [{ id: 'inner', port: 0 }] }],
          env: [{ name: 'TOWN', type: 'str', value: 'Paris' }, ...ENV.slice(1)],
        },
        {
          id: 'inner',
          x: 1,
          y: 1,
          z: 'sub',
          type: 'vivgrid-chat',
          config: 'config',
          messages: [
            { role: 'user', type: 'mustache', content: `${ENV_TEMPLATE} {{flow.x}} {{flow.$parent.x}}` },
          ],
          wires: [[]],
        },
        { id: 'start', z: 'tab', type: 'function', func: 'return msg;', outputs: 1, wires: [['instance']] },
        {
          id: 'instance',
          z: 'tab',
          x: 1,
          y: 1,
          type: 'subflow:sub',
          name: 'my subflow',
          env: [ENV[0]],
          wires: [['out']],
        },
      ],
    });
    await setContext('flow', 'x', 'of the tab');
    flow.node('start').receive({});
    const [message] = await flow.outputs.count(1);
    assert.equal(message.payload, 'Hello!');
    assert.equal(server.requests.items[0]?.body.messages[0].content, 'Lyon 3 ["a"]  my subflow  of the tab');
  });
});
