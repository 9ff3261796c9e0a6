// One service, as a config node describes it: its client, its connections, its queue, and how a request is tried.
import { setTimeout as sleep } from 'node:timers/promises';
import type { APIPromise, OpenAI } from 'openai';
import { asChatError, ChatError, type ErrorCause } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';
import { LONGEST_TIMER } from '../common/longest-timer.ts';
import { parseJson } from '../common/parse-json.ts';
import { plainWords } from '../common/plain-words.ts';
import { createRedactor, type Redactor } from '../common/redact.ts';
import { collect } from '../http/collect.ts';
import { serviceFailure } from '../http/error-body.ts';
import { type Answer, Exchange } from '../http/exchange.ts';
import { networkFailure } from '../http/network-failure.ts';
import { SilenceWatch } from '../http/silence.ts';
import { PLATFORM_HEADERS, type PlatformOptions } from '../reply/platform-records.ts';
import { readReply } from '../reply/read-reply.ts';
import type { Piece, Reply, Usage } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import { type Connection, openConnection } from './open-connection.ts';
import { RequestQueue } from './request-queue.ts';
import { backOff, LONGEST_WAIT, readRetryAfter } from './retry-delay.ts';
import type { ServiceSettings } from './service-settings.ts';

export interface AskOptions {
  signal: AbortSignal;
  /** The `usage` of the rounds of tools before. */
  spent?: Usage | undefined;
  /** Called for each piece of text as it comes. */
  onPiece?: (piece: Piece, reply: Reply) => void;
  /** Called when a try begins. */
  onTry?: () => void;
  /** Called when a try has to wait: after one that failed, or because the service asked for it. */
  onWait?: () => void;
  /** Asks for the platform's own stream form, to see its tools at work. The request must be one for a stream. */
  platform?: PlatformOptions;
}

/** What every request is made with. */
interface ExchangeOptions {
  /** Holds the exchange, for the fetch. */
  fetchOptions: object;
}

/** Why an exchange is ended when nothing was heard for too long. */
const SILENCE = new Error('silence');

