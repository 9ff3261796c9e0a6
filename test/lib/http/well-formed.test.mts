import assert from 'node:assert/strict';
import { wellFormedJson } from '../../../nodes/lib/http/well-formed.ts';
import { createRandom } from '../../support/random.mts';

/** What a service reads of a value that is sent. */
const sent = (value: unknown): unknown => JSON.parse(wellFormedJson(JSON.stringify(value)));

describe('wellFormedJson', () => {
  for (const [text, expected] of [
    ['cut \ud83d', 'cut \ufffd'],
    ['\ude00 rest', '\ufffd rest'],
    ['\ud83d\ud83d\ude00', '\ufffd😀'],
    ['\ude00\ud83d', '\ufffd\ufffd'],
    ['"\\\ud83d"', '"\\\ufffd"'],
  ] as const) {
    it(`should replace each half of a pair: ${JSON.stringify(text)}`, () => {
      assert.equal(sent(text), expected);
    });
  }

  it('should replace them wherever they are, in names as well', () => {
    assert.deepEqual(sent({ 'a\ud83d': [{ b: '\udc00', c: 1, d: null }] }), {
      'a\ufffd': [{ b: '\ufffd', c: 1, d: null }],
    });
  });

  it('should leave whole pairs, and what only looks like half of one, as they are', () => {
    for (const text of ['😀', 'C:\\ud83d', '\\\\ud83d', '{"a":"\\ud83d"}', '\\udc00\n\t\u0001', '']) {
      assert.equal(sent(text), text);
      assert.equal(sent(`${text}\ud83d`), `${text}\ufffd`);
    }
  });

  it('should do what toWellFormed does, with 2,000 texts', () => {
    const random = createRandom(15);
    const units = ['\ud83d', '\ude00', '\\', 'u', 'd', '8', '"', '\n', 'ü', '\\ud83d'];
    for (let times = 0; times < 2000; times++) {
      const pick = (): string => units[Math.floor(random() * units.length)] as string;
      const text = Array.from({ length: Math.floor(random() * 12) }, pick).join('');
      assert.equal(sent(text), text.toWellFormed());
    }
  });
});
