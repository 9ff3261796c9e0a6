import assert from 'node:assert/strict';
import { type ProxyVariables, readProxyVariables } from '../../../nodes/lib/http/proxy-variables.ts';

describe('readProxyVariables', () => {
  const found = (httpProxy: string, httpsProxy: string, noProxy = ''): ProxyVariables => ({
    httpProxy,
    httpsProxy,
    noProxy,
  });

  for (const [what, env, variables] of [
    ['nothing', {}, undefined],
    ['blank ones', { http_proxy: '', HTTPS_PROXY: ' ', ALL_PROXY: '' }, undefined],
    ['a list of hosts alone', { NO_PROXY: '*' }, undefined],
    ['one for http, for https as well', { http_proxy: 'http://h' }, found('http://h', 'http://h')],
    ['one for https alone', { https_proxy: 'http://s' }, found('', 'http://s')],
    ['one for all', { ALL_PROXY: 'http://a' }, found('http://a', 'http://a')],
    [
      'one for all where there is none of its own',
      { HTTP_PROXY: 'http://h', all_proxy: 'http://a' },
      found('http://h', 'http://a'),
    ],
    [
      'those of their own before the one for all',
      { HTTP_PROXY: 'http://h', HTTPS_PROXY: 'http://s', ALL_PROXY: 'http://a' },
      found('http://h', 'http://s'),
    ],
    [
      'lower case before upper case',
      { all_proxy: 'http://l', ALL_PROXY: 'http://u', no_proxy: 'l', NO_PROXY: 'u' },
      found('http://l', 'http://l', 'l'),
    ],
    [
      'upper case where lower case is blank',
      { all_proxy: '', ALL_PROXY: 'http://u', no_proxy: '', NO_PROXY: 'u' },
      found('http://u', 'http://u', 'u'),
    ],
    [
      'no scheme, for one of http',
      { ALL_PROXY: ' 127.0.0.1:3128\n' },
      found(...twice('http://127.0.0.1:3128')),
    ],
    ['a name alone', { ALL_PROXY: 'proxy' }, found(...twice('http://proxy'))],
    ['a proxy of socks', { ALL_PROXY: 'socks5://p:1080' }, found(...twice('socks5://p:1080'))],
    ['one that looks names up itself', { ALL_PROXY: 'socks5h://p:1080' }, found(...twice('socks5://p:1080'))],
  ] as [string, Record<string, string>, ProxyVariables | undefined][]) {
    it(`should take ${what}`, () => {
      assert.deepEqual(readProxyVariables(env), variables);
    });
  }

  for (const [name, address] of [
    ['HTTP_PROXY', 'no address'],
    ['https_proxy', 'ftp://proxy'],
    ['ALL_PROXY', 'socks4://proxy'],
  ] as const) {
    it(`should name a variable that is no address of a proxy: ${name}=${address}`, () => {
      assert.throws(() => readProxyVariables({ [name]: address }), {
        code: 'config',
        key: 'proxy_variable',
        params: { name },
      });
    });
  }
});

function twice(address: string): [string, string] {
  return [address, address];
}
