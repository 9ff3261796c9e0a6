// An example of JSON that stands where a schema should: told apart from one, and turned into one.
import { isObject } from '../common/is-object.ts';
import { findSchemaProblem } from './shape.ts';

/**
 * Whether this is probably an example and not a schema: an array with something in it, or an object with names of its
 * own, in which no keyword says what a value must be like.
 */
export function isExample(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (!isObject(value)) return false;
  const kinds = Object.entries(value).map(([name, content]) => kindOf(name, content));
  return kinds.includes('data') && !kinds.includes('keyword');
}

/**
 * The schema that an example stands for. A number may have decimals next time, so none is taken for an integer. Items of
 * an array have one schema, in which a property is required when all of them have it.
 */
export function schemaOfExample(example: unknown): object {
  return schemaOf([example]);
}

/** `note`: a keyword that leaves open whether this is a schema. */
function kindOf(name: string, content: unknown): 'keyword' | 'note' | 'data' {
  if (ANNOTATIONS.has(name)) return 'note';
  if (!CONSTRAINTS.has(name)) return 'data';
  // `items` is also what many a list in plain data is called.
  if (!HOLDS_DATA.has(name) && schemasIn(name, content).some((inner) => isObject(inner) && isExample(inner)))
    return 'data';
  return findSchemaProblem({ [name]: content }) ? 'note' : 'keyword';
}

function schemasIn(name: string, content: unknown): unknown[] {
  return HOLDS_SCHEMAS_BY_NAME.has(name) || Array.isArray(content) ? Object.values(content ?? {}) : [content];
}

const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'example',
  'examples',
  'format',
  'id',
  '$id',
  '$comment',
  'deprecated',
  'readOnly',
  'writeOnly',
  'nullable',
  'contentEncoding',
  'contentMediaType',
]);

const HOLDS_DATA: ReadonlySet<string> = new Set(['const', 'enum']);

const HOLDS_SCHEMAS_BY_NAME: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
  '$defs',
  'definitions',
]);

const CONSTRAINTS: ReadonlySet<string> = new Set([
  ...HOLDS_DATA,
  ...HOLDS_SCHEMAS_BY_NAME,
  '$schema',
  '$ref',
  '$dynamicRef',
  '$recursiveRef',
  '$anchor',
  '$dynamicAnchor',
  '$vocabulary',
  'type',
  'required',
  'dependentRequired',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'items',
  'prefixItems',
  'additionalItems',
  'unevaluatedItems',
  'contains',
  'minContains',
  'maxContains',
  'minItems',
  'maxItems',
  'uniqueItems',
  'not',
  'if',
  'then',
  'else',
  'allOf',
  'anyOf',
  'oneOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'contentSchema',
]);

function schemaOf(examples: readonly unknown[]): object {
  const types = [...new Set(examples.map(typeOf))];
  const schemas = types.map((type) =>
    schemaOfType(
      type,
      examples.filter((example) => typeOf(example) === type),
    ),
  );
  return schemas.length === 1 ? (schemas[0] as object) : schemas.length === 0 ? {} : { anyOf: schemas };
}

function schemaOfType(type: string, values: readonly unknown[]): object {
  if (type === 'array') return { type, items: schemaOf((values as unknown[][]).flat()) };
  if (type !== 'object') return { type };
  const objects = values as Record<string, unknown>[];
  const names = [...new Set(objects.flatMap(Object.keys))];
  const having = (name: string) => objects.filter((object) => Object.hasOwn(object, name));
  const required = names.filter((name) => having(name).length === objects.length);
  return {
    type,
    properties: Object.fromEntries(
      names.map((name) => [name, schemaOf(having(name).map((object) => object[name]))]),
    ),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
