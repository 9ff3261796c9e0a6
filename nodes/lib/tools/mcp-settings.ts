// The saved properties of an MCP node, checked and typed.
import { ChatError } from '../common/errors.ts';
import { readNumber } from '../common/read-number.ts';
import { MCP_DEFAULTS, type McpSettings } from '../common/settings.ts';
import { toText } from '../common/to-text.ts';
import type { PoolSettings } from '../http/connection-pool.ts';
import {
  type ConnectionSources,
  readHeaders,
  readOwnToken,
  withoutPassword,
  withVariables,
} from '../http/connection-settings.ts';
import { readMcpUrl } from './mcp-url.ts';

/** An MCP server's settings. Times are in milliseconds. */
export interface ServerSettings extends PoolSettings {
  /** The node's name, or the host of its address. */
  name: string;
  url: string;
  /** Blank = requests carry no Authorization header. */
  token: string;
  headers: Record<string, string>;
  timeout: number;
  /** Whether a tool of this name, the server's own, is offered. */
  isOffered(name: string): boolean;
}

/** @throws ChatError `config` that names the setting and says what to change */
export function readMcpSettings(saved: Partial<McpSettings>, sources: ConnectionSources): ServerSettings {
  const text = withVariables(toText(saved.url), sources.env, 'base_url_variable');
  const url = readMcpUrl(text);
  if (url === undefined) throw new ChatError('mcp_url', { url: withoutPassword(text) });
  const { filter = MCP_DEFAULTS.filter } = saved;
  const names = new Set([saved.toolNames ?? []].flat().map((name) => toText(name)));
  return {
    name: toText(saved.name).trim() || new URL(url).host,
    url,
    token: readOwnToken(sources),
    headers: readHeaders(saved.headers ?? [], sources.env),
    timeout:
      readNumber(saved, 'timeout', MCP_DEFAULTS, { min: 0.001, max: 2_000_000 }, 'setting_number') * 1000,
    isOffered: (name) => filter === 'all' || names.has(name) === (filter === 'only'),
    proxy: sources.proxy(),
    tls: sources.tls(),
  };
}
