// The fetch that the MCP client is given: undici's over our own pool. It ends a call's request with the call, which the
// client leaves open for ever in the older protocol, and refuses redirects and answers that only a token can change.
import type { Dispatcher } from 'undici';
import { ChatError } from '../common/errors.ts';
import type { Redact } from '../common/redact.ts';
import { wellFormedJson } from '../http/well-formed.ts';

/** A call that is out, for its request. */
export interface CallWire {
  /** Ends the request. */
  signal: AbortSignal;
  /** The answer's events are over. What came of them may still be on its way to the client. */
  onEnd(): void;
}

export type McpFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The header by which a request names its call. It never leaves the machine. */
const CALL_HEADER = 'x-vivgrid-call';

/** The option of `callTool` that names a call. */
export function callHeaders(key: string): Record<string, string> {
  return { [CALL_HEADER]: key };
}

export interface McpFetchOptions {
  undici: typeof import('undici');
  dispatcher: Dispatcher;
  /** The server's name, for errors. */
  server: string;
  redact: Redact;
  /** The calls that are out, by the keys that `callHeaders` was given. */
  calls: ReadonlyMap<string, CallWire>;
}

/** @throws ChatError `config` for a redirect, and `tool` for a status that says that the token is refused */
export function createMcpFetch({ undici, dispatcher, server, redact, calls }: McpFetchOptions): McpFetch {
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    const call = calls.get(headers.get(CALL_HEADER) ?? '');
    headers.delete(CALL_HEADER);
    const signals = [init.signal, call?.signal].filter((signal) => signal instanceof AbortSignal);
    const response = (await undici.fetch(url, {
      ...(init as object),
      ...(typeof init.body === 'string' && { body: wellFormedJson(init.body) }),
      headers: [...headers],
      signal: AbortSignal.any(signals),
      redirect: 'manual',
      dispatcher,
    })) as unknown as Response;
    await refuse(response, server, redact);
    return call && isEventStream(response) ? watched(response, call) : response;
  };
}

async function refuse(response: Response, server: string, redact: Redact): Promise<void> {
  const { status } = response;
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  if (!isRedirect && status !== 401 && status !== 403) return;
  await response.body?.cancel().catch(() => {});
  if (!isRedirect) throw new ChatError('mcp_auth', { server, status }, { cause: { status } });
  const location = redact(response.headers.get('location') ?? '');
  throw new ChatError('mcp_redirect', { server, status, location }, { cause: { status } });
}

function isEventStream({ headers }: Response): boolean {
  return /^\s*text\/event-stream\b/i.test(headers.get('content-type') ?? '');
}

/** The same response, which tells the call when it is over. */
function watched(response: Response, call: CallWire): Response {
  const reader = response.body?.getReader();
  if (!reader) return response;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      call.onEnd();
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const { status, headers } = response;
  return new Response(body, { status, headers });
}
