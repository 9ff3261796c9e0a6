import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { bodyOf } from '../../../nodes/lib/http/body.ts';
import { readInTurns } from '../../../nodes/lib/http/read-in-turns.ts';

const KILO = 1024;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Log {
  text: string;
  ends: string[];
  isStopped: boolean;
}

/** Resolves when the reader has been told of the stream's end, of whatever kind. */
async function ended(log: Log): Promise<void> {
  while (log.ends.length === 0) await nextTurn();
}

function follow(stream: Readable, onRead: (bytes: Buffer) => void = () => {}): Log {
  const log: Log = { text: '', ends: [], isStopped: false };
  readInTurns(bodyOf(stream), {
    isStopped: () => log.isStopped,
    read(bytes) {
      log.text += bytes.toString('latin1');
      onRead(bytes);
    },
    end: () => log.ends.push('end'),
    fail: ({ message }) => log.ends.push(message),
  });
  return log;
}

/** A stream that has all of these pieces at once. */
function burst(pieces: string[]): PassThrough {
  const stream = new PassThrough({ highWaterMark: 10_000_000 });
  for (const piece of pieces) stream.write(piece);
  return stream;
}

describe('reading in turns', () => {
  // What an earlier test took of the turn is no longer counted.
  beforeEach(nextTurn);

  it('should read what comes slowly at once', () => {
    const stream = new PassThrough();
    const log = follow(stream);
    stream.resume();
    stream.write('a');
    stream.read(0);
    assert.equal(log.text, 'a');
  });

  it('should read only so much of all streams together in a turn', async () => {
    let inThisTurn = 0;
    let most = 0;
    const logs = Array.from({ length: 8 }, (_, index) => {
      const pieces = Array.from({ length: 40 }, () => String(index).repeat(4 * KILO));
      const stream = burst(pieces);
      stream.end();
      return follow(stream, (bytes) => {
        // The first immediate of a turn runs before any that is set while it is read.
        if (inThisTurn === 0) {
          setImmediate(() => {
            inThisTurn = 0;
          });
        }
        inThisTurn += bytes.length;
        most = Math.max(most, inThisTurn);
      });
    });
    while (logs.some(({ ends }) => ends.length === 0)) await nextTurn();
    assert.ok(most <= 64 * KILO, `${most} bytes in one turn`);
    for (const [index, { text, ends }] of logs.entries()) {
      assert.equal(text, String(index).repeat(160 * KILO));
      assert.deepEqual(ends, ['end']);
    }
  });

  it('should read a piece that is larger than a turn', async () => {
    const stream = burst(['a'.repeat(200 * KILO), 'b'.repeat(200 * KILO), 'c']);
    const log = follow(stream);
    stream.end();
    await ended(log);
    assert.equal(log.text.length, 400 * KILO + 1);
    assert.deepEqual(log.ends, ['end']);
  });

  it('should let others go on between the turns', async () => {
    const order: string[] = [];
    const stream = burst(['a', 'b', 'c'].map((letter) => letter.repeat(64 * KILO)));
    const log = follow(stream, (bytes) => {
      const letter = bytes.toString('latin1', 0, 1);
      order.push(letter);
      // As Node-RED passes a message on.
      setImmediate(() => order.push(`${letter} passed on`));
    });
    stream.end();
    await ended(log);
    await nextTurn();
    assert.deepEqual(order, ['a', 'a passed on', 'b', 'b passed on', 'c', 'c passed on']);
  });

  it('should read all that came before a connection broke', async () => {
    const stream = burst(['a', 'b', 'c'].map((letter) => letter.repeat(64 * KILO)));
    const log = follow(stream);
    // The first piece is read in the turn in which the stream begins to flow; the second waits.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    stream.destroy(new Error('broken'));
    await ended(log);
    assert.equal(log.text, 'a'.repeat(64 * KILO) + 'b'.repeat(64 * KILO));
    assert.deepEqual(log.ends, ['broken']);
  });

  it('should take a stream that closes without an end for one that failed', async () => {
    const stream = burst(['a']);
    const log = follow(stream);
    await nextTurn();
    stream.destroy();
    await ended(log);
    assert.deepEqual(log, { text: 'a', ends: ['closed'], isStopped: false });
  });

  it('should hand over nothing more once it is stopped', async () => {
    const stream = burst(['a', 'b', 'c'].map((letter) => letter.repeat(64 * KILO)));
    const log = follow(stream, () => {
      log.isStopped = true;
    });
    stream.end();
    await once(stream, 'close');
    assert.equal(log.text, 'a'.repeat(64 * KILO));
    assert.deepEqual(log.ends, []);
  });
});
