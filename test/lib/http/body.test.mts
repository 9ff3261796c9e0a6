import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import {
  type BodyReader,
  bodyOf,
  collect,
  decompressed,
  IncomingBody,
  readStart,
  release,
} from '../../../nodes/lib/http/body.ts';

/** A body, and what it did with its connection. */
function incoming(): { body: IncomingBody; done: string[] } {
  const done: string[] = [];
  const body = new IncomingBody({
    pause: () => done.push('pause'),
    resume: () => done.push('resume'),
    abort: ({ message }) => done.push(message),
  });
  return { body, done };
}

function listen(): { reader: BodyReader; heard: string[] } {
  const heard: string[] = [];
  const reader = {
    read: (bytes: Buffer) => heard.push(bytes.toString('latin1')),
    end: () => heard.push('END'),
    fail: ({ message }: Error) => heard.push(message.toUpperCase()),
  };
  return { reader, heard };
}

describe('the body of an answer', () => {
  it('should keep what comes before there is a reader, in its order', () => {
    const { body, done } = incoming();
    const { reader, heard } = listen();
    body.push(Buffer.from('a'));
    body.push(Buffer.from('b'));
    body.readBy(reader);
    body.push(Buffer.from('c'));
    body.end();
    assert.deepEqual(heard, ['a', 'b', 'c', 'END']);
    assert.deepEqual(done, []);
  });

  it('should be read when all of it has come', () => {
    const { body } = incoming();
    const { reader, heard } = listen();
    body.push(Buffer.from('a'));
    body.end();
    assert.equal(body.hasEnded, true);
    body.readBy(reader);
    assert.deepEqual(heard, ['a', 'END']);
  });

  it('should say what it failed with to a reader that comes later', () => {
    const { body } = incoming();
    const { reader, heard } = listen();
    body.push(Buffer.from('a'));
    body.fail(new Error('broken'));
    body.readBy(reader);
    assert.deepEqual(heard, ['a', 'BROKEN']);
    assert.equal(body.hasEnded, false);
  });

  it('should not hold much without a reader', () => {
    const { body, done } = incoming();
    const { reader, heard } = listen();
    body.push(Buffer.alloc(64 * 1024));
    assert.deepEqual(done, ['pause']);
    body.readBy(reader);
    assert.deepEqual(done, ['pause', 'resume']);
    assert.equal(heard.length, 1);
  });

  it('should stay paused by a reader that pauses it with the first piece', () => {
    const { body, done } = incoming();
    const { reader } = listen();
    body.push(Buffer.alloc(64 * 1024));
    body.readBy({ ...reader, read: () => body.pause() });
    assert.deepEqual(done, ['pause', 'pause']);
    body.resume();
    assert.deepEqual(done, ['pause', 'pause', 'resume']);
  });

  it('should close its connection when it is given up, and tell its reader nothing more', () => {
    const { body, done } = incoming();
    const { reader, heard } = listen();
    body.readBy(reader);
    body.discard();
    body.push(Buffer.from('a'));
    body.fail(new Error('discarded'));
    assert.deepEqual(done, ['discarded']);
    assert.deepEqual(heard, []);
  });

  it('should leave a connection alone whose answer is over', () => {
    const { body, done } = incoming();
    body.end();
    body.discard();
    const broken = incoming();
    broken.body.fail(new Error('broken'));
    broken.body.discard();
    assert.deepEqual([...done, ...broken.done], []);
  });

  it('should fail once', () => {
    const { body } = incoming();
    const { reader, heard } = listen();
    body.readBy(reader);
    body.fail(new Error('broken'));
    body.fail(new Error('closed'));
    assert.deepEqual(heard, ['BROKEN']);
  });

  it('should be collected, and tell when something comes', async () => {
    const { body } = incoming();
    let times = 0;
    const all = collect(body, () => times++);
    body.push(Buffer.from('a'));
    body.push(Buffer.from('b'));
    body.end();
    assert.equal((await all).toString(), 'ab');
    assert.equal(times, 2);
    const broken = incoming();
    const none = collect(broken.body, () => {});
    broken.body.fail(new Error('broken'));
    await assert.rejects(none, { message: 'broken' });
  });

  it('should be given up once its start has come', async () => {
    const { body, done } = incoming();
    const start = readStart(body, 3);
    body.push(Buffer.from('ab'));
    body.push(Buffer.from('cd'));
    assert.equal((await start).toString(), 'abc');
    assert.deepEqual(done, ['discarded']);
  });

  it('should have a start where its connection breaks', async () => {
    const { body } = incoming();
    const start = readStart(body, 3);
    body.push(Buffer.from('ab'));
    body.fail(new Error('broken'));
    assert.equal((await start).toString(), 'ab');
  });

  it('should be given up when a connection that is left does not end', async () => {
    const left = incoming();
    const closed = new Promise<void>((resolve) => {
      const { body } = left;
      const discard = body.discard.bind(body);
      body.discard = () => {
        discard();
        resolve();
      };
    });
    release(left.body, 1);
    await closed;
    assert.deepEqual(left.done, ['resume', 'discarded']);
    const { body, done } = incoming();
    release(body, 1);
    body.end();
    // A timer that is still set would have gone off before this one.
    await new Promise((resolve) => setTimeout(resolve, 2));
    assert.deepEqual(done, ['resume']);
  });

  it('should be decompressed, however it comes', async () => {
    const text = 'a long text, '.repeat(20_000);
    const bytes = gzipSync(text);
    for (const size of [1, 100, bytes.length]) {
      const { body } = incoming();
      const all = collect(decompressed(body, createGunzip()), () => {});
      for (let start = 0; start < bytes.length; start += size) body.push(bytes.subarray(start, start + size));
      body.end();
      assert.equal((await all).toString(), text);
    }
  });

  it('should wait for a decompressor that is behind', async () => {
    const done: string[] = [];
    let goOn = (): void => {};
    const resumed = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const body = new IncomingBody({ pause: () => done.push('pause'), resume: () => goOn(), abort() {} });
    const all = collect(decompressed(body, createGunzip()), () => {});
    // Beyond what a stream takes at once.
    const original = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 251));
    body.push(gzipSync(original, { level: 0 }));
    assert.deepEqual(done, ['pause']);
    await resumed;
    body.end();
    assert.deepEqual(await all, original);
  });

  it('should fail where it can’t be decompressed, and close its connection', async () => {
    const { body, done } = incoming();
    const all = collect(decompressed(body, createGunzip()), () => {});
    body.push(Buffer.from('no gzip at all'));
    await assert.rejects(all, { code: 'Z_DATA_ERROR' });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(done, ['discarded']);
  });

  it('should fail behind a decompressor as its connection does', async () => {
    const { body } = incoming();
    const all = collect(decompressed(body, createGunzip()), () => {});
    body.fail(new Error('broken'));
    await assert.rejects(all, { message: 'broken' });
  });

  it('should fail when a stream closes without an end', async () => {
    const stream = new PassThrough();
    const all = collect(bodyOf(stream), () => {});
    stream.destroy();
    await assert.rejects(all, { message: 'closed' });
  });
});
