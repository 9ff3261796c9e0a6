import assert from 'node:assert/strict';
import { compileSchema } from '../../../nodes/lib/schema/compile.ts';
import { isExample, schemaOfExample } from '../../../nodes/lib/schema/example.ts';

describe('An example in place of a schema', () => {
  const EXAMPLES: unknown[] = [
    { severity: 'low, medium or high', reason: 'short text' },
    { title: 'A title', author: 'Ada' },
    { type: 'alarm', level: 3 },
    { items: [{ name: 'bolt', price: 2 }], total: 5 },
    { items: [{ name: 'bolt' }] },
    { required: 'yes', done: false },
    { properties: { colour: 'red' }, name: 'x' },
    [{ a: 1 }],
    ['text'],
    { __proto__: null, constructor: 'x' },
  ];
  for (const example of EXAMPLES) {
    it(`should be seen in ${JSON.stringify(example)}`, () => {
      assert.equal(isExample(example), true);
    });
  }

  const SCHEMAS: unknown[] = [
    {},
    { type: 'object' },
    { type: 'object', 'x-order': 5 },
    { type: ['string', 'null'], severity: 'low' },
    { properties: { severity: { type: 'string' } }, note: 'mine' },
    { anyOf: [{ type: 'string' }, { type: 'null' }] },
    { $ref: '#/$defs/a', $defs: { a: { type: 'string' } } },
    { enum: [{ severity: 'low' }] },
    { const: { severity: 'low' } },
    { required: ['a'] },
    { items: { type: 'string' } },
    { additionalProperties: false },
    { title: 'Anything', description: 'at all' },
    // Mistakes in a schema, of which something else is said.
    { type: 'text' },
    { type: 'strin', description: 'unfinished' },
    [],
    'text',
    5,
    true,
    null,
  ];
  for (const schema of SCHEMAS) {
    it(`should not be seen in ${JSON.stringify(schema)}`, () => {
      assert.equal(isExample(schema), false);
    });
  }

  const object = (properties: object, required = Object.keys(properties)) => ({
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  });
  const INFERRED: [example: unknown, schema: object][] = [
    [
      { severity: 'low', level: 3, ok: true, gone: null },
      object({
        severity: { type: 'string' },
        level: { type: 'number' },
        ok: { type: 'boolean' },
        gone: { type: 'null' },
      }),
    ],
    [{ tags: ['a', 'b'] }, object({ tags: { type: 'array', items: { type: 'string' } } })],
    [{ tags: [] }, object({ tags: { type: 'array', items: {} } })],
    [
      [{ a: 1, b: 'x' }, { a: 2.5 }],
      { type: 'array', items: object({ a: { type: 'number' }, b: { type: 'string' } }, ['a']) },
    ],
    [
      { mixed: [1, 'x'] },
      object({ mixed: { type: 'array', items: { anyOf: [{ type: 'number' }, { type: 'string' }] } } }),
    ],
    [{ at: { room: 'hall' } }, object({ at: object({ room: { type: 'string' } }) })],
  ];
  for (const [example, schema] of INFERRED) {
    it(`should become a schema that ${JSON.stringify(example)} matches`, async () => {
      const inferred = schemaOfExample(example);
      assert.deepEqual(inferred, schema);
      assert.equal(isExample(inferred), false);
      const check = await compileSchema(inferred, 'schema_invalid');
      assert.equal(check(example), undefined);
    });
  }
});
