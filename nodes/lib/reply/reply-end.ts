// Decides when a stream has ended that says so by silence only.
import type { Reply } from './reply.ts';

/** What watches over the silence of a connection, and ends it. */
export interface Silence {
  /** Something was heard. */
  heard(): void;
  /** From now on a shorter silence is enough. */
  shorten(milliseconds: number): void;
}

/** After a `finish_reason` only the usage is still to come; a service that sends no `[DONE]` is not waited for. */
const AFTER_ANSWER = 3_000;
/** Some services send a `finish_reason` first, and the text when the model has read or thought. */
const BEFORE_ANSWER = 30_000;

export class ReplyEnd {
  readonly #reply: Reply;
  readonly #silence: Silence;
  #isFinished = false;

  constructor(reply: Reply, silence: Silence) {
    this.#reply = reply;
    this.#silence = silence;
  }

  /** Bytes came. Once the model has finished, comments that go on for ever don't count. */
  bytes(): void {
    if (!this.#isFinished) this.#silence.heard();
  }

  /** A chunk was added. @param isPiece whether it brought a piece of the reply */
  chunk(isPiece: boolean): void {
    const reply = this.#reply;
    this.#isFinished = reply.isFinished;
    if (!this.#isFinished) return;
    if (isPiece) this.#silence.heard();
    const isAnswered = reply.hasAnswer || reply.failedBy !== undefined;
    this.#silence.shorten(isAnswered ? AFTER_ANSWER : BEFORE_ANSWER);
  }
}
