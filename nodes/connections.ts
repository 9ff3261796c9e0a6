// How a config node's server is reached: the core proxy and TLS nodes that it names.
import type { Node, NodeAPI } from 'node-red';
import { ChatError } from './lib/common/errors.ts';
import type { ProxySettings, TlsOptions } from './lib/http/connection-pool.ts';
import type { ConnectionSources } from './lib/http/connection-settings.ts';
import { isProxyUrl } from './lib/http/proxy-variables.ts';

/** The core `http proxy` node. */
interface ProxyNode extends Node<{ username?: string; password?: string }> {
  url?: string;
  noproxy?: string[];
}

/** The core `tls-config` node. */
interface TlsNode extends Node {
  valid?: boolean;
  addTLSOptions?(options: TlsOptions): void;
}

export type Connections = Pick<ConnectionSources, 'proxy' | 'tls'>;

/** Reads the nodes of these ids when they are needed. Both throw a ChatError `config` for one that can't be used. */
export function connectionsOf(
  RED: NodeAPI,
  { proxy, tls }: { proxy?: string | undefined; tls?: string | undefined },
): Connections {
  return { proxy: () => readProxy(RED, proxy), tls: () => readTls(RED, tls) };
}

function readProxy(RED: NodeAPI, id: string | undefined): ProxySettings | undefined {
  if (!id) return undefined;
  const node = RED.nodes.getNode(id) as ProxyNode | null;
  if (!node?.url || !isProxyUrl(node.url)) {
    throw new ChatError('proxy', { url: (node?.url ?? '').replace(/^(\w+:\/\/)?.*@/, '$1') });
  }
  const { username, password } = node.credentials ?? {};
  return {
    url: node.url,
    noProxy: node.noproxy ?? [],
    ...(username && { username }),
    ...(password && { password }),
  };
}

function readTls(RED: NodeAPI, id: string | undefined): TlsOptions {
  if (!id) return {};
  const node = RED.nodes.getNode(id) as TlsNode | null;
  if (!node?.addTLSOptions || node.valid === false) throw new ChatError('tls');
  const options: TlsOptions = {};
  node.addTLSOptions(options);
  return options;
}
