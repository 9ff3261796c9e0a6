// Replies in JSON: what is asked for, what the flow gets, and what it hears when the model keeps to neither.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import {
  chunk,
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';

const SCHEMA = {
  type: 'object',
  properties: {
    sensor: { type: 'string' },
    value: { type: 'number', minimum: -50, maximum: 100 },
    state: { enum: ['ok', 'alarm'] },
  },
  required: ['sensor', 'value'],
  additionalProperties: false,
};
const GOOD = { sensor: 'hall', value: 21.5, state: 'ok' };
const JSON_OBJECT: Partial<ChatSettings> = { format: 'json_object' };
const JSON_SCHEMA: Partial<ChatSettings> = { format: 'json_schema', schema: JSON.stringify(SCHEMA) };

describe('format', () => {
  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  /** Asks once; the model answers with this text, streamed in pieces if the node asks for a stream. */
  async function ask(
    text: string,
    chat: Partial<ChatSettings>,
    options: Partial<FlowOptions> = {},
    fields: object = {},
  ): Promise<void> {
    server = await startRawServer((response, { body }) => {
      if (body.stream) sendStream(response, streamText(chunksOf(text.match(/[\s\S]{1,5}/g) ?? [])));
      else sendJson(response, completion(text, fields));
    });
    flow = await startChatFlow({ config: { baseUrl: server.url, maxRetries: 0 }, chat, ...options });
    flow.input({ payload: 'Read the sensor.' });
    await flow.ended(1);
  }

  function assertReply(expected: unknown): void {
    assert.deepEqual(
      flow.caught.items.map(({ error }) => error.message),
      [],
    );
    assert.deepEqual(flow.outputs.items.at(-1)?.payload, expected);
  }

  function assertRefused(code: string, text: string | undefined, ...words: RegExp[]): void {
    assert.equal(flow.caught.items.length, 1);
    assert.equal(flow.completed.items.length, 0);
    const { error } = flow.caught.items[0];
    assert.equal(error.code, code, error.message);
    assert.equal(error.cause?.text, text);
    for (const expected of words) assert.match(error.message, expected);
    assert.ok(error.message.length <= 300);
  }

  const wholeNode: Partial<FlowOptions> = {
    wires: [[], ['whole']],
    nodes: [{ id: 'whole', z: 'tab', type: 'helper' }],
  };

  describe('the request', () => {
    it('should ask for nothing in text format', async () => {
      await ask('Fine.', {});
      assertReply('Fine.');
      assert.equal(server.requests.items[0]?.body.response_format, undefined);
    });

    it('should ask for a JSON object', async () => {
      await ask('{}', JSON_OBJECT);
      assert.deepEqual(server.requests.items[0]?.body.response_format, { type: 'json_object' });
    });

    for (const [schemaName, name] of [
      [undefined, 'reply'],
      ['reading', 'reading'],
      ['  ', 'reply'],
    ] as const) {
      it(`should ask for a schema named ${name} (${JSON.stringify(schemaName)})`, async () => {
        await ask(JSON.stringify(GOOD), { ...JSON_SCHEMA, ...(schemaName !== undefined && { schemaName }) });
        assert.deepEqual(server.requests.items[0]?.body.response_format, {
          type: 'json_schema',
          json_schema: { name, schema: SCHEMA },
        });
      });
    }
  });

  describe('the reply', () => {
    for (const [text, value] of [
      ['{"a": [1, null, "x"]}', { a: [1, null, 'x'] }],
      [' \n[1, 2]\r\n', [1, 2]],
      ['21.5', 21.5],
      ['0', 0],
      ['false', false],
      ['null', null],
      ['""', ''],
      ['\uFEFF{"a":1}', { a: 1 }],
      ['{"text":"Grüße\\n```json\\n🦕```"}', { text: 'Grüße\n```json\n🦕```' }],
    ] as const) {
      it(`should be the value of ${JSON.stringify(text)}`, async () => {
        await ask(text, JSON_OBJECT);
        assertReply(value);
      });
    }

    for (const text of [
      '```json\n{"a":1}\n```',
      '```\n{"a":1}\n```',
      '  ```JSON\r\n{\r\n  "a": 1\r\n}\r\n```\n\n',
      '```json\n\n{"a":1}```',
      '```json {"a":1} ```',
      '```json{"a":1}```',
      '```{"a":1}```',
      '``` json\n{"a":1}\n```',
      '```application/json\n{"a":1}\n```',
      '````json\n{"a":1}\n````',
      '~~~json\n{"a":1}\n~~~',
    ]) {
      it(`should have its code fence taken off: ${JSON.stringify(text)}`, async () => {
        await ask(text, JSON_OBJECT);
        assertReply({ a: 1 });
      });
    }

    for (const text of [
      '{"a":1}\n\nHope this helps!',
      'Here it is: {"a":1}',
      'Sure:\n\n```json\n{"a":1}\n```\n\nHope this helps!',
      'Sure:\n  ~~~\n{"a":1}\n  ~~~~\nIt has {curly} brackets.',
      'Sure:\r\n```json\r\n{"a":1}\r\n```\r\nIt has [square] brackets.',
      // Closed with too few.
      '````json\n{"a":1}\n```',
      // Never closed.
      'Sure:\n```json\n{"a":1}',
      '[see below] {"a":1}',
      'Not ```this``` but {"a":1}',
    ]) {
      it(`should be found among other words: ${JSON.stringify(text)}`, async () => {
        await ask(text, JSON_OBJECT);
        assertReply({ a: 1 });
      });
    }

    it('should be a list that holds objects, among other words', async () => {
      await ask('Two of them: [{"a":1}, {"a":2}]. Fine?', JSON_OBJECT);
      assertReply([{ a: 1 }, { a: 2 }]);
    });

    it('should be whatever the only fence holds', async () => {
      await ask('The numbers {of today}:\n```\n[1, 2]\n```\nas [1] says', JSON_OBJECT);
      assertReply([1, 2]);
    });

    it('should keep what only looks like a fence', async () => {
      await ask('```json\n"```"\n```', JSON_OBJECT);
      assertReply('```');
    });

    it('should be a word in a fence that names no language', async () => {
      await ask('```\ntrue\n```', JSON_OBJECT);
      assertReply(true);
    });

    it('should be read in linear time, however much white space a model sends', async () => {
      const text = `\`\`\`json\n{"a":${' '.repeat(100_000)}${'\n'.repeat(100_000)}`;
      const before = performance.now();
      await ask(text, JSON_OBJECT);
      assertRefused('invalid_json', text);
      assert.ok(performance.now() - before < 5000);
    });

    it('should go to the output property', async () => {
      await ask('{"a":1}', { ...JSON_OBJECT, output: 'reading' });
      assert.deepEqual(flow.outputs.items[0].reading, { a: 1 });
      assert.equal(flow.outputs.items[0].payload, 'Read the sensor.');
    });

    it('should be an array of values when several are asked for', async () => {
      const choices = ['{"a":1}', '```\n{"a":2}\n```'].map((content, index) => ({
        index,
        message: { role: 'assistant', content },
        finish_reason: 'stop',
      }));
      const parameters = [{ name: 'n', value: '2', type: 'num' } as const];
      await ask('', { ...JSON_OBJECT, parameters }, {}, { choices });
      assertReply([{ a: 1 }, { a: 2 }]);
    });

    it('should fail when one of several is no JSON, with the text of that one', async () => {
      const choices = ['{"a":1}', 'Sorry.'].map((content, index) => ({
        index,
        message: { role: 'assistant', content },
        finish_reason: 'stop',
      }));
      const parameters = [{ name: 'n', value: '2', type: 'num' } as const];
      await ask('', { ...JSON_OBJECT, parameters }, {}, { choices });
      assertRefused('invalid_json', 'Sorry.');
    });

    it('should have no tool calls lost that the flow answers itself', async () => {
      const call = { id: 'a', type: 'function', function: { name: 'read', arguments: '{}' } };
      const message = { role: 'assistant', content: null, tool_calls: [call] };
      await ask('', JSON_SCHEMA, {}, { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
      assertReply('');
      assert.deepEqual(flow.outputs.items[0].vivgrid.tool_calls, [call]);
    });
  });

  describe('a reply that is no JSON', () => {
    for (const text of [
      'I am sorry.',
      '{"a":',
      '',
      '```json\nnot this\n```',
      '``````',
      // A citation, and lists of no objects, are as likely as not a part of the words.
      'The result, as [1] says, is good.',
      'Take [1, 2] or [3].',
      '```json\n{"a":\n```\nand\n```json\n1}\n```',
    ]) {
      it(`should be refused: ${JSON.stringify(text)}`, async () => {
        for (const chat of [JSON_OBJECT, JSON_SCHEMA]) {
          await ask(text, chat);
          assertRefused('invalid_json', text, /not valid JSON/);
          assert.deepEqual(flow.outputs.items, []);
          if (chat === JSON_OBJECT) {
            await flow.stop();
            await server.close();
          }
        }
      });
    }

    it('should be refused with the words of a model that refuses', async () => {
      const message = { role: 'assistant', content: null, refusal: 'I can not help with that.' };
      await ask('', JSON_SCHEMA, {}, { choices: [{ index: 0, message, finish_reason: 'stop' }] });
      assertRefused('invalid_json', '', /I can not help with that/);
    });

    it('should be refused with advice when it is cut by the limit of tokens', async () => {
      const message = { role: 'assistant', content: '{"sensor": "ha' };
      await ask('', JSON_SCHEMA, {}, { choices: [{ index: 0, message, finish_reason: 'length' }] });
      assertRefused('invalid_json', '{"sensor": "ha', /more tokens/);
    });

    it('should not be asked for again', async () => {
      server = await startRawServer((response) => sendJson(response, completion('No.')));
      flow = await startChatFlow({ config: { baseUrl: server.url, maxRetries: 3 }, chat: JSON_OBJECT });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assertRefused('invalid_json', 'No.');
      assert.deepStrictEqual(flow.caught.items[0].error.cause, { text: 'No.', attempts: 1 });
      assert.equal(server.requests.items.length, 1);
    });
  });

  describe('a reply that breaks the schema', () => {
    for (const [what, value, words] of [
      ['a missing property', { sensor: 'hall' }, /value/],
      ['a wrong type', { ...GOOD, value: 'warm' }, /\/value.*number/],
      ['a value out of range', { ...GOOD, value: 120 }, /\/value.*100/],
      ['a value of none of the choices', { ...GOOD, state: 'broken' }, /\/state.*ok.*alarm/],
      ['one property too many', { ...GOOD, colour: 'red' }, /colour/],
      ['no object', [GOOD], /object/],
      ['null', null, /object/],
    ] as const) {
      it(`should be refused: ${what}`, async () => {
        const text = JSON.stringify(value);
        await ask(text, JSON_SCHEMA);
        assertRefused('schema', text, /doesn't match the schema/, words);
        assert.deepEqual(flow.outputs.items, []);
      });
    }

    it('should be refused in a code fence, too, with the text as it came', async () => {
      const text = '```json\n{"sensor":"hall"}\n```';
      await ask(text, JSON_SCHEMA);
      assertRefused('schema', text);
    });

    it('should not keep the next one from being answered', async () => {
      await ask('{"sensor":"hall"}', JSON_SCHEMA);
      assertRefused('schema', '{"sensor":"hall"}');
      server.answer((response) => sendJson(response, completion(JSON.stringify(GOOD))));
      flow.input({ payload: 'again' });
      await flow.outputs.count(1);
      assert.deepEqual(flow.outputs.items[0].payload, GOOD);
    });
  });

  describe('schemas', () => {
    /** Answers with a value that fits and one that does not. */
    async function assertChecks(schema: object, fits: unknown, breaks: unknown): Promise<void> {
      await ask(JSON.stringify(fits), { format: 'json_schema', schema: JSON.stringify(schema) });
      assertReply(fits);
      assert.deepEqual(server.requests.items[0]?.body.response_format.json_schema.schema, schema);
      server.answer((response) => sendJson(response, completion(JSON.stringify(breaks))));
      flow.input({ payload: 'again' });
      await flow.ended(2);
      assertRefusedLast('schema');
    }
    const assertRefusedLast = (code: string): void =>
      assert.equal(flow.caught.items.at(-1)?.error.code, code);

    const tuple = { items: [{ type: 'number' }, { type: 'string' }], additionalItems: false };
    const prefixed = { prefixItems: [{ type: 'number' }, { type: 'string' }], items: false };
    for (const [what, schema, fits, breaks] of [
      [
        'draft-06',
        { $schema: 'http://json-schema.org/draft-06/schema#', type: 'number', exclusiveMinimum: 0 },
        1,
        0,
      ],
      [
        'draft-07, with a condition and definitions',
        {
          $schema: 'http://json-schema.org/draft-07/schema#',
          definitions: { on: { const: true } },
          if: { properties: { on: { $ref: '#/definitions/on' } } },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schemas
          then: { required: ['level'] },
        },
        { on: false },
        { on: true },
      ],
      [
        'draft-07 with a tuple',
        { $schema: 'http://json-schema.org/draft-07/schema#', ...tuple },
        [1, 'a'],
        ['a', 1],
      ],
      [
        '2019-09',
        {
          $schema: 'https://json-schema.org/draft/2019-09/schema',
          $defs: { level: { type: 'integer' } },
          allOf: [{ properties: { level: { $ref: '#/$defs/level' } } }],
          unevaluatedProperties: false,
          dependentRequired: { level: ['level'] },
        },
        { level: 3 },
        { level: 3, more: 1 },
      ],
      [
        '2020-12 with a tuple',
        { $schema: 'https://json-schema.org/draft/2020-12/schema', ...prefixed },
        [1, 'a'],
        ['a', 1],
      ],
      ['no draft named, tuple of draft-07', tuple, [1, 'a'], ['a', 1]],
      ['no draft named, tuple of 2020-12', prefixed, [1, 'a'], ['a', 1]],
      ['no draft named, dependencies of draft-07', { dependencies: { a: ['b'] } }, { a: 1, b: 2 }, { a: 1 }],
      [
        'unknown keywords and formats',
        {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          $id: 'https://plant.example/reading',
          $comment: 'for the pumps',
          id: 'reading',
          title: 'A reading',
          type: 'object',
          'x-unit': 'mm/s',
          propertyOrdering: ['at'],
          properties: {
            at: { type: 'string', format: 'date-time', example: 'now' },
            machine: { type: 'string', format: 'machine-id', widget: { rows: 2 } },
            id: { type: 'integer' },
          },
        },
        { at: 'yesterday', machine: 'pump-3', id: 1 },
        { at: 5 },
      ],
      [
        'nullable values, as OpenAPI has them',
        { properties: { a: { type: 'string', nullable: true }, b: { enum: ['x', null], nullable: true } } },
        { a: null, b: null },
        { a: 5 },
      ],
      [
        'nullable beside a type that has null already',
        { properties: { a: { type: ['string', 'null'], nullable: false } } },
        { a: null },
        { a: 5 },
      ],
      [
        "what the checker's own keywords spell, as names and data",
        {
          properties: { nullable: { $ref: '#/$defs/nullable' }, $async: { type: 'boolean' }, c: true },
          $defs: { nullable: { enum: [{ nullable: true }, { $async: true }] } },
          additionalProperties: false,
        },
        { nullable: { nullable: true }, $async: true },
        { nullable: {} },
      ],
      [
        'a keyword with which the checker would answer later',
        { $async: true, properties: { a: { $async: true, type: 'string' } } },
        { a: 'x' },
        { a: 5 },
      ],
      [
        'a pattern that strict regular expressions refuse',
        { type: 'string', pattern: '^\\d{4}\\-\\d\\d$' },
        '2026-11',
        '2026/11',
      ],
      ['a pattern with letters of all scripts', { type: 'string', pattern: '^\\p{L}+$' }, 'Grüße', '5'],
      ['an empty schema with not', { not: { type: 'null' } }, {}, null],
      [
        'a schema that holds itself',
        { type: 'object', properties: { next: { $ref: '#' } }, required: ['name'] },
        { name: 'a', next: { name: 'b' } },
        { name: 'a', next: {} },
      ],
    ] as const) {
      it(`should be checked: ${what}`, () => assertChecks(schema, fits, breaks));
    }

    it('should not need a fitting type for everything', async () => {
      await ask('{"a":1}', { format: 'json_schema', schema: '{}' });
      assertReply({ a: 1 });
    });

    for (const [what, schema, words] of [
      ['nothing', '', /Schema/],
      ['no JSON', '{"type": object}', /JSON/],
      ['no object', '["type"]', /object/],
      ['a boolean', 'true', /object/],
      ['an unknown type', '{"type":"objekt"}', /Schema/],
      ['a reference that leads nowhere', '{"$ref":"#/$defs/none"}', /none/],
      ['a reference to somewhere else', '{"$ref":"https://plant.example/schema.json"}', /plant\.example/],
      ['a pattern that is none', '{"pattern":"("}', /Schema/],
    ] as const) {
      it(`should be refused before anything is sent: ${what}`, async () => {
        await ask('{}', { format: 'json_schema', schema });
        assertRefused('config', undefined, words, /[Cc]orrect/);
        assert.deepEqual(server.requests.items, []);
        flow.input({ payload: 'again' });
        await flow.ended(2);
        assert.deepEqual(
          flow.caught.items.map(({ error }) => error.code),
          ['config', 'config'],
        );
      });
    }

    it('should not matter where the format needs none', async () => {
      await ask('{}', { ...JSON_OBJECT, schema: 'not a schema' });
      assertReply({});
    });
  });

  describe('streamed', () => {
    /** What arrives at the second output. */
    async function askWhole(text: string, chat: Partial<ChatSettings>): Promise<Collector<Message>> {
      server = await startRawServer((response) =>
        sendStream(response, streamText(chunksOf(text.match(/[\s\S]{1,5}/g) ?? []))),
      );
      flow = await startChatFlow({
        config: { baseUrl: server.url, maxRetries: 0 },
        chat: { stream: true, whole: true, outputs: 2, ...chat },
        ...wholeNode,
      });
      const whole = new Collector<Message>();
      flow.node('whole').on('input', (message: Message) => whole.add(message));
      flow.input({ payload: 'Read the sensor.' });
      await flow.ended(1);
      return whole;
    }

    it('should send text in chunks, and the value as the whole reply', async () => {
      const text = `\`\`\`json\n${JSON.stringify(GOOD)}\n\`\`\``;
      const whole = await askWhole(text, JSON_SCHEMA);
      const [message] = await whole.count(1);
      assert.deepEqual(message.payload, GOOD);
      const chunks = flow.outputs.items.map(({ payload }) => payload);
      assert.equal(chunks.join(''), text);
      assert.ok(chunks.length > 5);
      assert.equal(flow.outputs.items.at(-1)?.complete, true);
      assert.equal(flow.outputs.items.at(-1)?.payload, '');
    });

    it('should close growing messages with text, too', async () => {
      const whole = await askWhole('{"a":1}', { ...JSON_OBJECT, chunks: 'growing' });
      assert.deepEqual((await whole.count(1))[0].payload, { a: 1 });
      assert.equal(flow.outputs.items.at(-1)?.payload, '{"a":1}');
    });

    for (const [code, text] of [
      ['invalid_json', 'I am sorry, no.'],
      ['schema', '{"sensor":"hall"}'],
    ] as const) {
      it(`should end in ${code} and without a closing message`, async () => {
        const whole = await askWhole(text, JSON_SCHEMA);
        assertRefused(code, text);
        assert.deepEqual(whole.items, []);
        assert.equal(flow.outputs.items.map(({ payload }) => payload).join(''), text);
        assert.ok(flow.outputs.items.every(({ complete }) => complete === undefined));
        const [{ parts }] = flow.caught.items;
        assert.equal(parts.id, flow.outputs.items[0].parts.id);
        assert.equal(parts.index, flow.outputs.items.length);
      });
    }

    it('should send what an interval held back before it fails', async () => {
      const text = '{"sensor":"hall"}';
      await askWhole(text, { ...JSON_SCHEMA, interval: 60_000 });
      assertRefused('schema', text);
      assert.equal(flow.outputs.items.map(({ payload }) => payload).join(''), text);
    });

    it('should tell the words of a model that refuses', async () => {
      server = await startRawServer((response) =>
        sendStream(
          response,
          streamText([chunk({ refusal: 'I can not ' }), chunk({ refusal: 'help.' }), chunk({}, 'stop')]),
        ),
      );
      flow = await startChatFlow({ config: { baseUrl: server.url }, chat: { stream: true, ...JSON_SCHEMA } });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assertRefused('invalid_json', '', /I can not help/);
    });
  });
});

describe('the checker of schemas', () => {
  /** Whether a process of its own has it loaded after the engine and a format. */
  function isLoadedFor(settings: object): boolean {
    const code = `import { createRequire } from 'node:module';
      import './chat/chat-engine.ts';
      import { createReplyFormat } from './reply/json-reply.ts';
      await createReplyFormat(${JSON.stringify(settings)});
      const { cache } = createRequire(import.meta.url);
      console.log(Object.keys(cache).some((file) => file.split(/\\W/).includes('ajv')));`;
    const args = ['--input-type=module', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '-e', code];
    const cwd = join(import.meta.dirname, '../../nodes/lib');
    return JSON.parse(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' }));
  }

  it('should be loaded only where there is one', () => {
    assert.equal(isLoadedFor({ format: 'json_object' }), false);
    assert.equal(isLoadedFor({ format: 'json_schema', schema: '{}', schemaName: '' }), true);
  });
});
