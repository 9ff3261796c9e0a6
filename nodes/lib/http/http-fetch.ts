// The `fetch` that the openai client is given: undici's plain request over our own pool, which costs less than the
// platform's fetch and obeys none of its 300-second limits. Redirects are refused, failures get one body form.
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Dispatcher, request as undiciRequest } from 'undici';
import { ChatError } from '../common/errors.ts';
import type { Redact } from '../common/redact.ts';
import { discard } from './discard.ts';
import { readErrorBody } from './error-body.ts';
import type { Exchange } from './exchange.ts';
import { serviceFailure } from './service-failure.ts';
import { wellFormedJson } from './well-formed.ts';

type IncomingHeaders = Dispatcher.ResponseData['headers'];

/** What the client hands its fetch: with its own fields, those of the request's `fetchOptions`. */
export interface ExchangeInit extends RequestInit {
  exchange: Exchange;
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
 * Puts any 2xx into the exchange, for which the client sees an empty success; answers with a Response whose body is
 * `{"error": {…}}` for a failure. The exchange ends the request: the client's own signal is not looked at.
 * @throws ChatError `config` for a redirect; the exchange's reason; undici's error when the connection fails. It is put
 * into the exchange, too.
 */
export function createFetch({ request, dispatcher, redact }: FetchOptions): Fetch {
  // The client only looks at its status and its headers.
  const success = new Response(null);
  const answerTo = async (url: string, init: ExchangeInit): Promise<Response> => {
    const { exchange, method = 'GET', headers: sent, body: text = null } = init;
    exchange.throwIfAborted();
    const answer = request(url, {
      method: method as Dispatcher.HttpMethod,
      // The client gives a Headers and a string, whatever the types allow.
      headers: listOf(sent as Headers),
      body: typeof text === 'string' ? wellFormedJson(text) : null,
      signal: exchange,
      dispatcher,
      // The pool's own settings get lost where undici forwards a request through a proxy.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const { statusCode, headers, body } = await unlessAborted(answer, exchange);
    const stream = decoded(body, headers['content-encoding']);
    if (statusCode >= 200 && statusCode < 300) {
      exchange.answer = { stream, header: (name) => firstValue(headers[name]) ?? '' };
      return success;
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
  return async (url, init) => {
    const known = init as ExchangeInit;
    try {
      return await answerTo(String(url), known);
    } catch (error) {
      known.exchange.failure = error;
      throw error;
    }
  };
}

/**
 * Names and values in turn: the one form that every dispatcher of undici takes. Without what the client would tell of
 * itself and of the machine (`X-Stainless-OS` and others of that kind), which no service needs.
 */
function listOf(headers: Headers): string[] {
  const list: string[] = [];
  for (const [name, value] of headers) if (!name.startsWith('x-stainless-')) list.push(name, value);
  return list;
}

/** undici takes no notice of a signal until the connection is made, which may be never. */
function unlessAborted(
  answer: Promise<Dispatcher.ResponseData>,
  exchange: Exchange,
): Promise<Dispatcher.ResponseData> {
  return new Promise((resolve, reject) => {
    answer.then(resolve, reject);
    exchange.once('abort', () => {
      reject(exchange.reason);
      answer.then(
        ({ body }) => discard(body),
        () => {},
      );
    });
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
