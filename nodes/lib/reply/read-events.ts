// Reads a chat completions stream from its text, piece by piece as it arrives, and gives each event's JSON on. It sees
// what an SSE client hides: bare error lines, a last line with no newline, the end marker.
import { StringDecoder } from 'node:string_decoder';
import { ChatError } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';
import { JsonCutter } from '../common/json-cutter.ts';
import { parseJson } from '../common/parse-json.ts';
import type { Redact } from '../common/redact.ts';
import { isBlank } from '../http/error-body.ts';
import { PLATFORM_RECORD } from './platform-records.ts';

export interface EventSink {
  /** Whether the model has finished: what is no JSON after that is no broken chunk. */
  isFinished(): boolean;
  /** One `data:` event's JSON, or a bare JSON line. An event named `error` is an object that says so. */
  event(data: unknown): void;
  /** A record of the platform's own form. Gives whether it was the last one: nothing after that counts. */
  record(letter: string, data: unknown): boolean;
  /** `data: [DONE]`: nothing after it counts. */
  done(): void;
}

/** A comment, or a field that means nothing here. One may stand between the data lines of an event. */
const OTHER_LINE = /^(:|id:|retry:)/;
/** An object, a list that holds something, or a text: what is cut off in JSON. */
const BEGINS_JSON = /^\s*(\{|"|\[\s*([[{"]|$))/;
const BARE_JSON = /^\s*(\{|\[\s*(\{|$))/;
const DONE = '[DONE]';

/**
 * A push parser for the lines of a `text/event-stream`, wherever the bytes are cut. Accepts `\n`, `\r\n` and `\r`,
 * `data:` with and without a space, comments, and an event's JSON spread over several data lines.
 */
export class EventReader {
  readonly #sink: EventSink;
  readonly #redact: Redact;
  readonly #decoder = new StringDecoder('utf8');
  /** Whether a line of this form came. */
  hasBegun = false;
  /** The start of a line whose end has not come yet. */
  #rest = '';
  /** Lines that are no JSON yet; an event may be spread over several. */
  #pending: JsonCutter | undefined;
  /** The event's name; `message` is none. */
  #name = '';
  /** A piece of JSON that broke off after the model had finished: if nothing follows, nothing is lost. */
  #broken: string | undefined;
  #endsWithCr = false;
  #isDone = false;

  constructor(sink: EventSink, redact: Redact) {
    this.#sink = sink;
    this.#redact = redact;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** @throws ChatError `incomplete` for a malformed chunk; whatever the sink throws */
  push(bytes: Buffer): void {
    this.#pushText(this.#decoder.write(bytes));
  }

  /** The bytes have ended: a last line without its newline counts. Throws as `push` does. */
  end(): void {
    this.#pushText(`${this.#decoder.end()}\n\n`);
  }

  #pushText(text: string): void {
    const fresh = this.#withPlainNewlines(text);
    let start = 0;
    while (!this.#isDone) {
      const end = fresh.indexOf('\n', start);
      if (end === -1) break;
      const line = this.#rest + fresh.slice(start, end);
      this.#rest = '';
      this.#readLine(line);
      start = end + 1;
    }
    // Only what is new is ever searched: a line of megabytes comes in hundreds of pieces.
    this.#rest += start === 0 ? fresh : fresh.slice(start);
  }

  #withPlainNewlines(text: string): string {
    const afterCr = this.#endsWithCr && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.#endsWithCr = text.endsWith('\r');
    return afterCr.includes('\r') ? afterCr.replace(/\r\n?/g, '\n') : afterCr;
  }

  #readLine(rawLine: string): void {
    const line = this.#redact(rawLine);
    if (line.startsWith('data:')) {
      this.hasBegun = true;
      this.#readData(line.slice(line[5] === ' ' ? 6 : 5));
    } else if (line === '') {
      this.#endEvent();
    } else if (line.startsWith('event:')) {
      this.hasBegun = true;
      const name = line.slice(6).trim();
      this.#name = name === 'message' ? '' : name;
    } else if (line.startsWith('\uFEFF')) {
      this.#readLine(line.slice(1));
    } else {
      this.#readOther(line);
    }
  }

  #readOther(line: string): void {
    if (this.#pending === undefined ? BARE_JSON.test(line) : !OTHER_LINE.test(line)) {
      // Some services drop out of the event form for a failure: `{"error": {…}}` with no `data:` before it.
      this.#readData(line);
    } else if (line.startsWith('error:')) {
      this.#name = 'error';
      this.#readData(line.slice(6).trimStart());
    } else if (OTHER_LINE.test(line)) {
      this.hasBegun = true;
    } else if (line.trim() === DONE) {
      this.#finish();
    } else {
      const [, letter, data] = PLATFORM_RECORD.exec(line) ?? [];
      if (letter !== undefined) this.#readRecord(letter, data ?? '');
    }
  }

  #endEvent(): void {
    const text = this.#pending?.text;
    const name = this.#name;
    this.#pending = undefined;
    this.#name = '';
    if (text === undefined) return;
    // A failure may come in plain words.
    if (isError(name)) this.#sink.event(asError(text));
    else if (name !== '') return;
    else if (this.#sink.isFinished()) this.#broken ??= text;
    else throw brokenChunk(text);
  }

  #readRecord(letter: string, text: string): void {
    const data = letter === 'p' ? text.trim() : parseJson(text);
    if (data === undefined) throw brokenChunk(text);
    this.#throwIfBroken();
    if (this.#sink.record(letter, data)) this.#finish();
  }

  #readData(data: string): void {
    if (data.length < 2 * DONE.length && data.trim() === DONE) {
      this.#endEvent();
      this.#finish();
      return;
    }
    if (this.#pending === undefined) {
      const parsed = parseJson(data);
      if (parsed !== undefined) this.#readEvent(parsed);
      else if (!this.#isMereWord(data)) {
        this.#pending = new JsonCutter();
        this.#pending.push(data);
      }
      return;
    }
    this.#pending.push(`\n${data}`);
    if (!this.#pending.isComplete || this.#pending.values.length > 1) return;
    const parsed = parseJson(this.#pending.text);
    if (parsed === undefined) return;
    this.#pending = undefined;
    this.#readEvent(parsed);
  }

  /** A time stamp in an event for something else, a word instead of the end marker: nothing that was broken. */
  #isMereWord(data: string): boolean {
    if (data.trim() === '') return true;
    const isMeant = isError(this.#name) || (this.#name === '' && !this.#sink.isFinished());
    return !isMeant && !BEGINS_JSON.test(data);
  }

  #readEvent(data: unknown): void {
    if (isError(this.#name)) this.#sink.event(asError(data));
    else if (this.#name === '' || holdsChoices(data)) {
      this.#throwIfBroken();
      this.#sink.event(data);
    }
  }

  #finish(): void {
    this.#throwIfBroken();
    this.#isDone = true;
    this.#sink.done();
  }

  #throwIfBroken(): void {
    if (this.#broken !== undefined) throw brokenChunk(this.#broken);
  }
}

function brokenChunk(text: string): ChatError {
  return new ChatError('incomplete_chunk', { chunk: text.slice(0, 80) });
}

function holdsChoices(data: unknown): boolean {
  return Array.isArray(data) ? data.some(holdsChoices) : isObject(data) && 'choices' in data;
}

function isError(name: string): boolean {
  return name !== '' && name.toLowerCase() === 'error';
}

function asError(data: unknown): object {
  if (isBlank(data)) return { object: 'error', message: '' };
  const isNamed = [data].flat().some((item) => isObject(item) && !isBlank(item.error));
  return isNamed ? (data as object) : { error: data };
}
