// The rows of the parameters list, made into fields of the request body.
import { ChatError, wordsOf } from '../common/errors.ts';
import type { Evaluate } from '../common/evaluate.ts';
import type { ParameterRow } from '../common/settings.ts';
import { toPlain, toText } from '../common/to-text.ts';
import { coerceParameter } from './coerce-parameter.ts';
import { type DocumentedParameter, OWNED_FIELDS, PARAMETERS, type ParameterKind } from './parameters.ts';

/** Evaluates the rows for a message. Rejects with a ChatError `parameter` that names the parameter. */
export type ParametersBuilder = (message: object) => Promise<Record<string, unknown>>;

/** Only what is listed is sent; `undefined`, `null` and blank text are not, `0` and `false` are. */
export function createParametersBuilder(
  rows: readonly ParameterRow[],
  evaluate: Evaluate,
): ParametersBuilder {
  const named = rows
    .map((row) => ({ ...row, name: row.name.trim() }))
    // The editor's literal types would turn a blank into 0, false or a JSON error.
    .filter(({ name, value }) => name !== '' && value.trim() !== '');
  return async (message) => {
    if (named.length === 0) return {};
    const entries = await Promise.all(
      named.map(async (row) => [row.name, await parameterValue(row, evaluate, message)] as const),
    );
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };
}

async function parameterValue(row: ParameterRow, evaluate: Evaluate, message: object): Promise<unknown> {
  const { name, value, type } = row;
  if (OWNED_FIELDS.includes(name)) throw new ChatError('parameter_owned', { name });
  const documented = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
  let found: unknown;
  try {
    found = await evaluate(value, type, message);
  } catch (error) {
    throw new ChatError('parameter_value', { name, type, value, words: wordsOf(error) });
  }
  if (typeof found === 'object') found = asSent(name, found);
  if (found === undefined || found === null || isBlank(found, documented)) return undefined;
  if (typeof found === 'number' && !Number.isFinite(found)) throw notOfKind(name, value, 'number');
  return documented ? coerce(name, found, documented) : asSent(name, found);
}

// White space says nothing, but where texts that end the reply are asked for: a line break is one.
function isBlank(value: unknown, documented: DocumentedParameter | undefined): boolean {
  if (typeof value !== 'string') return false;
  return (documented?.kind === 'string[]' ? value : value.trim()) === '';
}

// What JSON can't hold has to show now, and what the flow changes later must not change a request that waits. Messages
// from a broker or a socket have Buffers where there is text.
function asSent(name: string, value: unknown): unknown {
  try {
    return toPlain(value);
  } catch (error) {
    throw new ChatError('parameter_json', { name, words: wordsOf(error) });
  }
}

function coerce(name: string, value: unknown, documented: DocumentedParameter): unknown {
  const coerced = coerceParameter(value, documented);
  if (!('problem' in coerced)) return coerced.value;
  if (coerced.problem === 'kind') throw notOfKind(name, value, documented.kind);
  const { min = '', max = '' } = documented;
  throw new ChatError('parameter_range', { name, value: coerced.value, min, max });
}

function notOfKind(name: string, value: unknown, kind: ParameterKind): ChatError {
  let shown: string;
  try {
    shown = toText(value);
  } catch {
    shown = typeof value;
  }
  return new ChatError('parameter_kind', { name, value: shown, kind });
}
