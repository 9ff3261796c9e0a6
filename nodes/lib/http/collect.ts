// A body, read to its end.
import type { Readable } from 'node:stream';
import type { SilenceWatch } from './silence.ts';

/** All bytes of a body. Rejects with what its connection fails with. */
export function collect(stream: Readable, silence: SilenceWatch): Promise<Buffer> {
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    stream.on('data', (bytes: Buffer) => {
      silence.heard();
      pieces.push(bytes);
    });
    stream.on('end', () => resolve(Buffer.concat(pieces)));
    stream.on('error', reject);
    stream.on('close', () => {
      if (!stream.readableEnded) reject(new Error('closed'));
    });
  });
}
