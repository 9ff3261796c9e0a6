// One request and its answer, past the openai client: an `AbortSignal` and a `Response` of the platform's for each
// request would be a fifth of what a whole reply costs.
import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';

/** A success whose body is still to be read, as the bytes come. */
export interface Answer {
  stream: Readable;
  /** A header that came, blank if it did not. */
  header(name: string): string;
}

/** What ends a request, in the form that undici takes beside an `AbortSignal`. */
export class Exchange extends EventEmitter<{ abort: [] }> {
  /** Why it was ended, if it was. undici reads this. */
  reason: unknown;
  /** Set by the fetch once a success has begun to come. */
  answer: Answer | undefined;
  /** What the fetch failed with. The client wraps it, and its line for Node.js 20 keeps nothing of some. */
  failure: unknown;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.abort(this.#signal.reason);

  /** @param signal ends the exchange, until it is closed */
  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Gives the request up, and what has come of its answer. */
  abort(reason: unknown): void {
    this.reason ??= reason;
    this.emit('abort');
  }

  /** Throws the reason once it is ended: nobody listened yet when it was. */
  throwIfAborted(): void {
    if (this.reason !== undefined) throw this.reason;
  }

  /** It is over: nothing is to be ended any more. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}
