// What is left of an answer that nobody reads to its end.
import type { Readable } from 'node:stream';

/** Gives a body up and its connection with it, whatever state it is in. */
export function discard(stream: Readable): void {
  stream.on('error', () => {});
  stream.destroy();
}
