// One connection of the MCP client to its server, in whichever protocol the server speaks. Loads the client's package.
import {
  Client,
  SdkError,
  SdkErrorCode,
  type Tool as ServerTool,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { isFinal, statusOf } from './mcp-failures.ts';
import type { McpFetch } from './mcp-fetch.ts';
import type { ServerSettings } from './mcp-settings.ts';

export type { ServerTool };

const CLIENT_INFO = { name: 'node-red-vivgrid', version: '1' };
/** Milliseconds for the question which protocol a server speaks, and for the end of a session. */
const PROBE_TIME = 10_000;
const END_TIME = 1000;

export interface SessionOptions {
  settings: Pick<ServerSettings, 'url' | 'token' | 'headers' | 'timeout'>;
  fetch: McpFetch;
  /** The list of tools has changed, or may have without a word from now on. */
  onListChanged(): void;
}

export interface Session {
  client: Client;
  /** Whether a request failed because the server knows the session no longer. */
  isLostBy(error: unknown): boolean;
  /** Ends the session at the server and closes every stream. Takes a second at most, and never rejects. */
  close(): Promise<void>;
}

/** Connects. A server that fails the question which protocol it speaks is taken for one of the older protocol. */
export async function openSession(options: SessionOptions): Promise<Session> {
  try {
    return await connect(options, 'any');
  } catch (error) {
    if (isFinal(error, options.settings.url)) throw error;
    return connect(options, 'older');
  }
}

async function connect(
  { settings, fetch, onListChanged }: SessionOptions,
  protocol: 'any' | 'older',
): Promise<Session> {
  const { url, timeout } = settings;
  const client = new Client(CLIENT_INFO, {
    versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(PROBE_TIME, timeout) } },
    inputRequired: { autoFulfill: false },
  });
  // What matters of it comes as a request's own failure, too.
  client.onerror = () => {};
  client.setNotificationHandler('notifications/tools/list_changed', onListChanged);
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch,
    requestInit: { headers: headersOf(settings), redirect: 'manual' },
  });
  const isOlder = protocol === 'older';
  const connected = client.connect(transport, { timeout, ...(isOlder && { prior: { kind: 'legacy' } }) });
  try {
    // A notification of the handshake has no time limit of its own.
    await within(isOlder ? timeout : timeout + Math.min(PROBE_TIME, timeout), connected);
  } catch (error) {
    await transport.close();
    throw error;
  }
  if (client.getProtocolEra() === 'modern' && client.getServerCapabilities()?.tools?.listChanged) {
    watchList(client, timeout, onListChanged);
  }
  return {
    client,
    // Hand-written servers say 400, the protocol 404.
    isLostBy: (error) => transport.sessionId !== undefined && [400, 404].includes(statusOf(error) ?? 0),
    async close() {
      if (transport.sessionId !== undefined)
        await within(END_TIME, transport.terminateSession()).catch(() => {});
      await client.close().catch(() => {});
    },
  };
}

function headersOf({ token, headers }: SessionOptions['settings']): Headers {
  const all = new Headers(token === '' ? {} : { authorization: `Bearer ${token}` });
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return all;
}

/** In the newer protocol changes are told to those who ask for them. Nothing asks again when that ends. */
function watchList(client: Client, timeout: number, onListChanged: () => void): void {
  client.listen({ toolsListChanged: true }, { timeout }).then(
    ({ closed }) => closed.then(onListChanged),
    // Without it a list is as old as it may be.
    () => {},
  );
}

/** All of the server's tools. */
export async function listTools({ client }: Session, timeout: number): Promise<ServerTool[]> {
  // The client would write to the console.
  if (!client.getServerCapabilities()?.tools) return [];
  const { tools } = await client.listTools(undefined, { cacheMode: 'refresh', timeout });
  return tools;
}

/** Rejects with what the client rejects with when time is up. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new SdkError(SdkErrorCode.RequestTimeout, 'late')), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
