// One request and its answer, past the openai client: a `Response` of the platform's and a stream for each request would
// be a fifth of what a whole reply costs.
import type { Dispatcher } from 'undici';
import { type Body, IncomingBody } from './body.ts';

/** A success whose body is still to be read, as the bytes come. */
export interface Answer {
  body: Body;
  /** A header that came, blank if it did not. */
  header(name: string): string;
}

/** What comes before the body of an answer. */
export interface Head {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Body;
}

/** Takes part in undici as the handler of its request. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Why it was ended, if it was. */
  reason: unknown;
  /** Set by the fetch once a success has begun to come. */
  answer: Answer | undefined;
  /** What the fetch failed with. The client wraps it, and its line for Node.js 20 keeps nothing of some. */
  failure: unknown;
  /** The body to be sent, if there is one: past the client, which would look into it. */
  json: string | undefined;
  #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.abort(this.#signal?.reason);
  #controller: Dispatcher.DispatchController | undefined;
  #begin: ((head: Head) => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #body: IncomingBody | undefined;

  /** @param signal ends the exchange, until it is closed */
  constructor(signal: AbortSignal, json?: string) {
    this.#signal = signal;
    this.json = json;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Sends the request. Rejects with undici's error, or with the reason once the exchange is ended. */
  send(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions): Promise<Head> {
    return new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#fail = reject;
      if (this.reason === undefined) dispatcher.dispatch(request, this);
      else reject(this.reason);
    });
  }

  /** Gives the request up, and what has come of its answer. */
  abort(reason: unknown): void {
    this.reason ??= reason;
    this.#controller?.abort(reason as Error);
    // Until there is a connection, which may be never, undici has no controller.
    this.#fail?.(reason);
  }

  /**
   * It is over: nothing is to be ended any more, and nothing is held. The client keeps its requests in weak maps, which
   * the garbage collector clears late: all that hangs on them would be moved to the old generation first.
   */
  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#signal = undefined;
    this.json = undefined;
    this.answer = undefined;
    this.#controller = undefined;
    this.#begin = undefined;
    this.#fail = undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.reason !== undefined) controller.abort(this.reason as Error);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Head['headers']): void {
    // Something like `103 Early Hints` comes before the answer.
    if (status < 200) return;
    this.#body = new IncomingBody(controller);
    this.#begin?.({ status, headers, body: this.#body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    this.#body?.push(bytes);
  }

  onResponseEnd(): void {
    this.#body?.end();
    this.#body = undefined;
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail?.(error);
    this.#body?.fail(error);
    this.#body = undefined;
  }
}
