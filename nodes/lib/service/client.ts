// One service's HTTP side: a request and its answer, ended by the caller's signal or by silence, and its failures in
// the package's own terms.
import type { APIPromise, OpenAI } from 'openai';
import { asChatError, ChatError, type ErrorCause } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';
import { LONGEST_TIMER } from '../common/longest-timer.ts';
import { type ListedModel, readListedModel } from '../common/model-end.ts';
import { parseJson } from '../common/parse-json.ts';
import { plainWords } from '../common/plain-words.ts';
import { createRedactor, type Redactor } from '../common/redact.ts';
import { collect } from '../http/body.ts';
import { secretsOf } from '../http/connection-settings.ts';
import { type Answer, Exchange } from '../http/exchange.ts';
import { networkFailure } from '../http/network-failure.ts';
import { serviceFailure } from '../http/service-failure.ts';
import { SilenceWatch } from '../http/silence.ts';
import { PLATFORM_HEADERS, type PlatformOptions } from '../reply/platform-records.ts';
import { readReply } from '../reply/read-reply.ts';
import type { Piece, Reply, Usage } from '../reply/reply.ts';
import type { SentRequest } from '../request/build-request.ts';
import { type Connection, openConnection } from './open-connection.ts';
import { readRetryAfter } from './retry-delay.ts';
import type { ServiceSettings } from './service-settings.ts';

export interface CompleteOptions {
  signal: AbortSignal;
  /** The `usage` of the rounds of tools before. */
  spent?: Usage | undefined;
  /** Called for each piece of text as it comes. */
  onPiece?: (piece: Piece, reply: Reply) => void;
  /** Asks for the platform's own stream form, to see its tools at work. The request must be one for a stream. */
  platform?: PlatformOptions;
}

/** Why an exchange is ended when nothing was heard for too long. */
const SILENCE = new Error('silence');

export class ServiceClient {
  /** Takes the service's secrets out of what it answers. */
  readonly redactor: Redactor;
  readonly #settings: ServiceSettings;
  #connecting: Promise<Connection> | undefined;
  #connection: Connection | undefined;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
    this.redactor = createRedactor(secretsOf(settings));
  }

  /**
   * One request for a chat completion, and its reply.
   * Rejects with a ChatError, or with the signal's reason once that is aborted.
   */
  complete({ request, body }: SentRequest, options: CompleteOptions): Promise<Reply> {
    const { signal, spent, onPiece, platform } = options;
    return this.#exchange(
      { signal, json: body },
      (client, exchange) =>
        client.post('/chat/completions', {
          fetchOptions: { exchange } as object,
          ...(platform && { headers: PLATFORM_HEADERS }),
        }),
      (answer, silence) =>
        readReply(answer, {
          n: typeof request.n === 'number' ? request.n : 1,
          redact: this.redactor.redact,
          spent,
          silence,
          platform: platform && { ...platform, onActivity: guarded(platform.onActivity) },
          onPiece: guarded(onPiece ?? (() => {})),
        }),
    );
  }

  /** The models that the service lists. Rejects as `complete` does. */
  async models(signal: AbortSignal): Promise<ListedModel[]> {
    const list = await this.#exchange(
      { signal },
      (client, exchange) => client.get('/models', { fetchOptions: { exchange } as object }),
      ({ body }, silence) => collect(body, () => silence.heard()),
    );
    return modelsIn(this.redactor.redact(list.toString('utf8')));
  }

  /** Closes every connection at once. */
  async close(): Promise<void> {
    const connection = await this.#connecting?.catch(() => undefined);
    await connection?.pool.destroy();
  }

  /** One request, until its answer is read: ended by the signal or by silence. */
  async #exchange<T>(
    { signal, json }: { signal: AbortSignal; json?: string },
    send: (client: OpenAI, exchange: Exchange) => APIPromise<unknown>,
    read: (answer: Answer, silence: SilenceWatch) => Promise<T>,
  ): Promise<T> {
    const { client } = this.#connection ?? (await this.#connect(signal));
    signal.throwIfAborted();
    const exchange = new Exchange(signal, json);
    const { timeout } = this.#settings;
    const silence = new SilenceWatch(Math.min(timeout, LONGEST_TIMER), () => exchange.abort(SILENCE));
    try {
      await send(client, exchange).asResponse();
      silence.heard();
      return await read(exchange.answer as Answer, silence);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failureOf(error, exchange);
    } finally {
      silence.stop();
      exchange.close();
    }
  }

  // The heavy packages are loaded with the first request, not when Node-RED starts.
  async #connect(signal: AbortSignal): Promise<Connection> {
    this.#connecting ??= openConnection(this.#settings, this.redactor.redact);
    try {
      this.#connection = await this.#connecting;
      return this.#connection;
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failureOf(error);
    }
  }

  #failureOf(thrown: unknown, exchange?: Exchange): ChatError {
    const error = exchange?.failure ?? thrown;
    // A status that came says more than the silence after it.
    if (exchange?.reason === SILENCE && statusOf(error) === undefined) {
      const cause = error instanceof ChatError ? error.cause : {};
      return new ChatError('timeout_silence', { seconds: this.#settings.timeout / 1000 }, { cause });
    }
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

/** @throws ChatError `server` for what is no list of models */
function modelsIn(text: string): ListedModel[] {
  const list = parseJson(text);
  // One with no `data` is taken for an empty one; some services send the bare array.
  const data = isObject(list) ? (list.data ?? []) : list;
  if (!Array.isArray(data))
    throw new ChatError('server_no_reply', { type: '?', words: plainWords(text, 120) });
  return data.flatMap((entry) => readListedModel(entry) ?? []);
}

/** The status that the client's own errors carry for an answer that was no success. */
function statusOf(error: unknown): number | undefined {
  const { status } = error as { status?: unknown };
  return typeof status === 'number' ? status : undefined;
}
