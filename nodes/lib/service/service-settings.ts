// The saved properties of a config node, checked and typed.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ChatError, type ErrorKey } from '../common/errors.ts';
import { type NumberRange, readNumber } from '../common/read-number.ts';
import { CONFIG_DEFAULTS, type ConfigSettings, type HeaderRow } from '../common/settings.ts';
import type { PoolSettings, ProxySettings, TlsOptions } from '../http/connection-pool.ts';
import { type BaseUrlProblem, normalizeBaseUrl } from './base-url.ts';
import type { QueueLimits } from './request-queue.ts';

/** A service's settings, checked and typed. Times are in milliseconds. */
export interface ServiceSettings extends QueueLimits, PoolSettings {
  /** The config node's name, or the host of its base URL. */
  name: string;
  baseUrl: string;
  query: Record<string, string>;
  /** Blank = requests carry no Authorization header. */
  token: string;
  model: string;
  timeout: number;
  maxRetries: number;
  headers: Record<string, string>;
}

/** What stands outside the saved properties. */
export interface ServiceSources {
  /** The stored credential. In the place of `${NAME}` Node-RED may have put a number. */
  token: string | number | undefined;
  /** An environment variable, as Node-RED finds it; blank or `undefined` when it is not set. */
  env(name: string): unknown;
  proxy(): ProxySettings | undefined;
  tls(): TlsOptions;
}

const BASE_URL_ERRORS: Readonly<Record<BaseUrlProblem, ErrorKey>> = {
  blank: 'base_url_blank',
  scheme: 'base_url_scheme',
  userinfo: 'base_url_userinfo',
  invalid: 'base_url_invalid',
};

/** What Node-RED has left of variables: those that are not set, and `${NAME}` as a part of a text. */
const VARIABLE = /\$\{([^}]+)\}|^\$\((\S+)\)$/g;

function withVariables(
  text: string,
  env: ServiceSources['env'],
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

type NumberSetting = 'timeout' | 'maxRetries' | 'concurrency' | 'maxQueue';

/** @throws ChatError `config` that names the setting and says what to change */
export function readServiceSettings(
  saved: Partial<ConfigSettings>,
  sources: ServiceSources,
): ServiceSettings {
  const number = (name: NumberSetting, range: NumberRange): number =>
    readNumber(saved, name, CONFIG_DEFAULTS, range, 'setting_number');
  const { url: baseUrl, query } = readBaseUrl(String(saved.baseUrl ?? CONFIG_DEFAULTS.baseUrl), sources);
  return {
    name: String(saved.name ?? '').trim() || new URL(baseUrl).host,
    baseUrl,
    query,
    token: readToken(sources, baseUrl),
    // A variable of Node-RED's own may hold a number.
    model: String(saved.model ?? '').trim() || CONFIG_DEFAULTS.model,
    timeout: number('timeout', { min: 0.001, max: Infinity }) * 1000,
    maxRetries: number('maxRetries', { min: 0, max: 10, isWhole: true }),
    concurrency: number('concurrency', { min: 0, max: Infinity, isWhole: true }),
    maxQueue: number('maxQueue', { min: 0, max: Infinity, isWhole: true }),
    headers: readHeaders(saved.headers ?? [], sources),
    proxy: sources.proxy(),
    tls: sources.tls(),
  };
}

function readBaseUrl(saved: string, { env }: ServiceSources): { url: string; query: Record<string, string> } {
  const text = withVariables(saved, env, 'base_url_variable');
  const result = normalizeBaseUrl(text);
  if ('problem' in result)
    throw new ChatError(BASE_URL_ERRORS[result.problem], { url: withoutPassword(text) });
  return result;
}

function withoutPassword(address: string): string {
  return address.replace(/^([a-z]+:\/\/)?.*@/i, '$1***@').slice(0, 80);
}

function readToken({ token, env }: ServiceSources, baseUrl: string): string {
  const own = withoutBearer(withVariables(String(token ?? ''), env, 'token_variable'));
  const found = own || withoutBearer(String(env('VIVGRID_API_KEY') ?? ''));
  if (found === '' && new URL(baseUrl).hostname === 'api.vivgrid.com') throw new ChatError('token_missing');
  if (!isHeaderValue(found)) throw new ChatError('token_characters');
  return found;
}

function withoutBearer(token: string): string {
  return token.trim().replace(/^bearer(\s+|$)/i, '');
}

function isHeaderValue(value: string): boolean {
  try {
    validateHeaderValue('authorization', value);
    return true;
  } catch {
    return false;
  }
}

function readHeaders(rows: readonly HeaderRow[], { env }: ServiceSources): Record<string, string> {
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
