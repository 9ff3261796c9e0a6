// One rule for how a value from a flow is written, for templates, typed rows, parameters and tool results alike.
import { types } from 'node:util';
import { bytesOf } from './bytes.ts';
import { isPlainObject } from './is-object.ts';

/**
 * Text as it is; numbers, booleans and bigints as text; binary data as UTF-8; Dates as ISO; Errors, regular expressions,
 * URLs and their search parameters as they read; all other objects as JSON, Maps as objects, Sets and typed arrays as
 * lists; `undefined` and `null` as nothing.
 * @throws TypeError for what JSON can't hold (a circular object, such as `msg.req`)
 */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  const form = formOf(value);
  if (typeof form === 'string') return form;
  return (
    JSON.stringify(
      form,
      createReplacer((bigint) => String(bigint)),
    ) ?? ''
  );
}

/**
 * A copy that is plain data, in the forms that `toText` writes.
 * @throws TypeError for what JSON can't hold (a circular object, a bigint)
 */
export function toPlain(value: unknown): unknown {
  if (typeof value !== 'object' && typeof value !== 'bigint') return value;
  const text = JSON.stringify(
    value,
    createReplacer((bigint) => bigint),
  );
  return text === undefined ? undefined : JSON.parse(text);
}

/** The object that a Map stands for, and the list that a Set or a typed array does; anything else as it is. */
export function asData(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isData(value) || bytesOf(value)) return value;
  if (types.isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [toText(key), item]));
  return types.isSet(value) || types.isTypedArray(value) ? Array.from<unknown>(value) : value;
}

/** The text, the object or the list that an object comes out as; most stand for themselves. */
function formOf(value: object): unknown {
  if (isData(value)) return value;
  const bytes = bytesOf(value);
  if (bytes) return bytes.toString('utf8');
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  return readsAsText(value) ? String(value) : asData(value);
}

function isData(value: object): boolean {
  return Array.isArray(value) || isPlainObject(value);
}

function readsAsText(value: object): boolean {
  return (
    types.isNativeError(value) ||
    // The platform's own, such as a DOMException.
    value instanceof Error ||
    types.isRegExp(value) ||
    types.isBoxedPrimitive(value) ||
    value instanceof URL ||
    value instanceof URLSearchParams
  );
}

type Replacer = (this: unknown, key: string, value: unknown) => unknown;

function createReplacer(writeBigint: (value: bigint) => unknown): Replacer {
  // What holds itself is known by its form: another one each time would have no end.
  const forms = new Map<object, unknown>();
  return function (this: unknown, key, value) {
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'bigint' ? writeBigint(value) : value;
    }
    // Some have a `toJSON` of their own, which runs before a replacer sees the value: ask the holder for the original.
    const original = (this as Record<string, object>)[key] as object;
    if (isData(original)) return value;
    if (!forms.has(original)) forms.set(original, formOf(original));
    const form = forms.get(original);
    return form === original ? value : form;
  };
}
