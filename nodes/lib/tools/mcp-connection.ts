// The way to one MCP server: its pool of connections, a session that is opened anew when the server has lost it, and
// calls that end with their message. Loaded with the first request: the client's package is heavy.
import { randomUUID } from 'node:crypto';
import * as undici from 'undici';
import { ChatError } from '../common/errors.ts';
import { createRedactor, type Redact } from '../common/redact.ts';
import { unlessAborted } from '../common/unless-aborted.ts';
import { createPool } from '../http/connection-pool.ts';
import { secretsOf } from '../http/connection-settings.ts';
import { asksBack, isClosed, mcpFailure, rpcErrorOf } from './mcp-failures.ts';
import { type CallWire, callHeaders, createMcpFetch, type McpFetch } from './mcp-fetch.ts';
import { readMcpResult } from './mcp-results.ts';
import { listTools, openSession, type ServerTool, type Session } from './mcp-session.ts';
import type { ServerSettings } from './mcp-settings.ts';
import { failed, type ToolOutcome } from './tool.ts';

export type { ServerTool };

/** How a call ended, and whether the list of tools may be out of date. */
export interface CallOutcome {
  outcome: ToolOutcome;
  isListStale: boolean;
}

/** Why a call was given up. */
const LATE = new Error('late');
const BROKEN_OFF = new Error('The connection was closed before the call was answered');
/** Milliseconds in which the client works through the last events of an answer. */
const LAST_EVENTS = 250;

export class McpConnection {
  readonly #settings: ServerSettings;
  readonly #onListChanged: () => void;
  readonly #redact: Redact;
  readonly #pool: undici.Dispatcher;
  readonly #fetch: McpFetch;
  readonly #calls = new Map<string, CallWire>();
  #session: Promise<Session> | undefined;
  /** The session, once it is open. */
  #open: Session | undefined;

  /** @throws ChatError `config` for a proxy that can't be used */
  constructor(settings: ServerSettings, onListChanged: () => void) {
    this.#settings = settings;
    this.#onListChanged = onListChanged;
    this.#redact = createRedactor(secretsOf({ ...settings, query: queryOf(settings.url) })).redact;
    this.#pool = createPool(undici, settings.url, settings);
    this.#fetch = createMcpFetch({
      undici,
      // The pool's own settings get lost where undici forwards a request through a proxy.
      dispatcher: this.#pool.compose(
        (dispatch) => (options, handler) =>
          dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler),
      ),
      server: settings.name,
      redact: this.#redact,
      calls: this.#calls,
    });
  }

  /** The tools that are offered. Rejects with a ChatError. */
  async listTools(): Promise<ServerTool[]> {
    const before = this.#open;
    try {
      return await this.#list();
    } catch (error) {
      // The server may have been replaced by one that speaks the other protocol.
      if (!before || (error as ChatError).key === 'mcp_timeout') throw error;
      this.#drop(before);
      return this.#list();
    }
  }

  /** Makes a call. Rejects with a ChatError when the message must fail, or with the signal's reason. */
  async callTool(tool: ServerTool, args: Record<string, unknown>, signal: AbortSignal): Promise<CallOutcome> {
    const { name, timeout } = this.#settings;
    const call = new AbortController();
    const onAbort = (): void => call.abort(signal.reason);
    const timer = setTimeout(() => call.abort(LATE), timeout);
    signal.addEventListener('abort', onAbort);
    try {
      signal.throwIfAborted();
      const result = await this.#call(tool, args, call);
      return this.#outcomeOf(readMcpResult(result));
    } catch (error) {
      signal.throwIfAborted();
      const { reason } = call.signal;
      if (reason === LATE)
        return stale(failed(`The tool ${tool.name} gave no result within ${timeout / 1000} s.`), false);
      if (isClosed(error))
        return stale(failed(`The MCP server ${name} was stopped before it gave a result.`), true);
      if (asksBack(error))
        return stale(failed(`The tool ${tool.name} asks for more, which can't be given here.`), false);
      const rpc = rpcErrorOf(error);
      if (rpc && reason === undefined) return stale(failed(this.#redact(rpc.message)), true);
      throw this.#failureOf(reason ?? error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the session and closes everything. What is not open yet is not waited for. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#session = undefined;
    this.#open = undefined;
    await open?.close();
    await this.#pool.destroy();
  }

  async #list(): Promise<ServerTool[]> {
    try {
      const tools = await this.#inSession((session) => listTools(session, this.#settings.timeout));
      return tools.filter(({ name }) => this.#settings.isOffered(name));
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  async #call(tool: ServerTool, args: Record<string, unknown>, call: AbortController) {
    const key = randomUUID();
    const { outputSchema: _unchecked, ...toolDefinition } = tool;
    let isResumable = false;
    this.#calls.set(key, {
      signal: call.signal,
      // One that can be resumed is asked for again by the client.
      onEnd: () => setTimeout(() => isResumable || call.abort(BROKEN_OFF), LAST_EVENTS).unref(),
    });
    try {
      return await this.#inSession(
        ({ client }) =>
          client.callTool(
            { name: tool.name, arguments: args },
            {
              signal: call.signal,
              // The call's own time ends it, with its request.
              timeout: this.#settings.timeout + 60_000,
              headers: callHeaders(key),
              toolDefinition,
              onresumptiontoken: () => {
                isResumable = true;
              },
            },
          ),
        call.signal,
      );
    } finally {
      this.#calls.delete(key);
    }
  }

  /** Runs a request, and once more in a new session when the server has lost the one that there was. */
  async #inSession<T>(run: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const open = (): Promise<Session> => (signal ? unlessAborted(this.#connect(), signal) : this.#connect());
    const session = await open();
    try {
      return await run(session);
    } catch (error) {
      if (!session.isLostBy(error)) throw error;
      this.#drop(session);
      this.#onListChanged();
      return run(await open());
    }
  }

  #connect(): Promise<Session> {
    if (!this.#session) {
      const session = openSession({
        settings: this.#settings,
        fetch: this.#fetch,
        onListChanged: this.#onListChanged,
      });
      this.#session = session;
      session.then(
        (opened) => {
          if (this.#session === session) this.#open = opened;
        },
        // The next one to ask tries again.
        () => {
          if (this.#session === session) this.#session = undefined;
        },
      );
    }
    return this.#session;
  }

  /** Another request may have opened a new one by then. */
  #drop(session: Session): void {
    if (this.#open !== session) return;
    this.#session = undefined;
    this.#open = undefined;
    void session.client.close().catch(() => {});
  }

  #outcomeOf({ text, isError }: ToolOutcome): CallOutcome {
    return stale({ text: this.#redact(text), isError }, isError && UNKNOWN_TOOL.test(text));
  }

  #failureOf(error: unknown): ChatError {
    return error instanceof ChatError ? error : mcpFailure(error, this.#settings, this.#redact);
  }
}

/** What servers say of a tool that they don't have. */
const UNKNOWN_TOOL = /\bunknown tool\b|\btool\b.{0,80}\b(not found|unknown|does ?n[o']t exist|no longer)/is;

function stale(outcome: ToolOutcome, isListStale: boolean): CallOutcome {
  return { outcome, isListStale };
}

function queryOf(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams);
}
