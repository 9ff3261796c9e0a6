// Brings a value to the type that the API documents for a parameter. Shared by the runtime, which sends the
// result, and the editor, which refuses a literal that the runtime would refuse.
import { isObject } from '../common/is-object.ts';
import { parseJson } from '../common/parse-json.ts';
import type { DocumentedParameter, ParameterKind } from './parameters.ts';

/** `kind`: it can't be read as that kind; `range`: it can, but is out of the documented range. */
export type Coerced = { value: unknown } | { problem: 'kind' } | { problem: 'range'; value: number };

export function coerceParameter(
  value: unknown,
  { kind, min, max, orObject = false }: DocumentedParameter,
): Coerced {
  const object = orObject ? toObject(value) : undefined;
  if (object) return { value: object };
  const coerced = COERCIONS[kind](value);
  if (coerced === undefined) return { problem: 'kind' };
  if (typeof coerced === 'number' && (coerced < (min ?? -Infinity) || coerced > (max ?? Infinity))) {
    return { problem: 'range', value: coerced };
  }
  return { value: coerced };
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** Each kind's rule; `undefined` = this value can't be read as that kind. */
const COERCIONS: Readonly<Record<ParameterKind, (value: unknown) => unknown>> = {
  number: toNumber,
  integer: (value) => {
    const number = toNumber(value);
    return Number.isInteger(number) ? number : undefined;
  },
  boolean: (value) => {
    if (typeof value === 'boolean') return value;
    return BOOLEANS.get(String(value).trim().toLowerCase());
  },
  string: (value) => (typeof value === 'object' ? undefined : String(value)),
  'string[]': (value) => {
    const parsed = typeof value === 'string' ? textsOf(value) : value;
    const list = Array.isArray(parsed) ? parsed : [parsed];
    return list.every((item) => typeof item === 'string' || typeof item === 'number')
      ? list.map(String)
      : undefined;
  },
  object: toObject,
  json: (value) => value,
};

function toObject(value: unknown): object | undefined {
  const object = typeof value === 'string' ? parseJson(value) : value;
  return isObject(object) ? object : undefined;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

// A variable of the environment has no other way to hold several. `[1]` is more likely meant as it stands.
function textsOf(text: string): string | string[] {
  const list = parseJson(text);
  const areTexts = Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string');
  return areTexts ? list : text;
}
