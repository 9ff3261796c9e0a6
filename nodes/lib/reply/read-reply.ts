// Reads a reply from a connection, up to its end or to a failure.
import { ChatError } from '../common/errors.ts';
import type { Redact } from '../common/redact.ts';
import { type Body, release } from '../http/body.ts';
import type { Answer } from '../http/exchange.ts';
import { readInTurns } from '../http/read-in-turns.ts';
import type { PlatformOptions } from './platform-records.ts';
import { type Piece, Reply, type Usage } from './reply.ts';
import type { Silence } from './reply-end.ts';
import { ReplyReader } from './reply-reader.ts';

export interface ReadOptions {
  /** How many choices were asked for. */
  n: number;
  redact: Redact;
  /** The `usage` of the rounds of tools before. */
  spent: Usage | undefined;
  silence: Silence;
  platform: PlatformOptions | undefined;
  onPiece: (piece: Piece, reply: Reply) => void;
}

/** How long a connection may take to end by itself after `[DONE]`, so that it can be used again. */
const DRAIN = 500;

/**
 * Resolves with the finished reply.
 * @throws ChatError `incomplete`, `server` or the code of an error that the service sent. The text that had come is in
 * the cause.
 */
export async function readReply({ body, header }: Answer, options: ReadOptions): Promise<Reply> {
  const { n, redact, spent, onPiece } = options;
  const reply = new Reply(n, redact, spent);
  const type = redact(header('content-type')).toLowerCase();
  const reader = new ReplyReader(reply, { ...options, type, onPiece: (piece) => onPiece(piece, reply) });
  try {
    await readToEnd(body, reader);
  } catch (error) {
    body.discard();
    reader.giveHeld();
    reply.redact();
    const failure = withText(error, reply);
    const requestId = header('x-request-id');
    if (requestId) failure.cause = { ...failure.cause, request_id: redact(requestId) };
    throw failure;
  }
  reply.redact();
  return reply;
}

function readToEnd(body: Body, reader: ReplyReader): Promise<void> {
  return new Promise((resolve, reject) => {
    let isStopped = false;
    const attempt = (step: () => void): void => {
      try {
        step();
        if (!reader.isEnded) return;
        isStopped = true;
        release(body, DRAIN);
        resolve();
      } catch (error) {
        isStopped = true;
        reject(error);
      }
    };
    readInTurns(body, {
      isStopped: () => isStopped,
      read: (bytes) => attempt(() => reader.push(bytes)),
      end: () => attempt(() => reader.end()),
      fail: (error) => attempt(() => reader.fail(error)),
    });
  });
}

function withText(error: unknown, { text, hasBegun }: Reply): ChatError {
  if (error instanceof ChatError) {
    // What the model has begun is not begun again.
    if (hasBegun) error.retryable = false;
    if (text) error.cause = { ...error.cause, text };
    return error;
  }
  // The connection broke. Before the first chunk that is a network fault like any other.
  return new ChatError('incomplete', {}, { cause: text ? { text } : {}, retryable: !hasBegun });
}
