import assert from 'node:assert/strict';
import { normalizeBaseUrl } from '../../../nodes/lib/service/base-url.ts';

describe('normalizeBaseUrl', () => {
  const accepted: [address: string, url: string, query?: Record<string, string>][] = [
    ['https://api.vivgrid.com/v1', 'https://api.vivgrid.com/v1'],
    ['https://api.vivgrid.com/v1/', 'https://api.vivgrid.com/v1'],
    ['https://api.vivgrid.com/v1//', 'https://api.vivgrid.com/v1'],
    ['https://api.vivgrid.com', 'https://api.vivgrid.com/v1'],
    ['https://api.vivgrid.com/', 'https://api.vivgrid.com/v1'],
    ['  https://api.vivgrid.com/v1\n', 'https://api.vivgrid.com/v1'],
    ['HTTPS://API.Vivgrid.COM/v1', 'https://api.vivgrid.com/v1'],
    ['https://api.vivgrid.com/v1/chat/completions', 'https://api.vivgrid.com/v1'],
    ['https://api.vivgrid.com/v1/chat/completions/', 'https://api.vivgrid.com/v1'],
    ['https://example.com/chat/completions', 'https://example.com'],
    ['https://example.com/openai/api/', 'https://example.com/openai/api'],
    ['https://example.com/a%20b/v1', 'https://example.com/a%20b/v1'],
    ['http://localhost:11434', 'http://localhost:11434/v1'],
    ['http://[::1]:8080/v1', 'http://[::1]:8080/v1'],
    ['https://example.com:443/v1', 'https://example.com/v1'],
    ['https://bücher.example/v1', 'https://xn--bcher-kva.example/v1'],
    [
      'https://example.com/deployments/x/chat/completions?api-version=2024-10-21&a=b%20c',
      'https://example.com/deployments/x',
      { 'api-version': '2024-10-21', a: 'b c' },
    ],
    ['https://example.com?key=1', 'https://example.com/v1', { key: '1' }],
    ['https://example.com/v1#section', 'https://example.com/v1'],
  ];
  for (const [address, url, query = {}] of accepted) {
    it(`should read ${JSON.stringify(address)}`, () => {
      assert.deepEqual(normalizeBaseUrl(address), { url, query });
    });
  }

  const refused: [address: string, problem: string][] = [
    ['', 'blank'],
    [' \t', 'blank'],
    ['api.vivgrid.com/v1', 'scheme'],
    ['localhost:11434/v1', 'scheme'],
    ['//api.vivgrid.com/v1', 'scheme'],
    ['ftp://example.com/v1', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['not an address', 'scheme'],
    ['https://', 'invalid'],
    ['https://exa mple.com/v1', 'invalid'],
    ['https://example.com:99999/v1', 'invalid'],
    ['http://[::1/v1', 'invalid'],
    ['https://user@example.com/v1', 'userinfo'],
    ['https://user:secret@example.com/v1', 'userinfo'],
    ['https://:secret@example.com/v1', 'userinfo'],
  ];
  for (const [address, problem] of refused) {
    it(`should refuse ${JSON.stringify(address)} as ${problem}`, () => {
      assert.deepEqual(normalizeBaseUrl(address), { problem });
    });
  }
});
