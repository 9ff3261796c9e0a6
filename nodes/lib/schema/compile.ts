// JSON schemas of draft-06 up to 2020-12, checked by ajv, which is loaded only when a node has a schema.

import type Ajv from 'ajv';
import type { ErrorObject } from 'ajv';
import { ChatError, type ErrorKey, wordsOf } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';

/** Checks a value; gives the first thing that is wrong with it in words, or nothing. */
export type CheckSchema = (value: unknown) => string | undefined;

type Dialect = 'draft-07' | '2019-09' | '2020-12';

const LOADERS: Readonly<Record<Dialect, () => Promise<typeof Ajv>>> = {
  'draft-07': async () => (await import('ajv')).Ajv,
  '2019-09': async () => (await import('ajv/dist/2019.js')).Ajv2019 as unknown as typeof Ajv,
  '2020-12': async () => (await import('ajv/dist/2020.js')).Ajv2020 as unknown as typeof Ajv,
};

/** @throws ChatError `config` for a text that is no JSON object */
export function parseSchema(text: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ChatError('schema_no_json', { words: wordsOf(error) });
  }
  if (!isObject(parsed)) throw new ChatError('schema_no_json', { words: 'it must be an object' });
  return parsed;
}

/**
 * Rejects with a ChatError of the given key (`__words__` says why) for a schema that the checker can't compile.
 * @param params more values for the error's text
 */
export async function compileSchema(
  schema: object,
  key: ErrorKey,
  params: Record<string, string> = {},
): Promise<CheckSchema> {
  const { $schema, ...rest } = schema as { $schema?: unknown };
  let problem: unknown;
  for (const dialect of dialectsOf($schema)) {
    try {
      const Checker = await LOADERS[dialect]();
      // Unknown keywords and formats are the model's business, not an error.
      const checker = new Checker({ strict: false, validateFormats: false, logger: false, code: { regExp } });
      checker.removeKeyword('id');
      const validate = checker.compile(withoutOwnKeywords(rest) as object);
      return (value) => (validate(value) ? undefined : problemOf(validate.errors?.[0]));
    } catch (error) {
      problem ??= error;
    }
  }
  throw new ChatError(key, { ...params, words: wordsOf(problem) });
}

// A schema that does not say is mostly one that all drafts understand; tuples differ between the two named here.
function dialectsOf($schema: unknown): Dialect[] {
  const named = String($schema ?? '');
  if (named.includes('2019-09')) return ['2019-09'];
  if (named.includes('2020-12')) return ['2020-12'];
  if (named.includes('draft-0')) return ['draft-07'];
  return ['2020-12', 'draft-07'];
}

// Patterns are written for either kind of regular expression: `\p{L}` needs the one, `\-` the other.
const regExp = Object.assign(
  (pattern: string): RegExp => {
    try {
      return new RegExp(pattern, 'u');
    } catch {
      return new RegExp(pattern);
    }
  },
  // For schemas that are written out as code, which none is here.
  { code: 'regExp' },
);

// Keywords whose value is data, and those that hold schemas under names of their author's choice.
const DATA: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples']);
const SCHEMAS_BY_NAME: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
  '$defs',
  'definitions',
]);

/**
 * Leaves out the keywords that JSON schemas don't have and the checker takes for its own. With `$async` it would answer
 * with a promise. OpenAPI's `nullable` it refuses but beside a type that it can add null to.
 */
function withoutOwnKeywords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutOwnKeywords);
  if (!isObject(schema)) return schema;
  return mapEntries(schema, (keyword, value) => {
    if (keyword === '$async') return undefined;
    if (keyword === 'nullable') return value === true && 'type' in schema ? value : undefined;
    if (DATA.has(keyword)) return value;
    const isMap = SCHEMAS_BY_NAME.has(keyword) && isObject(value);
    return isMap ? mapEntries(value, (_name, item) => withoutOwnKeywords(item)) : withoutOwnKeywords(value);
  });
}

function mapEntries(object: object, map: (name: string, value: unknown) => unknown): object {
  const entries = Object.entries(object).map(([name, value]) => [name, map(name, value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function problemOf(error: ErrorObject | undefined): string {
  const { instancePath = '', message = '', params = {} } = error ?? {};
  // What the checker's own words leave out.
  const { additionalProperty, unevaluatedProperty, allowedValues, allowedValue } = params;
  const detail = additionalProperty ?? unevaluatedProperty ?? allowedValues ?? allowedValue;
  return `${instancePath || '/'} ${message}${detail === undefined ? '' : `: ${JSON.stringify(detail)}`}`;
}
