// The saved properties of a config node, checked and typed.
import { ChatError, type ErrorKey } from '../common/errors.ts';
import { type NumberRange, readNumber } from '../common/read-number.ts';
import { CONFIG_DEFAULTS, type ConfigSettings, LIMIT_OF, LIMIT_PER } from '../common/settings.ts';
import type { PoolSettings } from '../http/connection-pool.ts';
import {
  type ConnectionSources,
  checkedToken,
  readHeaders,
  readOwnToken,
  withoutPassword,
  withVariables,
} from '../http/connection-settings.ts';
import { type BaseUrlProblem, normalizeBaseUrl } from './base-url.ts';
import type { Prices } from './cost.ts';
import type { Limit } from './limit.ts';
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
  prices: Prices;
  limit: Limit | undefined;
  /** How many exchanges are kept for the editor. */
  keep: number;
}

const BASE_URL_ERRORS: Readonly<Record<BaseUrlProblem, ErrorKey>> = {
  blank: 'base_url_blank',
  scheme: 'base_url_scheme',
  userinfo: 'base_url_userinfo',
  invalid: 'base_url_invalid',
};

type NumberSetting = 'timeout' | 'maxRetries' | 'concurrency' | 'maxQueue' | 'keep';

/** @throws ChatError `config` that names the setting and says what to change */
export function readServiceSettings(
  saved: Partial<ConfigSettings>,
  sources: ConnectionSources,
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
    headers: readHeaders(saved.headers ?? [], sources.env),
    prices: {
      input: optionalNumber(saved, 'priceInput', isPrice),
      cached: optionalNumber(saved, 'priceCached', isPrice),
      output: optionalNumber(saved, 'priceOutput', isPrice),
    },
    limit: readLimit(saved),
    keep: number('keep', { min: 0, max: 10_000, isWhole: true }),
    proxy: sources.proxy(),
    tls: sources.tls(),
  };
}

const isPrice: NumberCheck = { fits: (value) => value >= 0, range: '≥ 0' };
const isLimit: NumberCheck = { fits: (value) => value > 0, range: '> 0' };

interface NumberCheck {
  fits(value: number): boolean;
  range: string;
}

/** A number, or nothing for a blank setting. */
function optionalNumber(
  saved: Partial<ConfigSettings>,
  name: 'priceInput' | 'priceCached' | 'priceOutput' | 'limit',
  { fits, range }: NumberCheck,
): number | undefined {
  const text = String(saved[name] ?? '').trim();
  if (text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && fits(value)) return value;
  throw new ChatError('setting_number', { name, value: text.slice(0, 40), range });
}

function readLimit(saved: Partial<ConfigSettings>): Limit | undefined {
  const most = optionalNumber(saved, 'limit', isLimit);
  if (most === undefined) return undefined;
  const of = oneOf(saved, 'limitOf', LIMIT_OF);
  return { most, of, per: oneOf(saved, 'limitPer', LIMIT_PER) };
}

function oneOf<Choice extends string>(
  saved: Partial<ConfigSettings>,
  name: 'limitOf' | 'limitPer',
  choices: readonly Choice[],
): Choice {
  const value: unknown = saved[name] ?? CONFIG_DEFAULTS[name];
  if (choices.includes(value as Choice)) return value as Choice;
  throw new ChatError('setting_number', {
    name,
    value: String(value).slice(0, 40),
    range: choices.join(', '),
  });
}

function readBaseUrl(
  saved: string,
  { env }: ConnectionSources,
): { url: string; query: Record<string, string> } {
  const text = withVariables(saved, env, 'base_url_variable');
  const result = normalizeBaseUrl(text);
  if ('problem' in result)
    throw new ChatError(BASE_URL_ERRORS[result.problem], { url: withoutPassword(text) });
  return result;
}

function readToken(sources: ConnectionSources, baseUrl: string): string {
  const token = readOwnToken(sources) || checkedToken(String(sources.env('VIVGRID_API_KEY') ?? ''));
  if (token === '' && new URL(baseUrl).hostname === 'api.vivgrid.com') throw new ChatError('token_missing');
  return token;
}
