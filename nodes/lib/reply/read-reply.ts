// Reads a reply by what it is, whatever was asked for: a stream of events or one JSON body.
import type { Readable } from 'node:stream';
import { ChatError } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';
import { parseJson } from '../common/parse-json.ts';
import { plainWords } from '../common/plain-words.ts';
import type { Redact } from '../common/redact.ts';
import { collect } from '../http/collect.ts';
import { discard } from '../http/discard.ts';
import type { Answer } from '../http/exchange.ts';
import { readInTurns } from '../http/read-in-turns.ts';
import type { SilenceWatch } from '../http/silence.ts';
import { type PlatformOptions, PlatformRecords } from './platform-records.ts';
import { EventReader } from './read-events.ts';
import { type Piece, Reply, type Usage } from './reply.ts';

export interface ReadOptions {
  /** How many choices were asked for. */
  n: number;
  redact: Redact;
  /** The `usage` of the rounds of tools before. */
  spent: Usage | undefined;
  silence: SilenceWatch;
  isStreamAsked: boolean;
  platform: PlatformOptions | undefined;
  onPiece: (piece: Piece, reply: Reply) => void;
}

/** After a `finish_reason` only the usage is still to come; a service that sends no `[DONE]` is not waited for. */
const AFTER_FINISH = 3_000;
/** How long a connection may take to end by itself after `[DONE]`, so that it can be used again. */
const DRAIN = 500;

/**
 * Resolves with the finished reply.
 * @throws ChatError `incomplete`, `server` or the code of an error that the service sent. The text that had come is in
 * the cause.
 */
export async function readReply({ stream, header }: Answer, options: ReadOptions): Promise<Reply> {
  const type = options.redact(header('content-type')).toLowerCase();
  const reply = new Reply(options.n, options.redact, options.spent);
  try {
    if (isStream(type, options)) await readStream(stream, type, reply, options);
    else await readBody(stream, type, reply, options);
  } catch (error) {
    discard(stream);
    reply.redact();
    const failure = withText(error, reply);
    const requestId = header('x-request-id');
    if (requestId) failure.cause = { ...failure.cause, request_id: options.redact(requestId) };
    throw failure;
  }
  reply.redact();
  return reply;
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

// The platform's own form, and some servers' events, come under another type. What they are shows as they are read.
function isStream(type: string, { isStreamAsked }: ReadOptions): boolean {
  return type.includes('event-stream') || (isStreamAsked && !/json|html/.test(type));
}

function readStream(stream: Readable, type: string, reply: Reply, options: ReadOptions): Promise<void> {
  const { redact, silence, onPiece, platform } = options;
  const records = new PlatformRecords(platform ?? { ownTools: new Set(), onActivity: () => {} });
  let isKnownForm = type.includes('event-stream');
  let start = '';
  return new Promise((resolve, reject) => {
    const onEvent = (data: unknown): void => {
      if (isObject(data) && 'choices' in data) isKnownForm = true;
      const piece = reply.add(data);
      if (piece) onPiece(piece, reply);
      if (reply.isFinished) silence.shorten(AFTER_FINISH);
    };
    const reader = new EventReader(
      {
        event: onEvent,
        record(letter, data) {
          isKnownForm = true;
          const chunk = records.toChunk(letter, data);
          if (chunk) onEvent(chunk);
          return reply.isFinished;
        },
        done: () => settle(),
      },
      redact,
    );
    const settle = (): void => {
      stop();
      release(stream);
      if (reply.isFinished) resolve();
      else if (!isKnownForm && start.trim() !== '') reject(notAReply(redact(start), type));
      else reject(new ChatError('incomplete', {}, { retryable: !reply.hasBegun }));
    };
    const attempt = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        stop();
        reject(error);
      }
    };
    const stop = readInTurns(stream, {
      read(bytes) {
        // Once the model has finished, comments that go on for ever don't count.
        if (!reply.isFinished) silence.heard();
        if (!isKnownForm && start.length < 200) start += bytes.toString('utf8', 0, 200);
        attempt(() => reader.push(bytes));
      },
      end() {
        attempt(() => {
          reader.end();
          if (!reader.isDone) settle();
        });
      },
      // Once the model has finished, a connection that breaks takes nothing away.
      fail: (error) => (reply.isFinished ? resolve() : reject(error)),
    });
  });
}

// Everything has come. A connection that ends by itself goes back to the pool; another is closed.
function release(stream: Readable): void {
  stream.resume();
  const timer = setTimeout(() => discard(stream), DRAIN);
  stream.on('close', () => clearTimeout(timer));
}

async function readBody(stream: Readable, type: string, reply: Reply, options: ReadOptions): Promise<void> {
  const { redact, silence, onPiece } = options;
  const body = redact((await collect(stream, silence)).toString('utf8'))
    .replace(/^\uFEFF/, '')
    .trim();
  if (body === '') throw new ChatError('incomplete', {}, { retryable: true });
  const parsed = parseJson(body);
  if (typeof parsed !== 'object' || parsed === null) throw notAReply(body, type);
  const piece = reply.add(parsed);
  if (!('choices' in parsed)) throw notAReply(body, type);
  if (!reply.isFinished) throw new ChatError('incomplete');
  if (piece) onPiece(piece, reply);
}

// JSON that breaks off was cut on its way; anything else never was a reply.
function notAReply(body: string, type: string): ChatError {
  const isCut = type.includes('json') && /^[[{]/.test(body) && parseJson(body) === undefined;
  return isCut
    ? new ChatError('incomplete')
    : new ChatError('server_no_reply', { type: type || '?', words: plainWords(body, 120) });
}
