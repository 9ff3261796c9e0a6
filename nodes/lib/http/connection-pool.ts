// The connections of one config node: a pool of our own, without the platform's 300-second limits, through a proxy and
// with TLS options where they are set.
import type { Dispatcher } from 'undici';
import { readProxyVariables } from './proxy-variables.ts';

/** TLS options as Node's `tls.connect` takes them. */
export type TlsOptions = Record<string, unknown>;

/** An explicit proxy. Hosts in `noProxy` are asked directly. */
export interface ProxySettings {
  url: string;
  noProxy: string[];
  username?: string;
  password?: string;
}

export interface PoolSettings {
  /** Without one, the proxy variables of the environment count. */
  proxy: ProxySettings | undefined;
  tls: TlsOptions;
}

/** Milliseconds to connect in. A failure to connect is a network fault and is tried again. */
export const CONNECT_TIMEOUT = 10_000;

/** The options every connection of the pool has: the only limit on silence is the config's own `timeout`. */
export function poolOptions({ tls }: Pick<PoolSettings, 'tls'>) {
  const connect = { ...tls, timeout: CONNECT_TIMEOUT };
  return { headersTimeout: 0, bodyTimeout: 0, allowH2: false, connect, requestTls: connect };
}

/** Makes the pool for requests to `baseUrl`. @throws ChatError `config` for a proxy variable that is no address */
export function createPool(
  undici: typeof import('undici'),
  baseUrl: string,
  settings: PoolSettings,
): Dispatcher {
  const options = {
    ...poolOptions(settings),
    // A tunnel is part of connecting.
    clientFactory: (origin: URL, own: object) =>
      new undici.Pool(origin, { ...own, headersTimeout: CONNECT_TIMEOUT }),
  };
  const { proxy } = settings;
  if (!proxy) {
    const variables = readProxyVariables(process.env);
    return variables ? new undici.EnvHttpProxyAgent({ ...options, ...variables }) : new undici.Agent(options);
  }
  // The core `http proxy` node's own rule: an entry is a part of the address.
  if (proxy.noProxy.some((entry) => entry !== '' && baseUrl.includes(entry)))
    return new undici.Agent(options);
  const { username, password } = proxy;
  const token = `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}`;
  return new undici.ProxyAgent({ ...options, uri: proxy.url, ...(username && { token }) });
}
