import assert from 'node:assert/strict';
import type { SchemaField } from '../../../nodes/lib/schema/table.ts';
import { readSchemaTable, readValues, writeSchemaTable } from '../../../nodes/lib/schema/table.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    room: { type: 'string', description: 'Where', enum: ['hall', 'living room'] },
    level: { type: 'integer', enum: [0, 50, 100] },
    dim: { type: 'boolean' },
    factor: { type: 'number', description: 'How much' },
    colours: {
      type: 'array',
      description: 'In this order',
      items: { type: 'string', enum: ['red', 'a, b'] },
    },
    times: { type: 'array', items: { type: 'number' } },
  },
  required: ['room', 'dim'],
};

const ROWS: SchemaField[] = [
  { name: 'room', type: 'string', description: 'Where', required: true, values: 'hall, living room' },
  { name: 'level', type: 'integer', description: '', required: false, values: '0, 50, 100' },
  { name: 'dim', type: 'boolean', description: '', required: true, values: '' },
  { name: 'factor', type: 'number', description: 'How much', required: false, values: '' },
  {
    name: 'colours',
    type: 'string[]',
    description: 'In this order',
    required: false,
    values: '["red","a, b"]',
  },
  { name: 'times', type: 'number[]', description: '', required: false, values: '' },
];

describe('The table of a schema', () => {
  it('should be read from a schema', () => {
    assert.deepEqual(readSchemaTable(JSON.stringify(SCHEMA)), { fields: ROWS, kept: {} });
  });

  it('should be written as that schema again', () => {
    assert.deepEqual(JSON.parse(writeSchemaTable(ROWS, {})), SCHEMA);
  });

  it('should be empty for no schema, and write none', () => {
    for (const text of ['', ' \n']) assert.deepEqual(readSchemaTable(text), { fields: [], kept: {} });
    assert.equal(writeSchemaTable([], {}), '');
  });

  it('should keep what it does not show', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {},
      additionalProperties: false,
    };
    const table = readSchemaTable(JSON.stringify(schema));
    assert.ok('kept' in table);
    assert.deepEqual(JSON.parse(writeSchemaTable(table.fields, table.kept)), schema);
  });

  it('should know a field whatever its name is', () => {
    const text = '{"type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}';
    const table = readSchemaTable(text);
    assert.ok('kept' in table);
    assert.equal(table.fields[0]?.name, '__proto__');
    assert.deepEqual(JSON.parse(writeSchemaTable(table.fields, table.kept)), JSON.parse(text));
  });

  const refused: [schema: string, problem: object][] = [
    ['[]', { problem: 'object' }],
    ['"text"', { problem: 'object' }],
    ['{"properties":{}}', { problem: 'object' }],
    ['{"type":"object","title":"T"}', { problem: 'keyword', name: 'title', where: '' }],
    ['{"type":"object","required":["a"]}', { problem: 'keyword', name: 'required', where: '' }],
    [
      '{"type":"object","additionalProperties":{}}',
      { problem: 'keyword', name: 'additionalProperties', where: '' },
    ],
    ['{"type":"object","properties":{"a":true}}', { problem: 'keyword', name: 'true', where: 'a' }],
    [
      '{"type":"object","properties":{"a":{"type":"number","minimum":0}}}',
      { problem: 'keyword', name: 'minimum', where: 'a' },
    ],
    [
      '{"type":"object","properties":{"a":{"type":"object"}}}',
      { problem: 'keyword', name: '"object"', where: 'a' },
    ],
    [
      '{"type":"object","properties":{"a":{"type":["string","null"]}}}',
      { problem: 'keyword', name: '["string","null"]', where: 'a' },
    ],
    ['{"type":"object","properties":{"a":{}}}', { problem: 'keyword', name: '"type"', where: 'a' }],
    [
      '{"type":"object","properties":{"a":{"type":"string","enum":["x",null]}}}',
      { problem: 'keyword', name: 'enum', where: 'a' },
    ],
    [
      '{"type":"object","properties":{"a":{"type":"array"}}}',
      { problem: 'keyword', name: 'array', where: 'a' },
    ],
    [
      '{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"maxItems":2}}}',
      { problem: 'keyword', name: 'maxItems', where: 'a' },
    ],
  ];
  for (const [schema, problem] of refused) {
    it(`should say why it can not show ${schema}`, () => {
      assert.deepEqual(readSchemaTable(schema), problem);
    });
  }

  it('should say what is no JSON', () => {
    const table = readSchemaTable('{"type":');
    assert.equal('problem' in table && table.problem, 'json');
  });

  it('should take allowed values with commas or as JSON', () => {
    assert.deepEqual(readValues('on, off,, auto ', 'string'), ['on', 'off', 'auto']);
    assert.deepEqual(readValues('["a, b", " c"]', 'string'), ['a, b', ' c']);
    assert.deepEqual(readValues('1, 2.5', 'number'), [1, 2.5]);
    assert.deepEqual(readValues('[1, 2]', 'string[]'), ['1', '2']);
    assert.deepEqual(readValues('', 'boolean'), []);
    for (const [text, type] of [
      ['1, two', 'number'],
      ['1.5', 'integer'],
      ['[1', 'number'],
      ['[null]', 'string'],
      ['true', 'boolean'],
    ] as const) {
      assert.equal(readValues(text, type), undefined, `${text} (${type})`);
    }
  });
});
