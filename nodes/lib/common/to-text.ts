// One rule for how a value from a flow is written into a prompt, for templates and typed rows alike.
import { types } from 'node:util';

/**
 * Text as it is; numbers, booleans and bigints as text; Buffers as UTF-8; Dates as ISO; Errors as they read; other
 * objects and arrays as JSON; `undefined` and `null` as nothing.
 * @throws TypeError for what JSON can't hold (a circular object, such as `msg.req`)
 */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (types.isUint8Array(value)) return bytesToText(value);
  // Not `instanceof`: a function node's objects come from a realm with a Date of its own.
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (types.isNativeError(value)) return String(value);
  return JSON.stringify(value, replacer) ?? '';
}

// Buffers have a toJSON of their own, which runs before a replacer sees the value: ask the holder for the original.
function replacer(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  if (types.isUint8Array(original)) return bytesToText(original);
  // JSON has no form for what they say.
  if (types.isNativeError(original)) return String(original);
  return typeof value === 'bigint' ? String(value) : value;
}

function bytesToText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
