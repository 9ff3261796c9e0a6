// Messages as Node-RED passes them on, and copies of them for the chunks of a reply.
import { types } from 'node:util';
import { isPlainObject } from '../common/is-object.ts';

/** A Node-RED message. */
export interface FlowMessage {
  _msgid?: string;
  [property: string]: unknown;
}

/** The core `split` node's description of a message's place in a sequence. */
export interface MessageParts {
  id: string;
  index: number;
  type: 'string';
  ch: '';
  count?: number;
  /** The sequence that the incoming message was itself a part of. */
  parts?: unknown;
}

/** A copy of anything, as Node-RED's own `cloneMessage` makes it. */
export type DeepClone = <T>(value: T) => T;

/** Makes a fresh value; `undefined` in place of one stands for a value that can be shared as it is. */
type Copier = (() => unknown) | undefined;

/**
 * Prepares a message for being copied many times: what can be shared is found once. Each copy is independent of the
 * others but for `req` and `res` (by reference, as Node-RED does) and the bytes of Buffers, which are never copied.
 * @param deepClone for what is no plain data: class instances, Maps, circular structures
 */
export function createCloner(message: FlowMessage, deepClone: DeepClone): () => FlowMessage {
  const shared: FlowMessage = {};
  const copied: [string, () => unknown][] = [];
  for (const [name, value] of Object.entries(message)) {
    const copier = name === 'req' || name === 'res' ? undefined : copierFor(value, deepClone);
    if (copier) copied.push([name, copier]);
    // Keeps the order of the properties, too.
    shared[name] = value;
  }
  return () => {
    const copy = { ...shared };
    for (const [name, copier] of copied) copy[name] = copier();
    return copy;
  };
}

function copierFor(value: unknown, deepClone: DeepClone): Copier {
  const copier = plainCopier(value, new Set());
  return copier === NOT_PLAIN ? () => deepClone({ value }).value : copier;
}

const NOT_PLAIN = (): never => {
  throw new Error('not plain data');
};

function plainCopier(value: unknown, seen: Set<object>): Copier {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return undefined;
  if (types.isUint8Array(value)) return () => value.slice();
  if (types.isDate(value)) return () => new Date(value.getTime());
  // What is met twice would come out twice.
  if (seen.has(value)) return NOT_PLAIN;
  seen.add(value);
  if (Array.isArray(value)) return arrayCopier(value, seen);
  return isPlainObject(value) ? objectCopier(value, seen) : NOT_PLAIN;
}

function arrayCopier(list: unknown[], seen: Set<object>): Copier {
  const copiers = list.map((item) => plainCopier(item, seen));
  if (copiers.includes(NOT_PLAIN)) return NOT_PLAIN;
  if (copiers.every((copier) => copier === undefined)) return () => list.slice();
  return () => list.map((item, index) => copiers[index]?.() ?? item);
}

function objectCopier(object: object, seen: Set<object>): Copier {
  const nested: [string, () => unknown][] = [];
  for (const [name, item] of Object.entries(object)) {
    const copier = plainCopier(item, seen);
    if (copier === NOT_PLAIN) return NOT_PLAIN;
    if (copier) nested.push([name, copier]);
  }
  return () => {
    const copy: Record<string, unknown> = { ...object };
    for (const [name, copier] of nested) copy[name] = copier();
    return copy;
  };
}
