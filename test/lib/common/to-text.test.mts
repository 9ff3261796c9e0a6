import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { toText } from '../../../nodes/lib/common/to-text.ts';

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

  it('should throw for what JSON has no form for', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    assert.throws(() => toText(circular), /circular/i);
  });
});
