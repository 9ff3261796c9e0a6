// The proxy that the environment names, as the core nodes find it.
import { ChatError } from '../common/errors.ts';

/** Addresses of proxies, blank where there is none, and the hosts that are asked directly. */
export interface ProxyVariables {
  httpProxy: string;
  httpsProxy: string;
  noProxy: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a text is a proxy's address. `proxy:3128` would be read as one with the scheme `proxy:`. */
export function isProxyUrl(text: string): boolean {
  return /^(https?|socks5?):\/\//i.test(text) && URL.canParse(text);
}

/**
 * `http_proxy` and `https_proxy`, else `all_proxy`; each in lower or upper case. An https service without a proxy of its
 * own is asked through that for http.
 * @returns nothing when no variable is set
 * @throws ChatError `config` for one that is no address of a proxy
 */
export function readProxyVariables(env: Environment): ProxyVariables | undefined {
  const all = addressIn(env, 'all_proxy');
  const httpProxy = addressIn(env, 'http_proxy') || all;
  const httpsProxy = addressIn(env, 'https_proxy') || all || httpProxy;
  if (httpProxy === '' && httpsProxy === '') return undefined;
  return { httpProxy, httpsProxy, noProxy: lookUp(env, 'no_proxy').value };
}

function addressIn(env: Environment, variable: string): string {
  const { name, value } = lookUp(env, variable);
  if (value === '') return '';
  const address = value.includes('://')
    ? // The proxy finds out the host's address, as it does by that name.
      value.replace(/^socks5h:/i, 'socks5:')
    : `http://${value}`;
  if (!isProxyUrl(address)) throw new ChatError('proxy_variable', { name });
  return address;
}

/** A blank one is none. */
function lookUp(env: Environment, variable: string): { name: string; value: string } {
  for (const name of [variable, variable.toUpperCase()]) {
    const value = env[name]?.trim();
    if (value) return { name, value };
  }
  return { name: variable, value: '' };
}
