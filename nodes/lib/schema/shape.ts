// What no JSON schema may look like, told without a schema compiler: cheap enough for every keystroke in a form.
import { isObject } from '../common/is-object.ts';

/** The place in the schema, such as `/properties/name`, and what has to stand there. */
export interface SchemaProblem {
  path: string;
  expected: Expected;
}

type Expected = 'object' | 'schema' | 'schemas' | 'type' | 'names' | 'array' | 'text' | 'number' | 'boolean';

/**
 * Finds the first thing that is wrong in every draft from 06 up to 2020-12. What it lets pass may still not compile;
 * keywords that it does not know are not looked into.
 */
export function findSchemaProblem(schema: unknown): SchemaProblem | undefined {
  return isObject(schema) ? problemIn(schema, '') : { path: '', expected: 'object' };
}

type Find = (value: unknown, path: string) => SchemaProblem | undefined;

function problemIn(schema: Record<string, unknown>, path: string): SchemaProblem | undefined {
  for (const [keyword, value] of Object.entries(schema)) {
    const find = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    const problem = find?.(value, `${path}/${keyword}`);
    if (problem) return problem;
  }
  return undefined;
}

function must(expected: Expected, isFine: (value: unknown) => boolean): Find {
  return (value, path) => (isFine(value) ? undefined : { path, expected });
}

const aSchema: Find = (value, path) => {
  if (typeof value === 'boolean') return undefined;
  return isObject(value) ? problemIn(value, path) : { path, expected: 'schema' };
};

const someSchemas: Find = (value, path) =>
  Array.isArray(value) && value.length > 0
    ? firstProblem(Object.entries(value), path)
    : { path, expected: 'schemas' };

const namedSchemas: Find = (value, path) =>
  isObject(value) ? firstProblem(Object.entries(value), path) : { path, expected: 'object' };

// Tuples were arrays of schemas up to draft 2019-09.
const schemaOrSchemas: Find = (value, path) =>
  Array.isArray(value) ? firstProblem(Object.entries(value), path) : aSchema(value, path);

function firstProblem(schemas: [string, unknown][], path: string): SchemaProblem | undefined {
  for (const [name, schema] of schemas) {
    const problem = aSchema(schema, `${path}/${name}`);
    if (problem) return problem;
  }
  return undefined;
}

const TYPES: ReadonlySet<unknown> = new Set([
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'null',
]);

const aType = must('type', (value) =>
  Array.isArray(value) ? value.length > 0 && value.every((type) => TYPES.has(type)) : TYPES.has(value),
);
const someNames = must(
  'names',
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
);
const aNumber = must('number', (value) => typeof value === 'number');
const aText = must('text', (value) => typeof value === 'string');

const KEYWORDS: Readonly<Record<string, Find>> = {
  type: aType,
  enum: must('array', Array.isArray),
  required: someNames,
  properties: namedSchemas,
  patternProperties: namedSchemas,
  definitions: namedSchemas,
  $defs: namedSchemas,
  additionalProperties: aSchema,
  propertyNames: aSchema,
  items: schemaOrSchemas,
  contains: aSchema,
  not: aSchema,
  if: aSchema,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schema
  then: aSchema,
  else: aSchema,
  allOf: someSchemas,
  anyOf: someSchemas,
  oneOf: someSchemas,
  minimum: aNumber,
  maximum: aNumber,
  exclusiveMinimum: aNumber,
  exclusiveMaximum: aNumber,
  multipleOf: aNumber,
  minLength: aNumber,
  maxLength: aNumber,
  minItems: aNumber,
  maxItems: aNumber,
  uniqueItems: must('boolean', (value) => typeof value === 'boolean'),
  pattern: aText,
  title: aText,
  description: aText,
  $ref: aText,
};
