import assert from 'node:assert/strict';
import { createRedactor } from '../../../nodes/lib/common/redact.ts';

const SECRET = 'sk-Viv/+ "é日\\0';

describe('createRedactor', () => {
  const { redact, reach } = createRedactor([SECRET]);

  for (const [what, form] of [
    ['it stands', SECRET],
    ['JSON writes it', JSON.stringify(SECRET).slice(1, -1)],
    ['JSON with escaped slashes writes it', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    [
      'JSON in ASCII writes it',
      SECRET.replace(/./gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
    ['JSON with some escapes in capitals writes it', 'sk\\u002DViv\\/\\u002B \\u0022\\u00E9日\\\\0'],
    ['an address writes it', encodeURIComponent(SECRET)],
    ['an address in small letters writes it', 'sk-Viv%2f%2b%20%22%c3%a9%e6%97%a5%5c0'],
    ['a form writes it', new URLSearchParams([[SECRET, '']]).toString().slice(0, -1)],
  ] as const) {
    it(`should take a secret out as ${what}`, () => {
      assert.equal(redact(`Key: ${form}, twice: ${form}.`), 'Key: ***, twice: ***.');
      assert.ok(form.length <= reach);
    });
  }

  it('should leave alone what only looks like it', () => {
    for (const text of [SECRET.toUpperCase(), SECRET.slice(1), SECRET.slice(0, -1), ''])
      assert.equal(redact(text), text);
  });

  it('should take out the whole of a secret that begins with another', () => {
    assert.equal(
      createRedactor(['12345678', '1234567890']).redact('a 1234567890 b 12345678 c'),
      'a *** b *** c',
    );
  });

  it('should leave words alone that are too short for a secret', () => {
    assert.equal(createRedactor(['', 'none']).redact('none'), 'none');
  });
});
