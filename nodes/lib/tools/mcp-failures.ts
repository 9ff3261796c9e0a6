// What a failure of the MCP client means: it wraps what happened, at times more than once.
import { STATUS_CODES } from 'node:http';
import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/client';
import { ChatError, type ErrorKey, wordsOf } from '../common/errors.ts';
import { parseJson } from '../common/parse-json.ts';
import { plainWords } from '../common/plain-words.ts';
import type { Redact } from '../common/redact.ts';
import { readErrorObject } from '../http/error-body.ts';
import { networkFailure } from '../http/network-failure.ts';

/** A JSON-RPC error: the server's answer to a request that it understood. */
export interface RpcError {
  code: number;
  message: string;
}

/** The error and what it was wrapped around, from the outside in. */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let next: unknown = error; next !== undefined && next !== null && !chain.includes(next); ) {
    chain.push(next);
    next = (next as { cause?: unknown }).cause;
  }
  return chain;
}

/** The JSON-RPC error that a request was answered with, whatever its status was. */
export function rpcErrorOf(error: unknown): RpcError | undefined {
  for (const link of chainOf(error)) {
    if (link instanceof ProtocolError) return { code: link.code, message: link.message };
    if (!(link instanceof SdkHttpError)) continue;
    const body = parseJson(String(textOf(link))) as { error?: Partial<RpcError> } | undefined;
    const { code, message } = body?.error ?? {};
    if (typeof code === 'number' && typeof message === 'string') return { code, message };
  }
  return undefined;
}

/** The status that a request was answered with, if it was no success. */
export function statusOf(error: unknown): number | undefined {
  const found = chainOf(error).find((link) => link instanceof SdkHttpError) as SdkHttpError | undefined;
  return found?.data.status;
}

function textOf({ data }: SdkHttpError): unknown {
  return data.text ?? '';
}

/** Whether the tool asked for something back (elicitation, sampling), which nobody here can give. */
export function asksBack(error: unknown): boolean {
  return chainOf(error).some(
    (link) =>
      link instanceof UrlElicitationRequiredError ||
      (link instanceof SdkError && link.code === SdkErrorCode.UnsupportedResultType),
  );
}

/** Whether the connection was closed at our end. */
export function isClosed(error: unknown): boolean {
  return chainOf(error).some(
    (link) =>
      link instanceof SdkError &&
      (link.code === SdkErrorCode.ConnectionClosed || link.code === SdkErrorCode.NotConnected),
  );
}

/** Whether asking in another protocol would fail in the same way. */
export function isFinal(error: unknown, url: string): boolean {
  if (chainOf(error).some((link) => link instanceof ChatError)) return true;
  const { key, cause } = networkFailure(rootOf(error), url, (text) => text);
  return key !== 'network' || UNREACHABLE.has(cause.code ?? '');
}

const UNREACHABLE: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

function rootOf(error: unknown): unknown {
  return chainOf(error).at(-1);
}

const MCP_KEYS: Partial<Record<ErrorKey, ErrorKey>> = {
  network_refused: 'mcp_refused',
  network_unknown_host: 'mcp_unknown_host',
  network_certificate: 'mcp_certificate',
};

/** The ChatError for a request that got no answer, or none of an MCP server. */
export function mcpFailure(
  error: unknown,
  { name: server, url, timeout }: { name: string; url: string; timeout: number },
  redact: Redact,
): ChatError {
  const chain = chainOf(error);
  const own = chain.find((link) => link instanceof ChatError);
  if (own) return own as ChatError;
  const rpc = rpcErrorOf(error);
  if (rpc) return new ChatError('mcp_protocol', { server, words: redact(rpc.message) });
  const status = statusOf(error);
  if (status !== undefined) {
    const http = chain.find((link) => link instanceof SdkHttpError) as SdkHttpError;
    const body = String(textOf(http));
    const { message = '' } = readErrorObject(parseJson(body) ?? body);
    const words = plainWords(redact(message), 120) || (STATUS_CODES[status] ?? '?');
    return new ChatError('mcp_status', { server, status, words }, { cause: { status } });
  }
  const isLate = chain.some((link) => link instanceof SdkError && link.code === SdkErrorCode.RequestTimeout);
  if (isLate) return new ChatError('mcp_timeout', { server, seconds: timeout / 1000 });
  if (chain.some(isNonsense)) return new ChatError('mcp_protocol', { server, words: redact(wordsOf(error)) });
  const { key, params, cause } = networkFailure(rootOf(error), url, redact);
  return new ChatError(MCP_KEYS[key] ?? 'mcp_network', { ...params, server }, { cause });
}

/** What the client throws for an answer that is not one of the protocol. */
function isNonsense(link: unknown): boolean {
  if (link instanceof SdkError) return NONSENSE.has(link.code as string);
  return link instanceof Error && /^(SyntaxError|ZodError|\$ZodError)$/.test(link.name);
}

const NONSENSE: ReadonlySet<string> = new Set<string>([
  SdkErrorCode.ClientHttpUnexpectedContent,
  SdkErrorCode.InvalidResult,
]);
