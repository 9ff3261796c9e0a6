import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';
import type { DeepClone, FlowMessage } from '../../../nodes/lib/sending/message.ts';
import { createCloner } from '../../../nodes/lib/sending/message.ts';

// Node-RED's own, as the runtime hands it in.
const { cloneMessage } = createRequire(import.meta.url)('@node-red/util').util as { cloneMessage: DeepClone };

/** Two copies of a message, which have to be independent of it and of each other. */
function copiesOf(message: FlowMessage): [FlowMessage, FlowMessage] {
  const clone = createCloner(message, cloneMessage);
  return [clone(), clone()];
}

describe('createCloner', () => {
  it('should copy plain data deeply', () => {
    const message = {
      _msgid: '1',
      payload: { list: [1, { a: ['x'] }], empty: {}, nothing: null, missing: undefined, flag: false },
      topic: 'x',
    };
    const before = structuredClone(message);
    const [one, other] = copiesOf(message);
    assert.deepEqual(one, message);
    assert.deepEqual(Object.keys(one), Object.keys(message));
    assert.ok('missing' in (one.payload as object));
    (one.payload as typeof message.payload).list.push(2);
    ((one.payload as typeof message.payload).list[1] as { a: string[] }).a[0] = 'changed';
    one.topic = 'changed';
    assert.deepEqual(message, before);
    assert.deepEqual(other, before);
  });

  it('should share req and res', () => {
    const req = { headers: { a: 1 } };
    const res = { _res: { send: () => {} } };
    const [one, other] = copiesOf({ payload: {}, req, res });
    for (const copy of [one, other]) {
      assert.equal(copy.req, req);
      assert.equal(copy.res, res);
    }
  });

  it('should share the bytes of Buffers wherever they are', () => {
    const picture = Buffer.alloc(5_000_000, 1);
    const [one, other] = copiesOf({
      payload: picture,
      nested: { pictures: [picture], bytes: new Uint8Array(3) },
    });
    for (const copy of [one, other]) {
      assert.equal(copy.payload, picture);
      assert.equal((copy.nested as { pictures: Buffer[] }).pictures[0], picture);
    }
    assert.notEqual(one.nested, other.nested);
  });

  it('should not copy a Buffer of 5 MB for each of a thousand chunks', () => {
    const clone = createCloner({ payload: { picture: Buffer.alloc(5_000_000), name: 'x' } }, cloneMessage);
    const before = process.memoryUsage().arrayBuffers;
    const copies = Array.from({ length: 1000 }, clone);
    assert.equal(copies.length, 1000);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  });

  it('should copy bytes that are no Buffer', () => {
    const bytes = new Uint8Array([1, 2]);
    const picture = Buffer.from('picture');
    const [one, other] = copiesOf({ payload: { bytes, picture } });
    ((one.payload as { bytes: Uint8Array }).bytes as Uint8Array)[0] = 9;
    assert.deepEqual(other.payload, { bytes: new Uint8Array([1, 2]), picture });
    assert.equal((one.payload as { picture: Buffer }).picture, picture);
    assert.equal(bytes[0], 1);
  });

  it('should copy Dates', () => {
    const at = new Date(0);
    const [one, other] = copiesOf({ at, nested: [at] });
    (one.at as Date).setFullYear(2000);
    ((one.nested as Date[])[0] as Date).setFullYear(2000);
    assert.equal(at.getTime(), 0);
    assert.deepEqual(other, { at: new Date(0), nested: [new Date(0)] });
  });

  it('should copy Maps, Sets and instances of classes', () => {
    class Point {
      x = 1;
      tags = ['a'];
      double(): number {
        return this.x * 2;
      }
    }
    const message = { map: new Map([['a', { b: 1 }]]), set: new Set([1]), point: new Point() };
    const [one, other] = copiesOf({ payload: message });
    const copy = one.payload as typeof message;
    assert.ok(copy.point instanceof Point);
    assert.equal(copy.point.double(), 2);
    copy.point.tags.push('b');
    copy.map.set('c', { b: 2 });
    copy.set.add(2);
    (copy.map.get('a') as { b: number }).b = 5;
    for (const untouched of [message, other.payload as typeof message]) {
      assert.deepEqual(untouched.point.tags, ['a']);
      assert.deepEqual([...untouched.map], [['a', { b: 1 }]]);
      assert.deepEqual([...untouched.set], [1]);
    }
  });

  it('should copy objects of another realm, as function nodes make them', () => {
    const payload = runInNewContext('({ list: [1, { a: new Date(0) }], map: new Map([["a", 1]]) })');
    const [one, other] = copiesOf({ payload });
    (one.payload as { list: unknown[] }).list.push(2);
    (one.payload as { map: Map<string, number> }).map.set('b', 2);
    for (const untouched of [payload, other.payload] as { list: unknown[]; map: Map<string, number> }[]) {
      assert.equal(untouched.list.length, 2);
      assert.equal(untouched.map.size, 1);
      assert.equal(JSON.stringify(untouched.list), '[1,{"a":"1970-01-01T00:00:00.000Z"}]');
    }
  });

  it('should copy circular structures and what is in two places', () => {
    const shared = { a: 1 };
    const payload: { self?: unknown; one: object; other: object } = { one: shared, other: shared };
    payload.self = payload;
    const [one, other] = copiesOf({ payload });
    const copy = one.payload as typeof payload;
    assert.equal(copy.self, copy);
    assert.equal(copy.one, copy.other);
    assert.notEqual(copy, payload);
    (copy.one as { a: number }).a = 2;
    assert.equal(shared.a, 1);
    assert.deepEqual((other.payload as typeof payload).one, { a: 1 });
  });

  it('should keep functions, symbols and bigints as they are', () => {
    const call = (): number => 1;
    const [one] = copiesOf({ call, big: 1n, nested: { call }, symbol: Symbol.for('x') });
    assert.equal(one.call, call);
    assert.equal((one.nested as { call: unknown }).call, call);
    assert.equal(one.big, 1n);
    assert.equal(one.symbol, Symbol.for('x'));
  });

  it('should keep empty places of arrays', () => {
    // biome-ignore lint/suspicious/noSparseArray: this is what is copied here
    const [one] = copiesOf({ payload: [1, , { a: 1 }], flat: [, 1] });
    assert.equal((one.payload as unknown[]).length, 3);
    assert.equal(1 in (one.payload as unknown[]), false);
    assert.equal(0 in (one.flat as unknown[]), false);
  });

  it('should change no prototype for a property named __proto__', () => {
    const payload = JSON.parse('{"__proto__": {"polluted": {"a": 1}}, "b": {"__proto__": {"polluted": 1}}}');
    const [one, other] = copiesOf({ payload });
    assert.equal((one.payload as { polluted?: unknown }).polluted, undefined);
    assert.equal('polluted' in {}, false);
    assert.equal(JSON.stringify(other.payload), JSON.stringify(payload));
  });

  it('should copy the message as it was when the cloner was made', () => {
    const message: FlowMessage = { payload: 'x' };
    const clone = createCloner(message, cloneMessage);
    message.payload = 'later';
    message.more = true;
    assert.deepEqual(clone(), { payload: 'x' });
  });
});
