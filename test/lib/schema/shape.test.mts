import assert from 'node:assert/strict';
import { compileSchema } from '../../../nodes/lib/schema/compile.ts';
import { findSchemaProblem, type SchemaProblem } from '../../../nodes/lib/schema/shape.ts';

describe('The look at a schema without a compiler', () => {
  const WRONG: [schema: unknown, problem: SchemaProblem][] = [
    [[], { path: '', expected: 'object' }],
    [null, { path: '', expected: 'object' }],
    ['object', { path: '', expected: 'object' }],
    [{ type: 'text' }, { path: '/type', expected: 'type' }],
    [{ type: [] }, { path: '/type', expected: 'type' }],
    [{ type: ['string', 'nothing'] }, { path: '/type', expected: 'type' }],
    [{ properties: [] }, { path: '/properties', expected: 'object' }],
    [{ properties: { a: 'string' } }, { path: '/properties/a', expected: 'schema' }],
    [{ properties: { a: { type: 'str' } } }, { path: '/properties/a/type', expected: 'type' }],
    [{ required: 'a' }, { path: '/required', expected: 'names' }],
    [{ properties: { a: { required: true } } }, { path: '/properties/a/required', expected: 'names' }],
    [{ enum: 'a' }, { path: '/enum', expected: 'array' }],
    [{ items: 'string' }, { path: '/items', expected: 'schema' }],
    [{ items: { items: { type: 'x' } } }, { path: '/items/items/type', expected: 'type' }],
    [{ anyOf: [] }, { path: '/anyOf', expected: 'schemas' }],
    [{ oneOf: [{ type: 'string' }, 'null'] }, { path: '/oneOf/1', expected: 'schema' }],
    [{ additionalProperties: 'no' }, { path: '/additionalProperties', expected: 'schema' }],
    [{ minimum: '1' }, { path: '/minimum', expected: 'number' }],
    [
      { exclusiveMinimum: true, minimum: 1 },
      { path: '/exclusiveMinimum', expected: 'number' },
    ],
    [{ pattern: 1 }, { path: '/pattern', expected: 'text' }],
    [{ uniqueItems: 'yes' }, { path: '/uniqueItems', expected: 'boolean' }],
  ];
  for (const [schema, problem] of WRONG) {
    it(`should refuse ${JSON.stringify(schema)}, as the compiler does`, async () => {
      assert.deepEqual(findSchemaProblem(schema), problem);
      if (problem.path !== '') await assert.rejects(compileSchema(schema as object, 'schema_invalid'));
    });
  }

  const RIGHT: object[] = [
    {},
    { type: ['string', 'null'] },
    { properties: { type: { type: 'string' }, required: { enum: [1, null, 'a'] } }, required: ['type'] },
    { properties: { constructor: true, __proto__: false, toString: { type: 'null' } } },
    { items: [{ type: 'string' }, true], $schema: 'http://json-schema.org/draft-07/schema#' },
    { prefixItems: [{ type: 'string' }], items: false },
    { $defs: { a: { type: 'string' } }, $ref: '#/$defs/a' },
    { if: { minimum: 1 }, else: { not: {} } },
    { toString: 'what', 'x-order': 5, format: 'made-up', example: { type: 'nothing' } },
    { enum: [{ type: 'nothing' }], const: { required: true }, default: { properties: 1 } },
  ];
  for (const schema of RIGHT) {
    it(`should let ${JSON.stringify(schema)} pass, as the compiler does`, async () => {
      assert.equal(findSchemaProblem(schema), undefined);
      await compileSchema(schema, 'schema_invalid');
    });
  }
});
