// Reads a fixture's bytes as a reply, without a connection and without waiting.
import { asChatError, ChatError } from '../../nodes/lib/common/errors.ts';
import { readErrorBody } from '../../nodes/lib/http/error-body.ts';
import { serviceFailure } from '../../nodes/lib/http/service-failure.ts';
import { SilenceWatch } from '../../nodes/lib/http/silence.ts';
import { type Piece, Reply } from '../../nodes/lib/reply/reply.ts';
import { ReplyReader } from '../../nodes/lib/reply/reply-reader.ts';
import type { MovedClock } from './moved-clock.mts';
import type { ServiceFixture, Step } from './service-fixtures.mts';

export interface ReadResult {
  reply: Reply;
  pieces: Piece[];
  error: ChatError | undefined;
}

type ReadSettings = Pick<ServiceFixture, 'n' | 'type' | 'timeout'>;

/** A failure with a status, as the client reads it; anything else as a reply. */
export function readSteps(
  steps: readonly Step[],
  { n = 1, type, timeout = 300_000 }: ReadSettings,
  isStreamed: boolean,
  clock: MovedClock,
): ReadResult {
  const reply = new Reply(n);
  const pieces: Piece[] = [];
  const silence = new SilenceWatch(timeout, () => attempt(() => reader.fail(new Error('silence'))));
  const reader = new ReplyReader(reply, {
    redact: (text) => text,
    silence,
    type,
    platform: { ownTools: new Set(['t']), onActivity: () => {} },
    onPiece: (piece) => pieces.push(piece),
  });
  let error: ChatError | undefined;
  const attempt = (step: () => void): void => {
    if (error) return;
    try {
      step();
    } catch (thrown) {
      error = thrown instanceof ChatError ? thrown : asChatError(thrown);
      reader.giveHeld();
    }
  };
  for (const step of steps) {
    if (typeof step === 'number') clock.pass(step);
    else attempt(() => reader.push(step));
  }
  attempt(() => reader.end());
  silence.stop();
  if (!error && !isStreamed) reply.splitUnopened();
  reply.redact();
  return { reply, pieces, error };
}

export function readFailure({ bytes, status }: ServiceFixture): ChatError {
  return serviceFailure(readErrorBody(bytes.toString('utf8')), { status });
}
