// Shares the event loop among all replies that come at once: what more has come waits until Node-RED has passed on the
// messages that were made of the last pieces. Else a burst would be held in memory as messages, and no other node would
// run until all of it is read.
import type { Body, BodyReader } from './body.ts';

/** Bytes, of all streams together: what a socket is read by, some hundred messages. */
const TURN = 64 * 1024;
/** So little may be of earlier turns: most replies are shorter, and none of them waits for the end of its turn. */
const CARRIED = 8 * 1024;

let taken = 0;

/** Takes its share of this turn of the event loop, if anything is left of it. */
function take(bytes: Buffer): boolean {
  if (taken >= TURN) return false;
  const before = taken;
  taken += bytes.length;
  if (before < CARRIED && taken >= CARRIED) {
    setImmediate(() => {
      taken = 0;
    });
  }
  return true;
}

/** A reader that may have had enough before the end. */
export interface StoppableReader extends BodyReader {
  /** Whether it hears nothing more. */
  isStopped(): boolean;
}

/** Hands a body to a reader, each piece in its turn; the first may have come already. */
export function readInTurns(body: Body, reader: StoppableReader): void {
  const waiting: Buffer[] = [];
  let finish: (() => void) | undefined;
  const next = (): void => {
    while (!reader.isStopped() && waiting[0] && take(waiting[0])) reader.read(waiting.shift() as Buffer);
    if (reader.isStopped()) return;
    if (waiting.length > 0) setImmediate(next);
    else if (finish) finish();
    else body.resume();
  };
  // What has come is read before that.
  const finishWith = (step: () => void): void => {
    if (finish) return;
    finish = step;
    if (waiting.length === 0 && !reader.isStopped()) finish();
  };
  body.readBy({
    read(bytes) {
      if (reader.isStopped()) return;
      if (waiting.length === 0 && take(bytes)) {
        reader.read(bytes);
        return;
      }
      waiting.push(bytes);
      if (waiting.length > 1) return;
      body.pause();
      setImmediate(next);
    },
    end: () => finishWith(() => reader.end()),
    fail: (error) => finishWith(() => reader.fail(error)),
  });
}
