// MCP servers for the tests, made of the official packages: of the older protocol, with and without sessions, and of the
// one of 2026-07; with answers as JSON and as events.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Server as OlderServer } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { Collector } from './collector.mts';
import { listen } from './listen.mts';

export type McpEra = 'sessions' | 'stateless' | 'modern';

/** A tool, and what it answers. */
export interface TestTool {
  name: string;
  description?: string;
  inputSchema?: object;
  outputSchema?: object;
  run(args: Record<string, unknown>, signal: AbortSignal): unknown;
}

export interface SeenMcpRequest {
  /** Of HTTP. */
  method: string;
  /** Of the protocol; blank for a GET and a DELETE. */
  rpc: string;
  headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent, for tests to look into
  body: any;
  /** Whether the connection was given up before the answer was complete. */
  closedEarly: boolean;
}

export interface McpTestServer {
  url: string;
  requests: Collector<SeenMcpRequest>;
  closed: Collector<SeenMcpRequest>;
  /** The protocol's methods that were asked for so far. */
  asked(rpc: string): SeenMcpRequest[];
  /** Changes the list of tools, and says so if it is wanted. */
  setTools(tools: TestTool[], says?: boolean): Promise<void>;
  /** Forgets all sessions, as a restart would. */
  forgetSessions(): void;
  sessions(): number;
  openConnections(): Promise<number>;
  close(): Promise<void>;
}

const SCHEMA = { type: 'object' as const, properties: {} };
const INFO = { name: 'test-server', version: '1.0.0' };

export interface McpServerOptions {
  era?: McpEra;
  answers?: 'json' | 'events';
  tools?: TestTool[];
  /** How many tools a page of the list has. */
  pageSize?: number;
  port?: number;
  /** Makes it an https server. */
  tls?: TlsServerOptions;
  /** Looks at a request first. Answers it if the result is true. */
  before?(request: IncomingMessage, response: ServerResponse, rpc: string, body: { id?: unknown }): boolean;
}

export async function startMcpServer({
  era = 'modern',
  answers = 'json',
  tools: first = [],
  pageSize = 100,
  port = 0,
  tls,
  before = () => false,
}: McpServerOptions = {}): Promise<McpTestServer> {
  let tools = first;
  const list = (cursor?: string) => {
    const start = Number(cursor ?? 0);
    const page = tools.slice(start, start + pageSize);
    const next = start + pageSize;
    return {
      tools: page.map(({ run: _run, inputSchema = SCHEMA, ...tool }) => ({ ...tool, inputSchema })),
      ...(next < tools.length && { nextCursor: String(next) }),
    };
  };
  const call = async (
    { name, arguments: args = {} }: { name: string; arguments?: Record<string, unknown> },
    signal: AbortSignal,
  ) => {
    const tool = tools.find((candidate) => candidate.name === name);
    if (!tool) throw new Error(`Tool ${name} not found`);
    const result = await tool.run(args, signal);
    return (typeof result === 'string' ? { content: [{ type: 'text', text: result }] } : result) as never;
  };
  const requests = new Collector<SeenMcpRequest>();
  const closed = new Collector<SeenMcpRequest>();
  const served =
    era === 'modern' ? serveModern(answers, list, call) : serveOlder(era === 'sessions', answers, list, call);
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readText(request);
    const body = text === '' ? undefined : JSON.parse(text);
    const seen: SeenMcpRequest = {
      method: request.method ?? '',
      rpc: body?.method ?? '',
      headers: request.headers,
      body,
      closedEarly: false,
    };
    response.on('close', () => {
      seen.closedEarly = !response.writableFinished;
      closed.add(seen);
    });
    requests.add(seen);
    if (!before(request, response, seen.rpc, body ?? {})) await served.handle(request, response, body);
  };
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  const taken = await listen(server, port);
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${taken}/mcp`,
    requests,
    closed,
    asked: (rpc) => requests.items.filter((seen) => seen.rpc === rpc),
    async setTools(changed, says = true) {
      tools = changed;
      if (says) await served.say();
    },
    forgetSessions: () => served.forget(),
    sessions: () => served.sessions(),
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

interface Served {
  handle(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<unknown>;
  /** Says that the list has changed. */
  say(): Promise<unknown>;
  forget(): void;
  sessions(): number;
}

type List = (cursor?: string) => { tools: object[] };
type CallTool = (
  params: { name: string; arguments?: Record<string, unknown> },
  signal: AbortSignal,
) => Promise<never>;

function serveModern(answers: 'json' | 'events', list: List, call: CallTool): Served {
  const create = () => {
    const server = new Server(INFO, { capabilities: { tools: { listChanged: true } } });
    server.setRequestHandler('tools/list', async ({ params }) => list(params?.cursor) as never);
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) =>
      call(params as never, mcpReq.signal),
    );
    return server as never;
  };
  const handler = createMcpHandler(create, {
    legacy: 'reject',
    responseMode: answers === 'json' ? 'auto' : 'sse',
  });
  const handle = toNodeHandler(handler);
  return {
    handle: async (request, response, body) => handle(request as never, response as never, body),
    say: async () => handler.notify.toolsChanged(),
    forget: () => {},
    sessions: () => 0,
  };
}

function serveOlder(hasSessions: boolean, answers: 'json' | 'events', list: List, call: CallTool): Served {
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: OlderServer }>();
  const create = async (): Promise<StreamableHTTPServerTransport> => {
    const server = new OlderServer(INFO, { capabilities: { tools: { listChanged: true } } });
    server.setRequestHandler(ListToolsRequestSchema, async ({ params }) => list(params?.cursor) as never);
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) =>
      call(params as never, signal),
    );
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      ...(hasSessions && { sessionIdGenerator: () => randomUUID() }),
      enableJsonResponse: answers === 'json',
      onsessioninitialized: (id) => {
        sessions.set(id, { transport, server });
      },
      onsessionclosed: (id) => {
        sessions.delete(id);
      },
    });
    await server.connect(transport as never);
    return transport;
  };
  return {
    async handle(request, response, body) {
      const id = request.headers['mcp-session-id'];
      const session = typeof id === 'string' ? sessions.get(id) : undefined;
      if (typeof id === 'string' && !session) {
        const error = { code: -32001, message: 'Session not found' };
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
        return;
      }
      if (!hasSessions && request.method !== 'POST') {
        response.writeHead(405).end();
        return;
      }
      const transport = session?.transport ?? (await create());
      await transport.handleRequest(request, response, body);
    },
    say: () => Promise.all([...sessions.values()].map(({ server }) => server.sendToolListChanged())),
    forget() {
      for (const { transport } of sessions.values()) void transport.close();
      sessions.clear();
    },
    sessions: () => sessions.size,
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
