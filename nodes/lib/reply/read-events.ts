// Reads a chat completions stream from its text, piece by piece as it arrives, and gives each event's JSON on. It sees
// what an SSE client hides: bare error lines, a last line with no newline, the end marker.
import { StringDecoder } from 'node:string_decoder';
import { ChatError } from '../common/errors.ts';
import { parseJson } from '../common/parse-json.ts';
import type { Redact } from '../common/redact.ts';
import { PLATFORM_RECORD } from './platform-records.ts';

export interface EventSink {
  /** One `data:` event's JSON, or a bare JSON line. */
  event(data: unknown): void;
  /** A record of the platform's own form. Gives whether it was the last one: nothing after that counts. */
  record(letter: string, data: unknown): boolean;
  /** `data: [DONE]`: nothing after it counts. */
  done(): void;
}

/** A comment, or a field that means nothing here. One may stand between the data lines of an event. */
const OTHER_LINE = /^(:|id:|retry:)/;

/**
 * A push parser for the lines of a `text/event-stream`, wherever the bytes are cut. Accepts `\n`, `\r\n` and `\r`,
 * `data:` with and without a space, comments, and an event's JSON spread over several data lines.
 */
export class EventReader {
  readonly #sink: EventSink;
  readonly #redact: Redact;
  readonly #decoder = new StringDecoder('utf8');
  /** The start of a line whose end has not come yet. */
  #rest = '';
  /** Lines that are no JSON yet; an event may be spread over several. */
  #pending: string | undefined;
  #isErrorEvent = false;
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
      this.#readData(line.slice(line[5] === ' ' ? 6 : 5));
    } else if (line === '') {
      this.#endEvent();
    } else if (line.startsWith('event:')) {
      this.#isErrorEvent = line.slice(6).trim() === 'error';
    } else if (line.startsWith('\uFEFF')) {
      this.#readLine(line.slice(1));
    } else if (this.#pending === undefined ? /^\s*\{/.test(line) : !OTHER_LINE.test(line)) {
      // Some services drop out of the event form for a failure: `{"error": {…}}` with no `data:` before it.
      this.#readData(line);
    } else {
      const [, letter, data] = PLATFORM_RECORD.exec(line) ?? [];
      if (letter !== undefined) this.#readRecord(letter, data ?? '');
    }
  }

  #endEvent(): void {
    const text = this.#pending;
    const isError = this.#isErrorEvent;
    this.#pending = undefined;
    this.#isErrorEvent = false;
    if (text === undefined) return;
    // A failure may come in plain words.
    if (isError) this.#sink.event(asError(text));
    else throw new ChatError('incomplete_chunk', { chunk: text.slice(0, 80) });
  }

  #readRecord(letter: string, text: string): void {
    const data = letter === 'p' ? text.trim() : parseJson(text);
    if (data === undefined) throw new ChatError('incomplete_chunk', { chunk: text.slice(0, 80) });
    if (!this.#sink.record(letter, data)) return;
    this.#isDone = true;
    this.#sink.done();
  }

  #readData(data: string): void {
    const text = this.#pending === undefined ? data : `${this.#pending}\n${data}`;
    if (text.trim() === '') return;
    if (text.trim() === '[DONE]') {
      this.#isDone = true;
      this.#sink.done();
      return;
    }
    const parsed = parseJson(text);
    this.#pending = parsed === undefined ? text : undefined;
    if (parsed !== undefined) this.#sink.event(this.#isErrorEvent ? asError(parsed) : parsed);
  }
}

function asError(data: unknown): object {
  const isNamed = typeof data === 'object' && data !== null && 'error' in data && data.error;
  return isNamed ? data : { error: data || {} };
}
