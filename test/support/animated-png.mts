// An animated PNG out of the pictures that a browser takes. PNG holds them compressed already, so nothing is encoded anew.
import { crc32 } from 'node:zlib';

export interface Frame {
  /** A PNG, as the browser takes it. */
  png: Buffer;
  /** Where it covers the first frame, in pixels. */
  x: number;
  y: number;
  /** How long it stays, in milliseconds. */
  ms: number;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** In an IHDR: width and height, and behind them what all frames must have in common. */
const SIZE = 8;

/** Puts frames one over the other, for ever. The first one gives the size. Programs that know no animation show it alone. */
export function animatedPng(frames: readonly Frame[]): Buffer {
  const [first] = frames;
  if (!first) throw new Error('No frames.');
  const header = readChunks(first.png).find(({ type }) => type === 'IHDR')?.data as Buffer;
  const count = Buffer.alloc(8);
  count.writeUInt32BE(frames.length, 0);

  let sequence = 0;
  const chunks = frames.flatMap((frame, index) => {
    const parts = readChunks(frame.png);
    const ihdr = parts.find(({ type }) => type === 'IHDR')?.data as Buffer;
    if (!ihdr.subarray(SIZE).equals(header.subarray(SIZE)))
      throw new Error(`Frame ${index} is of another kind.`);
    const control = frameControl(sequence++, ihdr, frame);
    const data = parts
      .filter(({ type }) => type === 'IDAT')
      .map(({ data }) => (index === 0 ? chunk('IDAT', data) : chunk('fdAT', numbered(sequence++, data))));
    return [control, ...data];
  });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('acTL', count),
    ...chunks,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The size, place and time of a frame. It covers what is below it, and stays. */
function frameControl(sequence: number, ihdr: Buffer, { x, y, ms }: Frame): Buffer {
  const data = Buffer.alloc(26);
  data.writeUInt32BE(sequence, 0);
  ihdr.copy(data, 4, 0, SIZE);
  data.writeUInt32BE(x, 12);
  data.writeUInt32BE(y, 16);
  data.writeUInt16BE(Math.min(ms, 0xffff), 20);
  data.writeUInt16BE(1000, 22);
  return chunk('fcTL', data);
}

function numbered(sequence: number, data: Buffer): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(sequence);
  return Buffer.concat([number, data]);
}

function readChunks(png: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    chunks.push({ type, data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(data.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}
