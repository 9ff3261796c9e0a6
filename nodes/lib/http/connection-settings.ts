// What every connection to a server is made with, read from saved properties: its token and extra headers, in which
// `${NAME}` stands for an environment variable. Shared by the config nodes.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ChatError, type ErrorKey } from '../common/errors.ts';
import type { HeaderRow } from '../common/settings.ts';
import type { ProxySettings, TlsOptions } from './connection-pool.ts';

/** What stands outside the saved properties. */
export interface ConnectionSources {
  /** The stored credential. In the place of `${NAME}` Node-RED may have put a number. */
  token: string | number | undefined;
  /** An environment variable, as Node-RED finds it; blank or `undefined` when it is not set. */
  env(name: string): unknown;
  proxy(): ProxySettings | undefined;
  tls(): TlsOptions;
}

type Env = ConnectionSources['env'];

/** What Node-RED has left of variables: those that are not set, and `${NAME}` as a part of a text. */
const VARIABLE = /\$\{([^}]+)\}|^\$\((\S+)\)$/g;

/**
 * A trimmed text with the variables in it replaced.
 * @throws ChatError `config` of the given key, with `name`, for one that is not set
 */
export function withVariables(
  text: string,
  env: Env,
  unsetError: ErrorKey,
  params: Record<string, string> = {},
): string {
  return text.trim().replace(VARIABLE, (_variable, braced?: string, old = '') => {
    const name = braced ?? old;
    const value = String(env(name) ?? '');
    if (value === '') throw new ChatError(unsetError, { name, ...params });
    return value;
  });
}

/** The node's own token, without "Bearer "; blank if it has none. @throws ChatError `config` */
export function readOwnToken({ token, env }: Pick<ConnectionSources, 'token' | 'env'>): string {
  return checkedToken(withVariables(String(token ?? ''), env, 'token_variable'));
}

/** A token as it is sent, without "Bearer ". @throws ChatError `config` for characters that a header can't hold */
export function checkedToken(text: string): string {
  const token = text.trim().replace(/^bearer(\s+|$)/i, '');
  try {
    validateHeaderValue('authorization', token);
  } catch {
    throw new ChatError('token_characters');
  }
  return token;
}

/** The extra headers; rows without a name or a value are skipped. @throws ChatError `config` */
export function readHeaders(rows: readonly HeaderRow[], env: Env): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name: rawName, value, type } of rows) {
    const name = String(rawName).trim();
    if (name === '') continue;
    const text =
      type === 'env'
        ? String(env(value) ?? '').trim()
        : withVariables(String(value ?? ''), env, 'header_variable', { header: name.slice(0, 60) });
    if (text === '') continue;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    } catch {
      throw new ChatError('header', { name: name.slice(0, 60) });
    }
    headers[name] = text;
  }
  return headers;
}

/** An address for an error's text: without a user name and a password in it, and not too long. */
export function withoutPassword(address: string): string {
  return address.replace(/^([a-z]+:\/\/)?.*@/i, '$1***@').slice(0, 80);
}

/** Names of headers and query parameters that hold a secret: not `x-portkey-provider`, `x-author` or `max-tokens`. */
const SECRET_NAME = /auth(?!ors?\b)|(?<!port)key|token(?!s\b)|secret|cookie|password/i;

/** The secrets that a server may show in what it answers. */
export function secretsOf({
  token,
  headers,
  query,
  proxy,
}: {
  token: string;
  headers: Record<string, string>;
  query: Record<string, string>;
  proxy: ProxySettings | undefined;
}): string[] {
  const named = [...Object.entries(headers), ...Object.entries(query)].filter(([name]) =>
    SECRET_NAME.test(name),
  );
  return [token, proxy?.password ?? '', ...named.map(([, value]) => value)];
}
