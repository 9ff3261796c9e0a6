// One rule for how a value from a flow is written into a prompt, for templates and typed rows alike.

/**
 * Text as it is; numbers, booleans and bigints as text; Buffers as UTF-8; Dates as ISO; other objects and arrays as
 * JSON; `undefined` and `null` as nothing.
 * @throws TypeError for what JSON can't hold (a circular object, such as `msg.req`)
 */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (isBytes(value)) return bytesToText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  return JSON.stringify(value, replacer) ?? '';
}

// Buffers have a toJSON of their own, which runs before a replacer sees the value: ask the holder for the original.
function replacer(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  if (isBytes(original)) return bytesToText(original);
  return typeof value === 'bigint' ? String(value) : value;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function bytesToText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
