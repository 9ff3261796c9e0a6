// The `fetch` that the openai client is given: undici's plain request over our own pool, which costs less than the
// platform's fetch and obeys none of its 300-second limits. Redirects are refused, failures get one body form.
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Dispatcher, request as undiciRequest } from 'undici';
import { discard } from './discard.ts';
import { readErrorBody, serviceFailure } from './error-body.ts';
import { ChatError } from './errors.ts';
import type { Redact } from './redact.ts';

type IncomingHeaders = Dispatcher.ResponseData['headers'];

/** A success whose body is still to be read, as the bytes come. */
export class OpenResponse extends Response {
  readonly stream: Readable;
  readonly #headers: IncomingHeaders;

  constructor(stream: Readable, status: number, headers: IncomingHeaders) {
    // A status that may not have a body (204) must not be given one; the bytes go their own way in any case.
    super(null, { status });
    this.stream = stream;
    this.#headers = headers;
  }

  /** A header that came, blank if it did not. Not among `headers`, which the client goes through more than once. */
  header(name: string): string {
    return firstValue(this.#headers[name]) ?? '';
  }
}

export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

const ERROR_BODY_LIMIT = 64 * 1024;
const ERROR_HEADERS: readonly string[] = ['x-request-id', 'retry-after', 'retry-after-ms'];

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

export interface FetchOptions {
  request: typeof undiciRequest;
  dispatcher: Dispatcher;
  redact: Redact;
}

/**
 * Answers with an OpenResponse for any 2xx, and with a Response whose body is `{"error": {…}}` for a failure.
 * @throws ChatError `config` for a redirect; undici's error when the connection fails
 */
export function createFetch({ request, dispatcher, redact }: FetchOptions): Fetch {
  return async (url, init = {}) => {
    const answer = request(String(url), {
      method: (init.method ?? 'GET') as Dispatcher.HttpMethod,
      // The client gives a Headers, whatever the type allows.
      headers: [...(init.headers as Headers)].flat(),
      body: (init.body as string | null | undefined) ?? null,
      signal: init.signal ?? null,
      dispatcher,
      // The pool's own settings get lost where undici forwards a request through a proxy.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const { statusCode, headers, body } = await unlessAborted(answer, init.signal);
    const stream = decoded(body, headers['content-encoding']);
    if (statusCode >= 200 && statusCode < 300) {
      return new OpenResponse(stream, statusCode, headers);
    }
    if (statusCode < 400) {
      discard(stream);
      const location = firstValue(headers.location) ?? '';
      throw new ChatError(
        'redirect',
        { status: statusCode, location: redact(location) },
        { cause: { status: statusCode } },
      );
    }
    const error = readErrorBody(redact(await readStart(stream, ERROR_BODY_LIMIT)));
    // A Response takes no status beyond those that HTTP knows.
    if (statusCode > 599) throw serviceFailure(error, { status: statusCode });
    return new Response(JSON.stringify({ error }), {
      status: statusCode,
      headers: { ...pick(headers, ERROR_HEADERS), 'content-type': 'application/json' },
    });
  };
}

/** undici takes no notice of a signal until the connection is made, which may be never. */
function unlessAborted(
  answer: Promise<Dispatcher.ResponseData>,
  signal: AbortSignal | null | undefined,
): Promise<Dispatcher.ResponseData> {
  if (!signal) return answer;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason);
      answer.then(
        ({ body }) => discard(body),
        () => {},
      );
    };
    signal.addEventListener('abort', onAbort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function decoded(body: Readable, encoding: string | string[] | undefined): Readable {
  const decoder =
    DECODERS[
      String(encoding ?? '')
        .trim()
        .toLowerCase()
    ]?.();
  if (!decoder) return body;
  body.on('error', (error) => decoder.destroy(error));
  decoder.on('close', () => discard(body));
  return body.pipe(decoder);
}

function pick(headers: IncomingHeaders, names: readonly string[]): Record<string, string> {
  const found = names.map((name) => [name, firstValue(headers[name])] as const);
  return Object.fromEntries(found.filter((header): header is [string, string] => header[1] !== undefined));
}

function firstValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

async function readStart(stream: Readable, limit: number): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of stream) {
      pieces.push(piece);
      length += piece.length;
      if (length >= limit) break;
    }
  } catch {
    // The status says enough; what came of the body is still worth reading.
  }
  return Buffer.concat(pieces).subarray(0, limit).toString('utf8');
}
