// The body of an answer, as its bytes come: straight from undici, or out of a stream such as a decompressor. A stream of
// the platform's for each answer would be a sixth of what its request costs.
import type { Readable } from 'node:stream';

/** Takes what a body brings. None of it may throw. */
export interface BodyReader {
  read(bytes: Buffer): void;
  /** All has been read. */
  end(): void;
  /** No more will come, and the end did not. */
  fail(error: Error): void;
}

export interface Body {
  /** Whether all of it has come. */
  readonly hasEnded: boolean;
  /** Hands everything from now on to a reader, in place of the one before: what came so far at once. */
  readBy(reader: BodyReader): void;
  pause(): void;
  resume(): void;
  /** Gives it up and its connection with it, whatever state it is in. Its reader hears nothing more. */
  discard(): void;
}

/** Where the bytes come from. */
export interface Connection {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** Bytes that may come before there is a reader. */
const MOST_HELD = 64 * 1024;

const NOBODY: BodyReader = { read() {}, end() {}, fail() {} };

/** A body whose bytes are pushed into it. */
export class IncomingBody implements Body {
  readonly #connection: Connection;
  #reader: BodyReader | undefined;
  /** What came before there was a reader. */
  #held: Buffer[] = [];
  #heldSize = 0;
  #isPaused = false;
  #hasEnded = false;
  #error: Error | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  push(bytes: Buffer): void {
    if (this.#reader) {
      this.#reader.read(bytes);
      return;
    }
    this.#held.push(bytes);
    this.#heldSize += bytes.length;
    if (this.#heldSize >= MOST_HELD) this.#connection.pause();
  }

  end(): void {
    this.#hasEnded = true;
    this.#reader?.end();
  }

  fail(error: Error): void {
    if (this.#hasEnded || this.#error) return;
    this.#error = error;
    this.#reader?.fail(error);
  }

  readBy(reader: BodyReader): void {
    const held = this.#held;
    this.#reader = reader;
    this.#held = [];
    for (const bytes of held) reader.read(bytes);
    if (this.#heldSize >= MOST_HELD && !this.#isPaused) this.#connection.resume();
    this.#heldSize = 0;
    if (this.#hasEnded) reader.end();
    else if (this.#error) reader.fail(this.#error);
  }

  pause(): void {
    this.#isPaused = true;
    this.#connection.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#connection.resume();
  }

  discard(): void {
    this.#reader = NOBODY;
    this.#held = [];
    if (!this.#hasEnded && !this.#error) this.#connection.abort(new Error('discarded'));
  }
}

/** A stream's bytes as a body. */
export function bodyOf(stream: Readable): Body {
  const body = new IncomingBody({
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    abort: () => stream.destroy(),
  });
  stream.on('data', (bytes: Buffer) => body.push(bytes));
  stream.on('end', () => body.end());
  stream.on('error', (error) => body.fail(error));
  stream.on('close', () => body.fail(new Error('closed')));
  return body;
}

/** A body's bytes, decompressed. */
export function decompressed(body: Body, decompressor: NodeJS.ReadWriteStream & Readable): Body {
  body.readBy({
    read(bytes) {
      if (decompressor.write(bytes)) return;
      body.pause();
      decompressor.once('drain', () => body.resume());
    },
    end: () => decompressor.end(),
    fail: (error) => decompressor.destroy(error),
  });
  decompressor.on('close', () => body.discard());
  return bodyOf(decompressor);
}

/**
 * Leaves a body of which everything has been read that counts: a connection that ends by itself goes back to the pool.
 * @param milliseconds how long that may take before the connection is closed
 */
export function release(body: Body, milliseconds: number): void {
  if (body.hasEnded) return;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    clearTimeout(timer);
  };
  body.readBy({ read() {}, end: stop, fail: stop });
  body.resume();
  // Mostly the end comes with the last bytes.
  setImmediate(() => {
    if (!isOver) timer = setTimeout(() => body.discard(), milliseconds);
  });
}

/** All bytes of a body. Rejects with what its connection fails with. @param onBytes called when some come */
export function collect(body: Body, onBytes: () => void): Promise<Buffer> {
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    body.readBy({
      read(bytes) {
        onBytes();
        pieces.push(bytes);
      },
      end: () => resolve(Buffer.concat(pieces)),
      fail: reject,
    });
  });
}

/** The first bytes of a body, as far as they come; the rest is given up. */
export function readStart(body: Body, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    const end = (): void => resolve(Buffer.concat(pieces).subarray(0, limit));
    body.readBy({
      read(bytes) {
        pieces.push(bytes);
        length += bytes.length;
        if (length < limit) return;
        body.discard();
        end();
      },
      end,
      fail: end,
    });
  });
}
