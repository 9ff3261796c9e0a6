import assert from 'node:assert/strict';
import { runInNewContext, runInThisContext } from 'node:vm';
import { toPlain, toText } from '../../../nodes/lib/common/to-text.ts';

describe('toText', () => {
  it('should write text, numbers, booleans and bigints as they read', () => {
    for (const [value, text] of [
      ['a<b & "c"', 'a<b & "c"'],
      ['', ''],
      [0, '0'],
      [-1.5, '-1.5'],
      [false, 'false'],
      [true, 'true'],
      [12345678901234567890n, '12345678901234567890'],
    ] as const) {
      assert.equal(toText(value), text);
    }
  });

  it('should write nothing for undefined and null', () => {
    assert.equal(toText(undefined), '');
    assert.equal(toText(null), '');
  });

  it('should write Buffers and byte arrays as UTF-8', () => {
    assert.equal(toText(Buffer.from('grün 🦕')), 'grün 🦕');
    assert.equal(toText(new Uint8Array([104, 105])), 'hi');
    assert.equal(toText(Buffer.from('xxhixx').subarray(2, 4)), 'hi');
  });

  it('should write Dates in ISO form, and invalid ones as such', () => {
    assert.equal(toText(new Date(0)), '1970-01-01T00:00:00.000Z');
    assert.equal(toText(new Date(Number.NaN)), 'Invalid Date');
  });

  it('should write objects and arrays as JSON', () => {
    assert.equal(toText({ a: [1, 'x', null, { b: false }] }), '{"a":[1,"x",null,{"b":false}]}');
    assert.equal(toText([]), '[]');
    assert.equal(toText(Object.assign(Object.create(null), { a: 1 })), '{"a":1}');
  });

  it('should write nested Buffers as text, Dates as ISO and bigints as digits', () => {
    const value = { at: new Date(0), body: Buffer.from('hi'), list: [Buffer.from('é'), 7n] };
    assert.equal(toText(value), '{"at":"1970-01-01T00:00:00.000Z","body":"hi","list":["é","7"]}');
  });

  it('should write Errors as they read, alone and nested', () => {
    assert.equal(toText(new TypeError('no pump')), 'TypeError: no pump');
    assert.equal(toText(runInNewContext('new Error("no pump")')), 'Error: no pump');
    assert.equal(toText({ error: new Error('no pump') }), '{"error":"Error: no pump"}');
  });

  it('should write values made in another realm, as function nodes make them, in the same way', () => {
    const make = (code: string): unknown => runInNewContext(code);
    assert.equal(toText(make('new Date(0)')), '1970-01-01T00:00:00.000Z');
    assert.equal(toText(make('new Uint8Array([104, 105])')), 'hi');
    assert.equal(
      toText(make('({ at: new Date(0), bytes: new Uint8Array([104, 105]), list: [1] })')),
      '{"at":"1970-01-01T00:00:00.000Z","bytes":"hi","list":[1]}',
    );
  });

  // Each is made here and in another realm, as a function node does.
  for (const [code, text] of [
    ['new Map([["a", 1], [2, { b: new Map([["c", [3n]]]) }]])', '{"2":{"b":{"c":["3"]}},"a":1}'],
    ['new Map([[new Date(0), new Set()]])', '{"1970-01-01T00:00:00.000Z":[]}'],
    ['new Set(["a", new Set([1, new Map()])])', '["a",[1,{}]]'],
    ['new Float32Array([1.5, -2])', '[1.5,-2]'],
    ['new BigInt64Array([7n])', '["7"]'],
    ['new Int16Array(0)', '[]'],
    ['new Uint8Array([104, 105]).buffer', 'hi'],
    ['new DataView(new Uint8Array([120, 104, 105]).buffer, 1)', 'hi'],
    ['new Uint8ClampedArray([104, 105])', '[104,105]'],
    ['/pump \\d+/i', '/pump \\d+/i'],
    ['new String("hi")', 'hi'],
  ] as const) {
    it(`should write ${code} as ${text}, alone and nested`, () => {
      for (const value of [runInThisContext(code), runInNewContext(code)] as unknown[]) {
        assert.equal(toText(value), text);
        const nested = JSON.parse(toText({ a: [value] })).a[0];
        assert.equal(typeof nested === 'string' ? nested : JSON.stringify(nested), text);
      }
    });
  }

  it('should write URLs and their search parameters as they read', () => {
    const url = new URL('https://plant.example/a b?x=1&y=ü');
    assert.equal(toText(url), 'https://plant.example/a%20b?x=1&y=%C3%BC');
    assert.equal(toText(url.searchParams), 'x=1&y=%C3%BC');
    assert.equal(toText({ url, query: url.searchParams }), `{"url":"${url.href}","query":"x=1&y=%C3%BC"}`);
  });

  it('should write what has a JSON form of its own in that form', () => {
    class Celsius {
      readonly degrees = 21;
      toJSON(): string {
        return '21 °C';
      }
    }
    assert.equal(toText({ at: new Celsius() }), '{"at":"21 °C"}');
  });

  it('should throw for what JSON has no form for', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const map = new Map<string, unknown>();
    map.set('self', map);
    const set = new Set<unknown>();
    set.add({ set });
    for (const value of [circular, map, set]) assert.throws(() => toText(value), /circular/i);
  });
});

describe('toPlain', () => {
  it('should copy in the forms that toText writes', () => {
    const value = { map: new Map([['a', new Set([1])]]), bytes: Buffer.from('é'), none: undefined };
    assert.deepEqual(toPlain(value), { map: { a: [1] }, bytes: 'é' });
    assert.deepEqual(toPlain(new Set(['stop'])), ['stop']);
    assert.equal(toPlain(Buffer.from('é')), 'é');
    assert.equal(toPlain('text'), 'text');
    assert.equal(toPlain(undefined), undefined);
  });

  it('should throw for what JSON has no form for, bigints as well', () => {
    for (const value of [7n, { a: 7n }, new Map([['a', 7n]])]) assert.throws(() => toPlain(value), /BigInt/);
  });
});
