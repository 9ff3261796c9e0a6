// Shares the event loop among all replies that come at once: what more has come waits until Node-RED has passed on the
// messages that were made of the last pieces. Else a burst would be held in memory as messages, and no other node would
// run until all of it is read.
import type { Readable } from 'node:stream';

/** Bytes, of all streams together: what a socket is read by, some hundred messages. */
const TURN = 64 * 1024;

let taken = 0;

/** Takes its share of this turn of the event loop, if anything is left of it. */
function take(bytes: Buffer): boolean {
  if (taken >= TURN) return false;
  if (taken === 0) {
    setImmediate(() => {
      taken = 0;
    });
  }
  taken += bytes.length;
  return true;
}

/** Takes what a stream brings. None of it may throw. */
export interface StreamReader {
  read(bytes: Buffer): void;
  /** All has been read. */
  end(): void;
  /** No more will come, and the end did not. */
  fail(error: Error): void;
}

/** Hands a stream to a reader, each piece in its turn. Returns what makes the reader hear nothing more. */
export function readInTurns(stream: Readable, reader: StreamReader): () => void {
  const waiting: Buffer[] = [];
  let finish: (() => void) | undefined;
  let isStopped = false;
  const next = (): void => {
    while (!isStopped && waiting[0] && take(waiting[0])) reader.read(waiting.shift() as Buffer);
    if (isStopped) return;
    if (waiting.length > 0) setImmediate(next);
    else if (finish) finish();
    else stream.resume();
  };
  // What has come is read before that.
  const finishWith = (step: () => void): void => {
    if (finish) return;
    finish = step;
    if (waiting.length === 0 && !isStopped) finish();
  };
  stream.on('data', (bytes: Buffer) => {
    if (isStopped) return;
    if (waiting.length === 0 && take(bytes)) {
      reader.read(bytes);
      return;
    }
    waiting.push(bytes);
    if (waiting.length > 1) return;
    stream.pause();
    setImmediate(next);
  });
  stream.on('end', () => finishWith(() => reader.end()));
  stream.on('error', (error) => finishWith(() => reader.fail(error)));
  stream.on('close', () => finishWith(() => reader.fail(new Error('closed'))));
  return () => {
    isStopped = true;
  };
}
