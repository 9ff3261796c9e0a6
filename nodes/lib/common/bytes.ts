// Binary data from a flow, in whichever of its forms.
import { types } from 'node:util';
import { isObject } from './is-object.ts';

/** The bytes of a Buffer, a Uint8Array, an ArrayBuffer or a DataView, which are not copied; `undefined` for all else. */
export function bytesOf(value: unknown): Buffer | undefined {
  // Not `instanceof`: a function node's objects come from a realm with classes of its own.
  if (types.isUint8Array(value) || types.isDataView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return types.isAnyArrayBuffer(value) ? Buffer.from(value) : undefined;
}

/** A copy of what came as JSON, in which each Buffer that was written out (`{"type": "Buffer", "data": […]}`) is one again. */
export function withBuffers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBuffers);
  if (!isObject(value)) return value;
  if (value.type === 'Buffer' && Array.isArray(value.data)) return Buffer.from(value.data);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withBuffers(item)]));
}
