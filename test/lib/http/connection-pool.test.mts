import assert from 'node:assert/strict';
import * as undici from 'undici';
import { createPool, poolOptions } from '../../../nodes/lib/http/connection-pool.ts';
import { Exchange } from '../../../nodes/lib/http/exchange.ts';
import { createFetch, type ExchangeInit } from '../../../nodes/lib/http/http-fetch.ts';

describe('connection pool', () => {
  it('should set no limit of its own on a silent service', () => {
    const { headersTimeout, bodyTimeout } = poolOptions({ tls: {} });
    assert.deepEqual({ headersTimeout, bodyTimeout }, { headersTimeout: 0, bodyTimeout: 0 });
  });

  // undici forgets the pool's limits where it forwards through a proxy, and falls back to its 300 seconds.
  it('should set no limit on any request either', async () => {
    const seen: { headersTimeout?: number | null; bodyTimeout?: number | null }[] = [];
    const dispatcher = new undici.Agent().compose((dispatch) => (options, handler) => {
      seen.push(options);
      return dispatch(options, handler);
    });
    const fetch = createFetch({ dispatcher, redact: (text) => text });
    const init: ExchangeInit = {
      headers: new Headers(),
      exchange: new Exchange(new AbortController().signal),
    };
    await assert.rejects(fetch('http://127.0.0.1:1/', init));
    assert.equal(seen[0]?.headersTimeout, 0);
    assert.equal(seen[0]?.bodyTimeout, 0);
    await dispatcher.destroy();
  });

  it('should give TLS options to the service, through a proxy as well', () => {
    const { connect, requestTls } = poolOptions({ tls: { ca: 'a CA', servername: 'a name' } });
    assert.equal(connect.timeout, 10_000);
    for (const options of [connect, requestTls] as Record<string, unknown>[]) {
      assert.equal(options.ca, 'a CA');
      assert.equal(options.servername, 'a name');
    }
  });

  it('should be a plain pool for a host on the list of the proxy', async () => {
    const pool = createPool(undici, 'http://host.invalid/v1', {
      tls: {},
      proxy: { url: 'http://proxy.invalid', noProxy: ['host.invalid'] },
    });
    assert.ok(pool instanceof undici.Agent);
    await pool.destroy();
  });
});
