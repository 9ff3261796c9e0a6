// Whether a service can be expected to answer: messages that have a fallback don't wait for one that can't.
import type { ChatError, ErrorCode } from '../common/errors.ts';
import type { RequestQueue } from './request-queue.ts';

/** Milliseconds from one message that tries a service that was given up to the next. */
const PROBE_INTERVAL = 30_000;

/** What ends a service's credit once a message's tries are used up. Other failures say nothing about the next message. */
const GIVES_UP: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['network', 'timeout', 'server']);

/** What the log is to tell. */
export type HealthReport = (news: 'given-up' | 'back', failure: ChatError) => void;

export class Health {
  readonly #queue: RequestQueue;
  readonly #report: HealthReport;
  /** What it was given up for, until its next success. */
  #givenUp: ChatError | undefined;
  #isReported = false;
  /** As `performance.now()` tells it. */
  #nextProbe = 0;
  /** Why its queue was told to hold back last. */
  #heldFor: ChatError | undefined;
  /** Those who go elsewhere as soon as the service can't answer, in order of arrival. */
  readonly #listeners = new Set<() => void>();

  constructor(queue: RequestQueue, report: HealthReport) {
    this.#queue = queue;
    this.#report = report;
  }

  /** Why a message that has a fallback is not to wait here; `undefined` while it may. */
  get problem(): ChatError | undefined {
    return this.#givenUp ?? (this.#queue.heldFor > 0 ? this.#heldFor : undefined);
  }

  /** Whether a message has used up its tries since the last success. */
  get isGivenUp(): boolean {
    return this.#givenUp !== undefined;
  }

  /** Calls back once the service has a problem, unless it is taken back before with the function returned. */
  whenDown(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether a message is the one that tries a service that was given up: one of them every 30 seconds. */
  takeProbe(): boolean {
    const now = performance.now();
    if (!this.#givenUp || this.#queue.heldFor > 0 || now < this.#nextProbe) return false;
    this.#nextProbe = now + PROBE_INTERVAL;
    return true;
  }

  /** The message that was to try it has ended before it did. */
  returnProbe(): void {
    this.#nextProbe = performance.now();
  }

  /** The service asked to be left alone for so many milliseconds. */
  hold(milliseconds: number, failure: ChatError): void {
    this.#heldFor = failure;
    this.#queue.hold(milliseconds);
    this.#notify();
  }

  /** A message has used up its tries. */
  failed(failure: ChatError): void {
    if (!GIVES_UP.has(failure.code) || failure.key === 'unexpected') return;
    if (!this.#givenUp) this.#nextProbe = performance.now() + PROBE_INTERVAL;
    this.#givenUp = failure;
    this.#notify();
  }

  succeeded(): void {
    const failure = this.#givenUp;
    if (!failure) return;
    this.#givenUp = undefined;
    if (this.#isReported) this.#report('back', failure);
    this.#isReported = false;
  }

  /** A message has gone elsewhere. The first one is worth telling: without a fallback nothing is given up. */
  passedBy(): void {
    if (!this.#givenUp || this.#isReported) return;
    this.#isReported = true;
    this.#report('given-up', this.#givenUp);
  }

  #notify(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}
