// A copy of a message that costs little, however large the message is: one is made of each message that arrives, in case
// somebody wants to look at the last.
import { types } from 'node:util';
import { isPlainObject } from './is-object.ts';

export interface Snapshot {
  /** Independent of the original. Texts, bytes, lists and objects may end early. */
  message: Record<string, unknown>;
  /** The message's own properties of which there is a part only. */
  cut: string[];
  /** What it takes, in characters and bytes. */
  size: number;
}

/** So much of a message is kept, in characters and bytes. */
export const SNAPSHOT_SIZE = 65_536;
/** What an entry of a list or an object counts besides what it holds. */
const ENTRY = 16;
/** What an entry gets as long as there is room: some whole ones tell more than the beginnings of all. */
const LEAST_SHARE = 256;
/** Levels of objects within objects. */
const DEPTH = 50;
/** More of them are not copied as a whole, nor deeper than so many are. */
const MOST_OBJECTS = 50;
/** What flows read of `msg.req`. The rest of a stream is machinery. */
const OF_STREAMS =
  'method url originalUrl path hostname ip headers query params body cookies statusCode'.split(' ');
const PLACEHOLDER = { value: undefined, configurable: true, enumerable: true, writable: true };

/** Never throws: what can't be read is omitted, as functions are. */
export function takeSnapshot(message: object): Snapshot {
  const whole = new WholeCopier();
  try {
    return { message: whole.copyOf(message), cut: [], size: whole.size };
  } catch {
    // Too large for that, or of a rare kind.
  }
  const copy: Record<string, unknown> = {};
  const cut: string[] = [];
  const copier = new Copier();
  copier.fill(copy, message, Object.keys(message), SNAPSHOT_SIZE, DEPTH, (name) => cut.push(name));
  return { message: copy, cut, size: copier.size };
}

const NOT_WHOLE = new Error('not to be copied as a whole');

/** Copies what most messages are, plain data that fits: at a seventh of the cost of sharing out the room. */
class WholeCopier {
  size = 0;
  #seen: Set<object> | undefined;

  /** @throws for anything else, and what the message's own getters throw */
  copyOf(original: object): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const name of Object.keys(original)) {
      // An assignment would set the prototype.
      if (name === '__proto__') throw NOT_WHOLE;
      this.#take(ENTRY + name.length);
      copy[name] = this.#copy((original as Record<string, unknown>)[name]);
    }
    return copy;
  }

  #copy(value: unknown): unknown {
    if (typeof value === 'string') this.#take(value.length);
    if (typeof value === 'function') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    this.#seen ??= new Set();
    // What is met twice, in a circle too, is one object in the copy as well.
    if (this.#seen.size >= MOST_OBJECTS || this.#seen.has(value)) throw NOT_WHOLE;
    this.#seen.add(value);
    if (Array.isArray(value)) return this.#list(value);
    if (Buffer.isBuffer(value)) {
      this.#take(value.length);
      return Buffer.from(value);
    }
    if (value instanceof Date) return new Date(value);
    if (!isPlainObject(value) || Object.getPrototypeOf(value) === null || isStream(value)) throw NOT_WHOLE;
    return this.copyOf(value);
  }

  #list(list: readonly unknown[]): unknown[] {
    this.#take(ENTRY * list.length);
    const copy: unknown[] = [];
    for (const item of list) copy.push(this.#copy(item));
    return copy;
  }

  #take(size: number): void {
    this.size += size;
    if (this.size > SNAPSHOT_SIZE) throw NOT_WHOLE;
  }
}

/** Each method takes the room that a copy may fill and the levels that may follow. */
class Copier {
  #spent = 0;
  #isCut = false;
  /** By their originals: what is met twice, in a circle too, is one object in the copy as well. */
  readonly #copies = new Map<object, object>();

  get size(): number {
    return this.#spent;
  }

