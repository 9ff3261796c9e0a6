// Binary data from a flow, in whichever of its forms.
import { types } from 'node:util';

/** The bytes of a Buffer, a Uint8Array, an ArrayBuffer or a DataView, which are not copied; `undefined` for all else. */
export function bytesOf(value: unknown): Buffer | undefined {
  // Not `instanceof`: a function node's objects come from a realm with classes of its own.
  if (types.isUint8Array(value) || types.isDataView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return types.isAnyArrayBuffer(value) ? Buffer.from(value) : undefined;
}
