// Copies of what is sent and received, small enough to be kept: texts are cut, attachments only named.
import { types } from 'node:util';
import { isObject } from '../common/is-object.ts';

/** Cuts the values of one exchange: all of them together take so many characters, brackets aside. */
export class Excerpt {
  #room: number;
  #isCut = false;

  /** @param room characters */
  constructor(room: number) {
    this.#room = room;
  }

  /** Whether something has been cut. */
  get isCut(): boolean {
    return this.#isCut;
  }

  text(value: string): string {
    if (value.length <= this.#room) {
      this.#room -= value.length;
      return value;
    }
    this.#isCut = true;
    const kept = this.#room;
    this.#room = 0;
    // A mere slice would hold all of the text in memory.
    return kept === 0 ? '…' : `${Buffer.from(value.slice(0, kept)).toString()}…`;
  }

  /** Plain data; deeper than any request is, and beyond the room, nothing is copied. */
  copy(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.text(named(value));
    if (typeof value === 'bigint') return this.text(String(value));
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (types.isDate(value)) return this.text(value.toJSON() ?? String(value));
    if (ArrayBuffer.isView(value)) return sized(value.constructor.name, value.byteLength);
    if (depth > DEPTH) return this.#cut();
    if (Array.isArray(value)) return this.#copyList(value, depth + 1);
    const copied: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value)) {
      if (!this.#takeEntry(name.length)) break;
      copied[name] = this.copy(withoutData(name, item), depth + 1);
    }
    return copied;
  }

  #copyList(list: readonly unknown[], depth: number): unknown[] {
    const copied: unknown[] = [];
    for (const item of list) {
      if (!this.#takeEntry(0)) return [...copied, this.#cut()];
      copied.push(this.copy(item, depth));
    }
    return copied;
  }

  /** Takes the room of an entry without what it holds. @returns false when there is too little left */
  #takeEntry(nameLength: number): boolean {
    if (this.#room < nameLength + ENTRY) {
      this.#room = 0;
      this.#isCut = true;
      return false;
    }
    this.#room -= nameLength + ENTRY;
    return true;
  }

  #cut(): string {
    this.#isCut = true;
    return '…';
  }
}

/** Levels of objects within objects. */
const DEPTH = 20;
/** What an entry counts besides what it holds. */
const ENTRY = 8;

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,/;

/** `[image/png, 34 kB]` in place of a data URL. */
function named(text: string): string {
  if (!text.startsWith('data:')) return text;
  const [start, type = 'data'] = DATA_URL.exec(text.slice(0, 200)) ?? [];
  return start === undefined ? text : sized(type, bytesOf(text.length - start.length));
}

/** The same for sounds, whose base64 stands without a type. */
function withoutData(name: string, value: unknown): unknown {
  if (name !== 'input_audio' || !isObject(value) || typeof value.data !== 'string') return value;
  return { ...value, data: sized(`audio/${value.format}`, bytesOf(value.data.length)) };
}

function sized(type: string, bytes: number): string {
  return `[${type}, ${Math.ceil(bytes / 1000)} kB]`;
}

/** Of what so many characters of base64 stand for. */
function bytesOf(base64: number): number {
  return (base64 * 3) / 4;
}