  /** Gives an object copies of another's properties, in their order. */
  fill(
    copy: object,
    original: object,
    names: readonly string[],
    room: number,
    depth: number,
    onCut?: (name: string) => void,
  ): void {
    const members = this.#fitting(names, room).map((name) => {
      const value = attempt(() => (original as Record<string, unknown>)[name]);
      // Later an assignment is enough: it can't meet a setter or `__proto__` any more.
      Object.defineProperty(copy, name, PLACEHOLDER);
      return { name, value };
    });
    // The small ones first: of a long text and a short one behind it the long one is cut.
    members.sort((a, b) => sizeOf(a.value) - sizeOf(b.value));
    const reached = this.#share(members, room, depth, ({ name }, value, isCut) => {
      (copy as Record<string, unknown>)[name] = value;
      if (isCut) onCut?.(name);
    });
    for (const { name } of members.slice(reached)) onCut?.(name);
  }

  /** Copies values in their order, and tells how many. What one leaves of its share goes to the others. */
  #share<T extends { name?: string; value: unknown }>(
    members: readonly T[],
    room: number,
    depth: number,
    put: (member: T, copy: unknown, isCut: boolean) => void,
  ): number {
    const end = this.#spent + room;
    let isAnyCut = this.#isCut;
    let reached = 0;
    for (const member of members) {
      this.#spent += ENTRY + (member.name?.length ?? 0);
      const left = end - this.#spent;
      if (left < 0) break;
      const share = Math.min(left, Math.max(LEAST_SHARE, left / (members.length - reached)));
      this.#isCut = false;
      const copy = attempt(() => this.#copy(member.value, share, depth));
      put(member, copy, this.#isCut);
      isAnyCut ||= this.#isCut;
      reached++;
    }
    this.#isCut = isAnyCut || reached < members.length;
    return reached;
  }

  #copy(value: unknown, room: number, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value, room);
    if (typeof value === 'function') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#copies.get(value);
    if (known) return known;
    if (types.isDate(value)) return new Date(value.getTime());
    if (ArrayBuffer.isView(value)) return this.#view(value, room);
    if (types.isAnyArrayBuffer(value)) return value.slice(0, this.#take(value.byteLength, room));
    if (depth === 0) {
      this.#isCut = true;
      return undefined;
    }
    return this.#container(value, room, depth - 1);
  }

  #text(text: string, room: number): string {
    const length = this.#take(text.length, room);
    if (length === text.length) return text;
    // By way of bytes: a slice of a text keeps all of it in memory. Half a character at its end is left out.
    const start = Buffer.from(text.slice(0, length), 'utf16le').toString('utf16le');
    return `${start.replace(/[\ud800-\udbff]$/, '')}…`;
  }

  #view(view: ArrayBufferView, room: number): object {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, this.#take(view.byteLength, room));
    if (Buffer.isBuffer(view)) return Buffer.from(bytes);
    if (types.isDataView(view)) return new DataView(bytes.slice().buffer);
    const { BYTES_PER_ELEMENT, constructor: Kind } = view as Uint8Array;
    const length = bytes.length - (bytes.length % BYTES_PER_ELEMENT);
    return new (Kind as Uint8ArrayConstructor)(bytes.slice(0, length).buffer);
  }

  #container(value: object, room: number, depth: number): unknown {
    const each = (items: Iterable<unknown>, put: (item: unknown) => void) => {
      const members = this.#fitting(items, room).map((item) => ({ value: item }));
      this.#share(members, room, depth, (_member, item) => put(item));
    };
    if (Array.isArray(value)) {
      const copy: unknown[] = this.#register(value, []);
      each(value, (item) => copy.push(item));
      return copy;
    }
    if (types.isSet(value)) {
      const copy = this.#register(value, new Set());
      each(value, (item) => copy.add(item));
      return copy;
    }
    if (types.isMap(value)) {
      const copy = this.#register(value, new Map());
      each(value, (pair) => Array.isArray(pair) && copy.set(pair[0], pair[1]));
      return copy;
    }
    if (types.isNativeError(value)) return this.#error(value, room, depth);
    const names = isStream(value) ? OF_STREAMS : Object.keys(value);
    // A class that hides what it holds, such as URL, works in its own objects only.
    if (names.length === 0 && !isPlainObject(value)) return value;
    const prototype = isStream(value) ? Object.prototype : Object.getPrototypeOf(value);
    const copy = this.#register(value, Object.create(prototype) as object);
    this.fill(copy, value, names, room, depth);
    return copy;
  }

  #register<T extends object>(original: object, copy: T): T {
    this.#copies.set(original, copy);
    return copy;
  }

  #error(error: Error, room: number, depth: number): Error {
    const copy = this.#register(error, new Error(this.#text(error.message, room)));
    Object.defineProperty(copy, 'name', { value: error.name, configurable: true, writable: true });
    this.fill(copy, error, Object.keys(error), room, depth);
    return copy;
  }

  /** The first of them, as many as may fit. */
  #fitting<T>(entries: Iterable<T>, room: number): T[] {
    const first: T[] = [];
    for (const entry of entries) {
      if (first.length * ENTRY >= room) {
        this.#isCut = true;
        break;
      }
      first.push(entry);
    }
    return first;
  }

  /** Takes bytes or characters, and tells how many there is room for. */
  #take(length: number, room: number): number {
    const taken = Math.min(length, Math.max(0, Math.floor(room)));
    if (taken < length) this.#isCut = true;
    this.#spent += taken;
    return taken;
  }
}

function isStream(value: object): boolean {
  return typeof (value as { pipe?: unknown }).pipe === 'function';
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return ArrayBuffer.isView(value) ? value.byteLength : Number.MAX_SAFE_INTEGER;
}

/** What a getter or a proxy throws is the same as nothing. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
