import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { SNAPSHOT_SIZE, takeSnapshot } from '../../../nodes/lib/common/snapshot.ts';

/** How much there is in it, in characters and bytes. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [name, item]) => sum + name.length + sizeOf(item), 0);
}

// biome-ignore lint/suspicious/noExplicitAny: looked into by the tests
const copyOf = (message: object): any => takeSnapshot(message).message;

describe('a snapshot of a message', () => {
  it('should hold all of a small message, in its order, and nothing of the original', () => {
    const message = {
      _msgid: 'a',
      payload: { text: 'x'.repeat(300), list: [1, 'two', { three: null }], done: false },
      topic: '',
      at: new Date(0),
      bytes: Buffer.from('abc'),
      samples: Float32Array.of(1.5, 2.5),
    };
    const { message: copy, cut } = takeSnapshot(message);
    assert.deepEqual(copy, message);
    assert.equal(JSON.stringify(copy), JSON.stringify(message));
    assert.deepEqual(cut, []);
    message.payload.list.push('later');
    message.bytes[0] = 0;
    message.at.setTime(1);
    assert.equal((copy.payload as typeof message.payload).list.length, 3);
    assert.equal(String(copy.bytes), 'abc');
    assert.deepEqual(copy.at, new Date(0));
  });

  it('should cut a long text, mark its end, and name the property', () => {
    const { message, cut } = takeSnapshot({ payload: 'x'.repeat(1_000_000), topic: 'a topic' });
    const { payload, topic } = message as { payload: string; topic: string };
    assert.ok(payload.length > 60_000 && payload.length < SNAPSHOT_SIZE);
    assert.match(payload.slice(-10), /^x{9}…$/);
    assert.equal(topic, 'a topic');
    assert.deepEqual(cut, ['payload']);
  });

  it('should leave no half of a character at the end', () => {
    for (const before of ['', 'a'])
      assert.ok(copyOf({ payload: before + '🌡'.repeat(100_000) }).payload.isWellFormed());
  });

  it('should cut bytes and keep their beginning', () => {
    const { message, cut } = takeSnapshot({ payload: Buffer.alloc(1_000_000, 7), topic: 'a'.repeat(20_000) });
    const payload = message.payload as Buffer;
    assert.ok(Buffer.isBuffer(payload));
    assert.ok(payload.length > 40_000 && payload.length < SNAPSHOT_SIZE);
    assert.ok(payload.every((byte) => byte === 7));
    assert.deepEqual(cut, ['payload']);
    const samples = copyOf({ payload: new Float64Array(100_000).fill(1) }).payload as Float64Array;
    assert.ok(samples instanceof Float64Array);
    assert.ok(samples.length < 10_000);
    const view = copyOf({ payload: new DataView(new ArrayBuffer(100_000), 8) }).payload as DataView;
    assert.ok(view.byteLength < SNAPSHOT_SIZE);
    assert.ok(
      (copyOf({ payload: new ArrayBuffer(100_000) }).payload as ArrayBuffer).byteLength < SNAPSHOT_SIZE,
    );
  });

  it('should keep the first of many objects, whole, and share what there is among several', () => {
    const objects = Array.from({ length: 100_000 }, (_, id) => ({ id, name: `object ${id}` }));
    const byName = Object.fromEntries(objects.map((object) => [object.name, object]));
    for (const payload of [objects, new Set(objects), new Map(Object.entries(byName)), byName]) {
      const { message, cut } = takeSnapshot({ other: { text: 'a'.repeat(30_000) }, payload });
      assert.deepEqual(cut, ['payload']);
      assert.equal((message.other as { text: string }).text.length, 30_000);
      assert.ok(sizeOf(message) < SNAPSHOT_SIZE);
    }
    const kept = copyOf({ payload: objects }).payload as object[];
    assert.ok(kept.length > 500);
    // Of the last one there may be a part only.
    assert.deepEqual(kept.slice(0, -1), objects.slice(0, kept.length - 1));
  });

  it('should cut nothing where everything fits, however uneven its parts are', () => {
    const message = {
      payload: { text: 'a'.repeat(50_000), list: [1, null, { deep: [true] }] },
      other: { text: 'b'.repeat(9_000), at: new Date(0) },
      bytes: Buffer.from('bytes'),
      call: () => 1,
    };
    const { message: copy, cut, size } = takeSnapshot(message);
    assert.deepEqual(cut, []);
    assert.deepEqual(copy, { ...message, call: undefined });
    assert.notEqual((copy.payload as { list: unknown }).list, message.payload.list);
    assert.ok(size > 59_000 && size < 60_000, `${size}`);
    message.bytes.write('other');
    assert.equal(String(copy.bytes), 'bytes');
  });

  it('should tell what it takes where something is cut, too', () => {
    const { size } = takeSnapshot({ payload: 'a'.repeat(1_000_000) });
    assert.ok(size > SNAPSHOT_SIZE / 2 && size <= SNAPSHOT_SIZE, `${size}`);
  });

  it('should hold objects that refer to each other, and end where they go too deep', () => {
    const payload: { self?: object; twice: object[] } = { twice: [] };
    payload.self = payload;
    payload.twice.push(payload.twice, payload);
    const copy = copyOf({ payload }).payload;
    assert.equal(copy.self, copy);
    assert.equal(copy.twice[0], copy.twice);
    let deep: object = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    assert.deepEqual(takeSnapshot({ deep }).cut, ['deep']);
  });

  it('should omit what can not be read, and functions', () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no keys');
        },
      },
    );
    const message = {
      get broken(): string {
        throw new Error('broken');
      },
      payload: { hostile, text: 'there', call: () => 1 },
    };
    const { message: copy, cut } = takeSnapshot(message);
    assert.equal(JSON.stringify(copy), '{"payload":{"text":"there"}}');
    assert.deepEqual(cut, []);
  });

  it('should keep what objects of classes, other realms and hidden fields can tell', () => {
    class Reading {
      value = 21.5;
      get text(): string {
        return `${this.value} °C`;
      }
    }
    const copy = copyOf({
      reading: new Reading(),
      url: new URL('http://x.example/a'),
      error: Object.assign(new TypeError('it failed'), { code: 'E1' }),
      bare: Object.assign(Object.create(null), { a: 1 }),
      other: runInNewContext('({ a: [1, new Map([["b", new Set([2])]])], at: new Date(0) })'),
      proto: JSON.parse('{"__proto__": {"a": 1}}'),
    });
    assert.equal(copy.reading.text, '21.5 °C');
    assert.equal(String(copy.url), 'http://x.example/a');
    assert.equal(String(copy.error), 'TypeError: it failed');
    assert.equal(copy.error.code, 'E1');
    assert.equal(copy.bare.a, 1);
    assert.deepEqual(copy.other.a[1], new Map([['b', new Set([2])]]));
    assert.equal(copy.other.at.getTime(), 0);
    assert.equal(copy.proto.a, undefined);
    assert.equal(JSON.stringify(copy.proto), '{"__proto__":{"a":1}}');
  });

  it('should keep of a request what flows read, and nothing of its connection', () => {
    const req = Object.assign(new Readable(), {
      method: 'POST',
      headers: { host: 'x.example' },
      query: { room: 'kitchen' },
      socket: { secret: 'y' },
    });
    const copy = copyOf({ req, res: { _res: new Readable(), end: () => undefined } });
    assert.equal(
      JSON.stringify(copy.req),
      '{"method":"POST","headers":{"host":"x.example"},"query":{"room":"kitchen"}}',
    );
    assert.equal(JSON.stringify(copy.res), '{"_res":{}}');
  });

  it('should look at a small part of a large message only', () => {
    let read = 0;
    const ownKeys = (target: object): ArrayLike<string | symbol> => {
      read++;
      return Reflect.ownKeys(target);
    };
    const payload = Array.from({ length: 100_000 }, () => new Proxy({ a: 1 }, { ownKeys }));
    takeSnapshot({ payload });
    assert.ok(read > 0 && read < SNAPSHOT_SIZE / 16, String(read));
  });
});
