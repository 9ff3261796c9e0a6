import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  ChatSettings,
  ConfigSettings,
  MessageRow,
  ParameterRow,
} from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow, USER_ROW } from '../support/chat-flow.mts';
import {
  chunksOf,
  completion,
  type RawServer,
  type SeenRequest,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';

// Typed values as the server sees them in the request.
describe('typed values', () => {
  let server: RawServer;
  let flow: ChatFlow;
  let directory: string;

  beforeEach(async () => {
    server = await startRawServer((response) => sendJson(response, completion('Hello!')));
    directory = await mkdtemp(join(tmpdir(), 'vivgrid-context-'));
    Object.assign(process.env, {
      VIVGRID_TEST_TEXT: 'from env',
      VIVGRID_TEST_NUMBER: '64',
      VIVGRID_TEST_BLANK: '',
    });
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
    await rm(directory, { recursive: true });
    for (const name of ['TEXT', 'NUMBER', 'BLANK']) delete process.env[`VIVGRID_TEST_${name}`];
  });

  async function start(chat: Partial<ChatSettings>, config: Partial<ConfigSettings> = {}): Promise<void> {
    flow = await startChatFlow({
      config: { baseUrl: server.url, ...config },
      chat,
      settings: {
        contextStorage: {
          default: { module: 'memory' },
          // Synchronous access throws there.
          disk: { module: 'localfilesystem', config: { dir: directory, cache: false } },
        },
      },
    });
    await setContext('flow', 'text', 'from flow');
    await setContext('flow', 'deep', { list: ['first', { name: 'deep in flow' }] });
    await setContext('flow', 'names', { here: 'by name' });
    await setContext('flow', 'number', 0.5);
    await setContext('flow', 'text', 'from flow on disk', 'disk');
    await setContext('global', 'text', 'from global');
    await setContext('global', 'deep', { object: { a: [1] } }, 'disk');
  }

  function setContext(scope: 'flow' | 'global', key: string, value: unknown, store?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const { [scope]: context } = flow.node('chat').context();
      context.set(key, value, store, (error?: Error) => (error ? reject(error) : resolve()));
    });
  }

  async function ask(message: Message = { payload: 'Hi' }): Promise<SeenRequest> {
    // The node sends the message itself on, with the reply in it.
    flow.input({ ...message });
    await flow.ended(1);
    assert.deepEqual(
      flow.caught.items.map(({ error }) => error.message),
      [],
    );
    return server.requests.items[0] as SeenRequest;
  }

  const MESSAGE = {
    payload: 'Hi',
    topic: 'from msg',
    number: 42,
    zero: 0,
    no: false,
    object: { a: [1, 'x', null] },
    buffer: Buffer.from('grün'),
    when: new Date(0),
    key: 'here',
  };

  const SOURCES: [type: MessageRow['type'], value: string, text: string][] = [
    ['str', 'as it is {{payload}}', 'as it is {{payload}}'],
    ['msg', 'topic', 'from msg'],
    ['msg', 'object.a[1]', 'x'],
    ['msg', 'object["a"][0]', '1'],
    ['flow', 'text', 'from flow'],
    ['flow', 'deep.list[1].name', 'deep in flow'],
    ['flow', 'names[msg.key]', 'by name'],
    ['flow', '#:(disk)::text', 'from flow on disk'],
    ['global', 'text', 'from global'],
    ['global', '#:(disk)::deep.object.a[0]', '1'],
    ['env', 'VIVGRID_TEST_TEXT', 'from env'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what Node-RED's own typed input takes
    ['env', '${VIVGRID_TEST_TEXT}/${VIVGRID_TEST_NUMBER}', 'from env/64'],
    ['jsonata', 'topic & " " & $string(number + 1)', 'from msg 43'],
    ['jsonata', '$flowContext("text")', 'from flow'],
    ['jsonata', '$env("VIVGRID_TEST_TEXT")', 'from env'],
  ];

  describe('of rows', () => {
    for (const [type, content, text] of [
      ...SOURCES,
      ['mustache', '{{topic}} {{flow[disk].text}}', 'from msg from flow on disk'],
      ['msg', 'number', '42'],
      ['msg', 'zero', '0'],
      ['msg', 'no', 'false'],
      ['msg', 'object', '{"a":[1,"x",null]}'],
      ['msg', 'buffer', 'grün'],
      ['msg', 'when', '1970-01-01T00:00:00.000Z'],
      ['jsonata', '{"a": number}', '{"a":42}'],
      ['jsonata', '[1, 2]', '[1,2]'],
    ] as [MessageRow['type'], string, string][]) {
      it(`should send ${type} ${content} as text`, async () => {
        await start({ messages: [{ role: 'user', type, content }] });
        const { body } = await ask(MESSAGE);
        assert.deepEqual(body.messages, [{ role: 'user', content: text }]);
      });
    }

    it('should send the rows in their order under their roles, and leave empty ones out', async () => {
      await start({
        messages: [
          { role: 'system', type: 'flow', content: 'text' },
          { role: 'developer', type: 'str', content: 'develop' },
          { role: 'user', type: 'msg', content: 'not.there.at.all' },
          { role: 'user', type: 'msg', content: 'names[msg.key]' },
          { role: 'user', type: 'msg', content: 'names[msg.deeper.key].more' },
          { role: 'user', type: 'flow', content: 'names[msg.key]' },
          { role: 'user', type: 'global', content: '#:(disk)::deep[msg.deeper.key]' },
          { role: 'assistant', type: 'env', content: 'VIVGRID_TEST_UNSET' },
          { role: 'user', type: 'flow', content: 'unset' },
          { role: 'user', type: 'str', content: ' \n' },
          { role: 'history', type: 'msg', content: 'history' },
          { role: 'user', type: 'mustache', content: ' {{payload}} ' },
          { role: 'assistant', type: 'str', content: 'Well, ' },
        ],
      });
      const { body } = await ask({ payload: 'Hi', history: [{ role: 'user', content: 'Earlier' }] });
      assert.deepEqual(body.messages, [
        { role: 'system', content: 'from flow' },
        { role: 'developer', content: 'develop' },
        { role: 'user', content: 'Earlier' },
        { role: 'user', content: ' Hi ' },
        { role: 'assistant', content: 'Well, ' },
      ]);
    });

    it('should send a history as it is, from any kind of value', async () => {
      const history = [
        { role: 'user', content: [{ type: 'text', text: 'What is the weather?' }], name: 'ada' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
        { role: 'assistant', content: 'Sunny.' },
      ];
      await start({
        messages: [
          { role: 'history', type: 'flow', content: '#:(disk)::chat' },
          { role: 'history', type: 'jsonata', content: '[{"role": "user", "content": topic}]' },
          { role: 'history', type: 'msg', content: 'nothing' },
          { role: 'history', type: 'global', content: 'unset' },
          USER_ROW,
        ],
      });
      await setContext('flow', 'chat', history, 'disk');
      const { body } = await ask({ ...MESSAGE, nothing: null });
      assert.deepEqual(body.messages, [
        ...history,
        { role: 'user', content: 'from msg' },
        { role: 'user', content: 'Hi' },
      ]);
    });

    it('should send a history from context as it is when the turn of the message comes', async () => {
      await start(
        { messages: [{ role: 'history', type: 'flow', content: 'chat' }, USER_ROW] },
        { concurrency: 1 },
      );
      const chat = [{ role: 'user', content: 'first' }];
      await setContext('flow', 'chat', chat);
      let release = (): void => {};
      server.answer(async (response, _seen, number) => {
        if (number === 1) {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
        sendJson(response, completion('Hello!'));
      });
      flow.input({ payload: 'one' });
      flow.input({ payload: 'two' });
      await server.requests.count(1);
      // The second message waits in the queue by now.
      chat.push({ role: 'user', content: 'pushed later' });
      release();
      await flow.ended(2);
      assert.deepEqual(server.requests.items[1]?.body.messages, [
        { role: 'user', content: 'first' },
        { role: 'user', content: 'pushed later' },
        { role: 'user', content: 'two' },
      ]);
    });
  });

  describe('of the model', () => {
    for (const [modelType, model, text] of SOURCES as [ChatSettings['modelType'], string, string][]) {
      it(`should come from ${modelType} ${model}`, async () => {
        await start({ model, modelType });
        assert.equal((await ask(MESSAGE)).body.model, text);
      });
    }

    for (const [what, model, modelType] of [
      ['is blank', '', 'str'],
      ['is white space', '  ', 'str'],
      ['is not there', 'no.such.property', 'msg'],
      ['is a variable that is not set', 'VIVGRID_TEST_UNSET', 'env'],
      ['comes out blank', '" "', 'jsonata'],
      ['is null', 'null', 'jsonata'],
    ] as const) {
      it(`should be the config's where the node's ${what}`, async () => {
        await start({ model, modelType }, { model: 'of-the-config' });
        assert.equal((await ask()).body.model, 'of-the-config');
      });
    }

    it('should be the managed one where the config names none, too', async () => {
      await start({}, { model: '' });
      assert.equal((await ask()).body.model, 'managed');
    });

    it('should be trimmed', async () => {
      await start({ model: 'payload', modelType: 'msg' });
      assert.equal((await ask({ payload: ' gpt-5.1\n' })).body.model, 'gpt-5.1');
    });
  });

  describe('of parameters', () => {
    const rows: [row: ParameterRow, sent: unknown][] = [
      [{ name: 'temperature', type: 'num', value: '0' }, 0],
      [{ name: 'temperature', type: 'str', value: '0.2' }, 0.2],
      [{ name: 'max_completion_tokens', type: 'env', value: 'VIVGRID_TEST_NUMBER' }, 64],
      [{ name: 'top_p', type: 'flow', value: 'number' }, 0.5],
      [{ name: 'seed', type: 'msg', value: 'number' }, 42],
      [{ name: 'n', type: 'jsonata', value: '1 + 1' }, 2],
      [{ name: 'logprobs', type: 'bool', value: 'false' }, false],
      [{ name: 'logprobs', type: 'msg', value: 'no' }, false],
      [{ name: 'stop', type: 'str', value: 'END' }, ['END']],
      [{ name: 'stop', type: 'json', value: '["a","b"]' }, ['a', 'b']],
      [{ name: 'stop', type: 'jsonata', value: '["a", "b"]' }, ['a', 'b']],
      [{ name: 'user', type: 'global', value: 'text' }, 'from global'],
      [{ name: 'user', type: 'flow', value: '#:(disk)::text' }, 'from flow on disk'],
      [{ name: 'metadata', type: 'json', value: '{"a":"1"}' }, { a: '1' }],
      [{ name: 'agent_context', type: 'global', value: '#:(disk)::deep' }, { object: { a: [1] } }],
      [{ name: 'agent_context', type: 'msg', value: 'object' }, { a: [1, 'x', null] }],
      [{ name: 'reasoning_effort', type: 'str', value: 'low' }, 'low'],
      [{ name: 'enable_thinking', type: 'bool', value: 'true' }, true],
      [{ name: 'top_k', type: 'num', value: '40' }, 40],
      [{ name: 'top_k', type: 'env', value: 'VIVGRID_TEST_NUMBER' }, '64'],
    ];
    for (const [row, sent] of rows) {
      it(`should send ${row.name} from ${row.type} ${row.value} as ${JSON.stringify(sent)}`, async () => {
        await start({ parameters: [row] });
        const { body } = await ask(MESSAGE);
        const { model, messages, ...parameters } = body;
        assert.deepEqual(parameters, { [row.name]: sent });
      });
    }

    it('should not be sent where they are not there or blank', async () => {
      await start({
        parameters: [
          { name: 'temperature', type: 'num', value: '' },
          { name: 'logprobs', type: 'bool', value: '' },
          { name: 'metadata', type: 'json', value: '' },
          { name: 'user', type: 'msg', value: 'no.such' },
          { name: 'seed', type: 'flow', value: 'unset' },
          { name: 'stop', type: 'env', value: 'VIVGRID_TEST_UNSET' },
          { name: 'verbosity', type: 'env', value: 'VIVGRID_TEST_BLANK' },
          { name: 'top_p', type: 'jsonata', value: 'nothing' },
          { name: 'agent_context', type: 'json', value: 'null' },
          { name: '', type: 'str', value: 'x' },
        ],
      });
      assert.deepEqual((await ask()).body, { model: 'managed', messages: [{ role: 'user', content: 'Hi' }] });
    });
  });

  describe('of properties that are a variable of Node-RED', () => {
    it('should be sent as their values', async () => {
      const variable = (name: string): string => `$\{${name}}`;
      await start({
        model: variable('VIVGRID_TEST_TEXT'),
        messages: [{ role: 'user', type: 'str', content: variable('VIVGRID_TEST_NUMBER') }],
        parameters: [{ name: 'max_completion_tokens', type: 'num', value: variable('VIVGRID_TEST_NUMBER') }],
      });
      assert.deepEqual((await ask()).body, {
        model: 'from env',
        messages: [{ role: 'user', content: '64' }],
        max_completion_tokens: 64,
      });
    });

    it('should be sent as text where a group has them as numbers', async () => {
      const variable = (name: string): string => `$\{${name}}`;
      flow = await startChatFlow({
        config: { baseUrl: server.url },
        chat: {
          model: variable('COUNT'),
          messages: [
            { role: 'user', type: 'mustache', content: variable('COUNT') },
            { role: 'user', type: 'str', content: variable('COUNT') },
          ],
          parameters: [{ name: 'top_p', type: 'num', value: variable('COUNT') }],
          ...{ g: 'group' },
        },
        nodes: [
          {
            id: 'group',
            type: 'group',
            z: 'tab',
            nodes: ['chat'],
            env: [{ name: 'COUNT', type: 'num', value: '1' }],
          },
        ],
      });
      assert.deepEqual((await ask()).body, {
        model: '1',
        messages: [
          { role: 'user', content: '1' },
          { role: 'user', content: '1' },
        ],
        top_p: 1,
      });
    });
  });

  describe('of headers', () => {
    it('should be sent from text and from variables', async () => {
      await start(
        {},
        {
          headers: [
            { name: 'X-Team', type: 'str', value: 'green' },
            { name: 'X-Text', type: 'env', value: 'VIVGRID_TEST_TEXT' },
            { name: 'X-Unset', type: 'env', value: 'VIVGRID_TEST_UNSET' },
          ],
        },
      );
      const { headers } = await ask();
      assert.equal(headers['x-team'], 'green');
      assert.equal(headers['x-text'], 'from env');
      assert.equal('x-unset' in headers, false);
      assert.equal(headers.authorization, 'Bearer test-token-1234');
    });

    it('should win over those of the client', async () => {
      await start(
        {},
        {
          headers: [
            { name: 'authorization', type: 'str', value: 'Basic own' },
            { name: 'User-Agent', type: 'str', value: 'my flow' },
          ],
        },
      );
      const { headers } = await ask();
      assert.equal(headers.authorization, 'Basic own');
      assert.equal(headers['user-agent'], 'my flow');
    });
  });

  describe('of attachments', () => {
    it('should be sent from bytes that a function node makes', async () => {
      const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
      flow = await startChatFlow({
        config: { baseUrl: server.url },
        chat: { attachments: [{ type: 'msg', value: 'picture' }] },
        nodes: [
          {
            id: 'make',
            z: 'tab',
            type: 'function',
            func: `msg.picture = new Uint8Array(${JSON.stringify(png)}); return msg;`,
            outputs: 1,
            wires: [['chat']],
          },
        ],
      });
      flow.node('make').receive({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(server.requests.items[0]?.body.messages[0].content, [
        { type: 'text', text: 'Hi' },
        {
          type: 'image_url',
          image_url: { url: `data:image/png;base64,${Buffer.from(png).toString('base64')}` },
        },
      ]);
    });
  });

  describe('of the output', () => {
    for (const [output, before, read] of [
      ['answer', {}, (message: Message) => message.answer],
      ['payload.reply', { payload: { question: 'Hi' } }, (message: Message) => message.payload.reply],
      ['made.where.missing', {}, (message: Message) => message.made.where.missing],
      ['list[1].text', { list: ['kept'] }, (message: Message) => message.list[1].text],
      ['named["with space"]', {}, (message: Message) => message.named['with space']],
      ['named[msg.topic]', { topic: 'x' }, (message: Message) => message.named.x],
      ['vivgrid.text', {}, (message: Message) => message.vivgrid.text],
      ['größe', {}, (message: Message) => message.größe],
    ] as const) {
      it(`should be msg.${output}, whole or streamed`, async () => {
        const chat: Partial<ChatSettings> = {
          output,
          messages: [{ role: 'user', type: 'str', content: 'Hi' }],
        };
        await start(chat);
        await ask(structuredClone(before));
        const [whole] = flow.outputs.items;
        assert.equal(read(whole), 'Hello!');
        assert.equal(whole.vivgrid.finish_reason, 'stop');
        await flow.stop();

        await start({ ...chat, stream: true });
        server.answer((response) => sendStream(response, streamText(chunksOf(['Hel', 'lo!']))));
        await ask(structuredClone(before));
        assert.deepEqual(flow.outputs.items.map(read), ['Hel', 'lo!', '']);
        assert.equal(flow.outputs.items[2].vivgrid.finish_reason, 'stop');
        for (const [name, value] of Object.entries(before)) {
          if (typeof value === 'string') assert.equal(whole[name], value);
        }
      });
    }
  });
});
