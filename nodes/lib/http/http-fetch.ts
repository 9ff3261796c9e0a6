// The `fetch` that the openai client is given: undici's dispatcher, our own pool, which costs less than the platform's
// fetch and obeys none of its 300-second limits. Redirects are refused, failures get one body form.
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { ChatError } from '../common/errors.ts';
import type { Redact } from '../common/redact.ts';
import { type Body, decompressed, readStart } from './body.ts';
import { readErrorBody } from './error-body.ts';
import type { Exchange, Head } from './exchange.ts';
import { serviceFailure } from './service-failure.ts';

/** What the client hands its fetch: with its own fields, those of the request's `fetchOptions`. */
export interface ExchangeInit extends RequestInit {
  exchange: Exchange;
}

export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

const ERROR_BODY_LIMIT = 64 * 1024;
const ERROR_HEADERS: readonly string[] = ['x-request-id', 'retry-after', 'retry-after-ms'];

const DECOMPRESSORS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

export interface FetchOptions {
  dispatcher: Dispatcher;
  redact: Redact;
}

/**
 * Puts any 2xx into the exchange, for which the client sees an empty success; answers with a Response whose body is
 * `{"error": {…}}` for a failure. The exchange ends the request: the client's own signal is not looked at.
 * @throws ChatError `config` for a redirect; the exchange's reason; undici's error when the connection fails. It is put
 * into the exchange, too.
 */
export function createFetch({ dispatcher, redact }: FetchOptions): Fetch {
  // The client only looks at its status and its headers.
  const success = new Response(null);
  const place = createPlaceFinder();
  const answerTo = async (url: string, init: ExchangeInit): Promise<Response> => {
    const { exchange, method = 'GET', headers: sent } = init;
    const { json } = exchange;
    const {
      status,
      headers,
      body: bytes,
    } = await exchange.send(dispatcher, {
      ...place(url),
      method: method as Dispatcher.HttpMethod,
      // The client gives a Headers, whatever the types allow.
      headers: listOf(sent as Headers, json !== undefined),
      body: json ?? null,
      // The pool's own settings get lost where undici forwards a request through a proxy.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const body = decoded(bytes, firstValue(headers['content-encoding']));
    if (status >= 200 && status < 300) {
      exchange.answer = { body, header: (name) => firstValue(headers[name]) ?? '' };
      return success;
    }
    if (status < 400) {
      body.discard();
      const location = firstValue(headers.location) ?? '';
      throw new ChatError('redirect', { status, location: redact(location) }, { cause: { status } });
    }
    const start = await readStart(body, ERROR_BODY_LIMIT);
    const error = readErrorBody(redact(start.toString('utf8')));
    // A Response takes no status beyond those that HTTP knows.
    if (status > 599) throw serviceFailure(error, { status });
    return new Response(JSON.stringify({ error }), {
      status,
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

/** Takes addresses apart, for undici; a service is mostly asked at the one that it was asked at last. */
function createPlaceFinder(): (url: string) => { origin: string; path: string } {
  let last: { url: string; place: { origin: string; path: string } } | undefined;
  return (url) => {
    if (last?.url !== url) {
      const { origin, pathname, search } = new URL(url);
      last = { url, place: { origin, path: pathname + search } };
    }
    return last.place;
  };
}

/**
 * Names and values in turn: the one form that every dispatcher of undici takes. Without what the client would tell of
 * itself and of the machine (`X-Stainless-OS` and others of that kind), which no service needs.
 */
function listOf(headers: Headers, hasBody: boolean): string[] {
  const list = hasBody ? ['content-type', 'application/json'] : [];
  for (const [name, value] of headers)
    if (!name.startsWith('x-stainless-') && name !== 'content-type') list.push(name, value);
  return list;
}

function decoded(body: Body, encoding = ''): Body {
  const decompressor = encoding && DECOMPRESSORS[encoding.trim().toLowerCase()]?.();
  return decompressor ? decompressed(body, decompressor) : body;
}

function pick(headers: Head['headers'], names: readonly string[]): Record<string, string> {
  const found = names.map((name) => [name, firstValue(headers[name])] as const);
  return Object.fromEntries(found.filter((header): header is [string, string] => header[1] !== undefined));
}

function firstValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
