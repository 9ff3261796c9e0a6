import assert from 'node:assert/strict';
import type { ConfigSettings, HeaderRow } from '../../../nodes/lib/common/settings.ts';
import type { ConnectionSources } from '../../../nodes/lib/http/connection-settings.ts';
import { readServiceSettings } from '../../../nodes/lib/service/service-settings.ts';

interface Surroundings {
  token?: string | number;
  env?: Record<string, unknown>;
}

function read(saved: Partial<ConfigSettings> = {}, { token, env = {} }: Surroundings = { token: 'a-token' }) {
  const sources: ConnectionSources = {
    token,
    env: (name) => env[name] ?? '',
    proxy: () => undefined,
    tls: () => ({}),
  };
  return readServiceSettings(saved, sources);
}

/** What Node-RED leaves of a variable that is not set, or that is a part of a text only. */
const variable = (name: string): string => `$\{${name}}`;

describe('readServiceSettings', () => {
  it('should fill in the defaults', () => {
    const settings = read();
    assert.deepEqual(settings, {
      name: 'api.vivgrid.com',
      baseUrl: 'https://api.vivgrid.com/v1',
      query: {},
      token: 'a-token',
      model: 'managed',
      timeout: 300_000,
      maxRetries: 2,
      concurrency: 8,
      maxQueue: 1000,
      headers: {},
      prices: { input: undefined, cached: undefined, output: undefined },
      limit: undefined,
      keep: 50,
      proxy: undefined,
      tls: {},
    });
  });

  describe('the token', () => {
    for (const token of [
      'a-token',
      '  a-token\n',
      'Bearer a-token',
      ' bearer \t a-token ',
      'BEARER a-token',
    ]) {
      it(`should be read from ${JSON.stringify(token)}`, () => {
        assert.equal(read({}, { token }).token, 'a-token');
      });
    }

    it('should be a text where its variable holds a number', () => {
      assert.equal(read({}, { token: 123456 }).token, '123456');
    });

    it('should have a variable put in that is a part of it', () => {
      assert.equal(
        read({}, { token: `Bearer ${variable('MY_KEY')}`, env: { MY_KEY: 'a-token' } }).token,
        'a-token',
      );
    });

    it('should keep a "Bearer" that belongs to it', () => {
      assert.equal(read({}, { token: 'BearerOfNews' }).token, 'BearerOfNews');
    });

    for (const token of [undefined, '', '  ', 'Bearer', 'Bearer ']) {
      it(`should come from VIVGRID_API_KEY where ${JSON.stringify(token)} is stored`, () => {
        const env = { VIVGRID_API_KEY: ' Bearer from-env ' };
        assert.equal(read({}, { env, ...(token !== undefined && { token }) }).token, 'from-env');
      });
    }

    it('should be the stored one where there are both', () => {
      assert.equal(read({}, { token: 'stored', env: { VIVGRID_API_KEY: 'from-env' } }).token, 'stored');
    });

    it('should be refused where its variable is not set, even when VIVGRID_API_KEY is', () => {
      const env = { VIVGRID_API_KEY: 'from-env' };
      for (const token of [
        variable('MY_KEY'),
        ` ${variable('MY_KEY')} `,
        `Bearer ${variable('MY_KEY')}`,
        '$(MY_KEY)',
      ]) {
        assert.throws(() => read({}, { token, env }), {
          code: 'config',
          key: 'token_variable',
          params: { name: 'MY_KEY' },
        });
      }
    });

    it('should be there for Vivgrid, and may be missing for other addresses', () => {
      for (const baseUrl of [
        'https://api.vivgrid.com',
        'https://API.vivgrid.com/v1',
        'http://api.vivgrid.com:80',
      ]) {
        assert.throws(() => read({ baseUrl }, {}), { code: 'config', key: 'token_missing' });
      }
      assert.equal(read({ baseUrl: 'http://127.0.0.1:11434' }, {}).token, '');
    });

    it('should be refused where a header can not carry it, without being shown', () => {
      for (const token of ['two\nlines', 'a\u0000b', 'schlüssel‑ü']) {
        assert.throws(
          () => read({}, { token }),
          (error: { key: string; code: string; params: object }) => {
            assert.equal(error.key, 'token_characters');
            assert.equal(error.code, 'config');
            assert.deepEqual(error.params, {});
            return true;
          },
        );
      }
    });
  });

  describe('the base address', () => {
    it('should be read with its query', () => {
      const { baseUrl, query } = read({ baseUrl: 'https://example.com/v1/chat/completions?a=1' });
      assert.deepEqual({ baseUrl, query }, { baseUrl: 'https://example.com/v1', query: { a: '1' } });
    });

    for (const [baseUrl, key] of [
      ['', 'base_url_blank'],
      ['api.vivgrid.com', 'base_url_scheme'],
      ['https://user:secret@example.com', 'base_url_userinfo'],
      ['https://exa mple.com', 'base_url_invalid'],
    ] as const) {
      it(`should be refused as ${key} when it is ${JSON.stringify(baseUrl)}`, () => {
        assert.throws(() => read({ baseUrl }), { code: 'config', key });
      });
    }

    it('should have variables put in that are a part of it', () => {
      const { baseUrl } = read(
        { baseUrl: ` http://${variable('MY_HOST')}:${variable('MY_PORT')}/v1` },
        { env: { MY_HOST: 'localhost', MY_PORT: 11434 } },
      );
      assert.equal(baseUrl, 'http://localhost:11434/v1');
    });

    it('should be refused where its variable is not set', () => {
      for (const baseUrl of [variable('MY_URL'), `https://${variable('MY_URL')}/v1`]) {
        assert.throws(() => read({ baseUrl }), {
          code: 'config',
          key: 'base_url_variable',
          params: { name: 'MY_URL' },
        });
      }
    });

    it('should never be shown with a password in it', () => {
      for (const baseUrl of [
        'https://user:secret@example.com',
        'https://user:secret@exa mple.com',
        'https://user:sec/secret@exa mple.com',
        'user:secret@example.com',
        'ftp://user:secret@example.com',
      ]) {
        assert.throws(
          () => read({ baseUrl }),
          (error: { code: string; params: object }) => {
            assert.equal(error.code, 'config');
            assert.doesNotMatch(JSON.stringify(error.params), /secret/);
            return true;
          },
        );
      }
    });
  });

  describe('the model', () => {
    it('should be a text where its variable holds a number', () => {
      // As the typings of a flow file do not say.
      assert.equal(read({ model: 4 as unknown as string }).model, '4');
    });

    it('should be trimmed, and the default where it is blank', () => {
      assert.equal(read({ model: ' gpt-5.1 ' }).model, 'gpt-5.1');
      assert.equal(read({ model: ' ' }).model, 'managed');
    });
  });

  describe('the numbers', () => {
    it('should be read from texts, with blanks for the defaults and seconds for the timeout', () => {
      const { timeout, maxRetries, concurrency, maxQueue } = read({
        timeout: ' 1.5 ',
        maxRetries: '0',
        concurrency: '',
        maxQueue: '0',
      });
      assert.deepEqual(
        { timeout, maxRetries, concurrency, maxQueue },
        { timeout: 1500, maxRetries: 0, concurrency: 8, maxQueue: 0 },
      );
    });

    for (const [name, values] of [
      ['timeout', ['0', '-1', 'soon', 'Infinity', '5s']],
      ['maxRetries', ['-1', '11', '1.5', 'many']],
      ['concurrency', ['-1', '0.5', 'x']],
      ['maxQueue', ['-1', '1.5', 'NaN']],
    ] as const) {
      for (const value of values) {
        it(`should not be a ${name} of ${value}`, () => {
          assert.throws(
            () => read({ [name]: value }),
            (error: { code: string; key: string; params: Record<string, string> }) => {
              assert.equal(error.code, 'config');
              assert.equal(error.key, 'setting_number');
              assert.equal(error.params.name, name);
              assert.equal(error.params.value, value);
              assert.ok(error.params.range);
              return true;
            },
          );
        });
      }
    }
  });

  describe('the headers', () => {
    const readHeaders = (headers: HeaderRow[], env: Record<string, unknown> = {}): Record<string, string> =>
      read({ headers }, { token: 'a-token', env }).headers;

    it('should be read from text and from variables', () => {
      const headers = readHeaders(
        [
          { name: ' X-Team ', value: ' green ', type: 'str' },
          { name: 'X-Secret', value: 'TEAM_SECRET', type: 'env' },
          { name: 'X-Number', value: 'TEAM_NUMBER', type: 'env' },
        ],
        { TEAM_SECRET: 'abc', TEAM_NUMBER: 0 },
      );
      assert.deepEqual(headers, { 'X-Team': 'green', 'X-Secret': 'abc', 'X-Number': '0' });
    });

    it('should have variables put in as parts of their text', () => {
      const row: HeaderRow = { name: 'X-Gateway', value: `Bearer ${variable('KEY')}`, type: 'str' };
      assert.deepEqual(readHeaders([row], { KEY: 'abc' }), { 'X-Gateway': 'Bearer abc' });
    });

    it('should be refused by name where such a variable is not set', () => {
      assert.throws(
        () => readHeaders([{ name: 'X-Gateway', value: `Bearer ${variable('KEY')}`, type: 'str' }]),
        {
          code: 'config',
          key: 'header_variable',
          params: { header: 'X-Gateway', name: 'KEY' },
        },
      );
    });

    it('should be texts where their variables hold numbers', () => {
      const row = { name: 7, value: 42, type: 'str' } as unknown as HeaderRow;
      assert.deepEqual(readHeaders([row]), { 7: '42' });
    });

    it('should be left out where name or value is blank', () => {
      assert.deepEqual(
        readHeaders([
          { name: '', value: 'x', type: 'str' },
          { name: 'X-Blank', value: ' ', type: 'str' },
          { name: 'X-Unset', value: 'NOT_SET', type: 'env' },
        ]),
        {},
      );
    });

    for (const [name, value] of [
      ['two words', 'x'],
      ['X-Lines', 'a\nb'],
      ['X-Emoji', '🦕'],
      ['X:', 'x'],
    ] as const) {
      it(`should be refused by name where ${JSON.stringify(name)} is ${JSON.stringify(value)}`, () => {
        assert.throws(() => readHeaders([{ name, value, type: 'str' }]), {
          code: 'config',
          key: 'header',
          params: { name },
        });
      });
    }
  });
});
