// JSON schemas of draft-06 up to 2020-12, checked by ajv, which is loaded only when a node has a schema.
import type Ajv from 'ajv';
import { ChatError, type ErrorKey, wordsOf } from './errors.ts';

/** Checks a value; gives the first thing that is wrong with it in words, or nothing. */
export type CheckSchema = (value: unknown) => string | undefined;

type Dialect = 'draft-07' | '2019-09' | '2020-12';

const LOADERS: Readonly<Record<Dialect, () => Promise<typeof Ajv>>> = {
  'draft-07': async () => (await import('ajv')).Ajv,
  '2019-09': async () => (await import('ajv/dist/2019.js')).Ajv2019 as unknown as typeof Ajv,
  '2020-12': async () => (await import('ajv/dist/2020.js')).Ajv2020 as unknown as typeof Ajv,
};

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
      const checker = new Checker({ strict: false, validateFormats: false, logger: false });
      const validate = checker.compile(rest);
      return (value) => {
        if (validate(value)) return undefined;
        const [error] = validate.errors ?? [];
        return `${error?.instancePath || '/'} ${error?.message ?? ''}`.trim();
      };
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
