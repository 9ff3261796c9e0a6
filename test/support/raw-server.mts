// A small HTTP server for what the API's stand-in can't do: bytes cut anywhere, broken connections, odd answers.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https';
import { Collector } from './collector.mts';
import { listen } from './listen.mts';

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  // biome-ignore lint/suspicious/noExplicitAny: whatever the node sent, for tests to look into
  body: any;
  /** Whether the connection was given up before the answer was complete. */
  closedEarly: boolean;
}

/** Answers one request; `seen` is its record, `number` counts from 1. */
export type Answer = (
  response: ServerResponse,
  seen: SeenRequest,
  number: number,
  request: IncomingMessage,
) => void | Promise<void>;

export interface RawServer {
  url: string;
  port: number;
  requests: Collector<SeenRequest>;
  /** Requests whose connection is closed, for whatever reason. */
  closed: Collector<SeenRequest>;
  /** Replaces the answer for the requests to come. */
  answer(answer: Answer): void;
  /** How many connections are open. */
  openConnections(): Promise<number>;
  close(): Promise<void>;
}

export interface RawServerOptions {
  /** Any that is free unless one is told. */
  port?: number;
  /** Makes it an https server. */
  tls?: TlsServerOptions;
}

export async function startRawServer(
  first: Answer,
  { port = 0, tls }: RawServerOptions = {},
): Promise<RawServer> {
  let current = first;
  const requests = new Collector<SeenRequest>();
  const closed = new Collector<SeenRequest>();
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: undefined,
      closedEarly: false,
    };
    response.on('close', () => {
      seen.closedEarly = !response.writableFinished;
      closed.add(seen);
    });
    const text = await readText(request).catch(() => '');
    seen.body = text === '' ? undefined : JSON.parse(text);
    requests.add(seen);
    await current(response, seen, requests.items.length, request);
  };
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  const taken = await listen(server, port);
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${taken}/v1`,
    port: taken,
    requests,
    closed,
    answer(answer) {
      current = answer;
    },
    openConnections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

/** A whole reply, as the service sends one. */
export function completion(text: string, fields: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_770_000_000,
    model: 'test-model',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ...fields,
  };
}

/** One chunk of a streamed reply. */
export function chunk(delta: object, finish_reason?: string, fields: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_770_000_000,
    model: 'test-model',
    choices: [{ index: 0, delta, ...(finish_reason && { finish_reason }) }],
    ...fields,
  };
}

/** A stream's text: an event for each chunk and the end marker. */
export function streamText(chunks: object[]): string {
  return `${chunks.map((data) => `data: ${JSON.stringify(data)}\n\n`).join('')}data: [DONE]\n\n`;
}

/** The chunks of a reply whose text comes in these pieces. */
export function chunksOf(pieces: string[]): object[] {
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces.map((content) => chunk({ content })),
    chunk({}, 'stop', { usage: { prompt_tokens: 3, completion_tokens: pieces.length, total_tokens: 9 } }),
  ];
}

export function sendJson(response: ServerResponse, body: object, status = 200, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function sendStream(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(text);
}