export class ChatService {
  readonly queue: RequestQueue;
  /** Takes the service's secrets out of what it answers. */
  readonly redactor: Redactor;
  readonly #settings: ServiceSettings;
  #connection: Promise<Connection> | undefined;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
    this.queue = new RequestQueue(settings);
    this.redactor = createRedactor(secretsOf(settings));
  }

  /** The model used where a request names none. */
  get model(): string {
    return this.#settings.model;
  }

  /**
   * Asks the model, and again after a fault that may pass, as long as no piece of the reply has been given on.
   * Rejects with a ChatError, or with the signal's reason once that is aborted.
   */
  async ask(request: ChatRequest, options: AskOptions): Promise<Reply> {
    const { signal } = options;
    let wait = 0;
    for (let attempts = 1; ; attempts++) {
      try {
        await this.#wait(wait, options);
        options.onTry?.();
        return await this.#try(request, options);
      } catch (error) {
        signal.throwIfAborted();
        const failure = this.#failureOf(error);
        const delay = this.#delayAfter(failure, attempts);
        if (delay === undefined) throw failure;
        wait = delay;
      }
    }
  }

  /** Ids of the models that the service lists. Rejects as `ask` does. */
  async models(signal: AbortSignal): Promise<string[]> {
    try {
      const body = await this.#exchange(
        signal,
        (client, options) => client.get('/models', options),
        ({ stream }, silence) => collect(stream, silence),
      );
      return idsIn(this.redactor.redact(body.toString('utf8')));
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failureOf(error);
    }
  }

  /** Closes every connection at once. */
  async close(): Promise<void> {
    this.queue.close();
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.pool.destroy();
  }

  /** Waits before a try. The service may have told another message to wait, or to wait for longer. */
  async #wait(milliseconds: number, { signal, onWait }: AskOptions): Promise<void> {
    let wait = Math.max(milliseconds, this.queue.heldFor);
    if (wait === 0) return;
    onWait?.();
    for (; wait > 0; wait = this.queue.heldFor) await sleep(wait, undefined, { signal });
  }

  #try(request: ChatRequest, { signal, spent, onPiece, platform }: AskOptions): Promise<Reply> {
    return this.#exchange(
      signal,
      (client, options) =>
        client.post('/chat/completions', {
          ...options,
          body: request,
          ...(platform && { headers: PLATFORM_HEADERS }),
        }),
      (answer, silence) =>
        readReply(answer, {
          n: typeof request.n === 'number' ? request.n : 1,
          redact: this.redactor.redact,
          spent,
          silence,
          isStreamAsked: request.stream === true,
          platform: platform && { ...platform, onActivity: guarded(platform.onActivity) },
          onPiece: guarded(onPiece ?? (() => {})),
        }),
    );
  }

  /** One request, until its answer is read: ended by the signal or by silence. */
  async #exchange<T>(
    signal: AbortSignal,
    send: (client: OpenAI, options: ExchangeOptions) => APIPromise<unknown>,
    read: (answer: Answer, silence: SilenceWatch) => Promise<T>,
  ): Promise<T> {
    const { timeout } = this.#settings;
    const { client } = await this.#connect();
    signal.throwIfAborted();
    const exchange = new Exchange(signal);
    const silence = new SilenceWatch(Math.min(timeout, LONGEST_TIMER), () => exchange.abort(SILENCE));
    try {
      await send(client, { fetchOptions: { exchange } }).asResponse();
      silence.heard();
      return await read(exchange.answer as Answer, silence);
    } catch (error) {
      const failure = exchange.failure ?? error;
      // A status that came says more than the silence after it.
      if (exchange.reason !== SILENCE || statusOf(failure) !== undefined) throw failure;
      const cause = failure instanceof ChatError ? failure.cause : {};
      throw new ChatError('timeout_silence', { seconds: timeout / 1000 }, { cause });
    } finally {
      silence.stop();
      exchange.close();
    }
  }

  // The heavy packages are loaded with the first request, not when Node-RED starts.
  #connect(): Promise<Connection> {
    this.#connection ??= openConnection(this.#settings, this.redactor.redact);
    return this.#connection;
  }

  #failureOf(error: unknown): ChatError {
    if (error instanceof ChatError) return error;
    const { headers, error: body } = error as { headers?: Headers; error?: object };
    const status = statusOf(error);
    if (status === undefined) return networkFailure(error, this.#settings.baseUrl, this.redactor.redact);
    const requestId = headers?.get('x-request-id');
    const retryAfter = readRetryAfter(headers, Date.now());
    const cause: ErrorCause = {
      status,
      ...(requestId && { request_id: this.redactor.redact(requestId) }),
      ...(retryAfter !== undefined && { retry_after: retryAfter / 1000 }),
    };
    return serviceFailure(body ?? {}, cause);
  }

  /** Milliseconds until the next try, if there is to be one. Lets the queue hold back with it. */
  #delayAfter({ code, cause, retryable }: ChatError, attempts: number): number | undefined {
    const asked = cause.retry_after === undefined ? undefined : cause.retry_after * 1000;
    const delay = asked ?? backOff(attempts, code);
    // What is wrong with one message alone holds no other up.
    if (code === 'rate_limit' || (asked !== undefined && retryable))
      this.queue.hold(Math.min(delay, LONGEST_WAIT));
    const isWorthIt = retryable && attempts <= this.#settings.maxRetries && delay <= LONGEST_WAIT;
    return isWorthIt ? delay : undefined;
  }
}

/** What fails while the flow is given something is not taken for a fault of the connection, which may pass. */
function guarded<A extends unknown[]>(give: (...what: A) => void): (...what: A) => void {
  return (...what) => {
    try {
      give(...what);
    } catch (error) {
      throw asChatError(error);
    }
  };
}

/** Names of headers and query parameters that hold a secret: not `x-portkey-provider`, `x-author` or `max-tokens`. */
const SECRET_NAME = /auth(?!ors?\b)|(?<!port)key|token(?!s\b)|secret|cookie|password/i;

function secretsOf({ token, headers, query, proxy }: ServiceSettings): string[] {
  const named = [...Object.entries(headers), ...Object.entries(query)].filter(([name]) =>
    SECRET_NAME.test(name),
  );
  return [token, proxy?.password ?? '', ...named.map(([, value]) => value)];
}

/** @throws ChatError `server` for what is no list of models */
function idsIn(text: string): string[] {
  const list = parseJson(text);
  // One with no `data` is taken for an empty one; some services send the bare array.
  const data = isObject(list) ? (list.data ?? []) : list;
  if (!Array.isArray(data))
    throw new ChatError('server_no_reply', { type: '?', words: plainWords(text, 120) });
  return data.flatMap((model) => (isObject(model) && typeof model.id === 'string' ? [model.id] : []));
}

/** The status that the client's own errors carry for an answer that was no success. */
function statusOf(error: unknown): number | undefined {
  const { status } = error as { status?: unknown };
  return typeof status === 'number' ? status : undefined;
}
