// The jobs that are under way, and how each one ends: with its reply, an error, or quietly by a reset, a mode or a
// redeploy. The status under the node follows from them.
import type { ChatError, ErrorCode } from '../common/errors.ts';
import type { ReplyDetails } from '../sending/reply-details.ts';
import type { FlowRuntime } from './flow-runtime.ts';
import { detailsOf, type Job, type JobState } from './job.ts';
import { type ChatStatus, StatusLine, shownCount } from './status-line.ts';

export class Endings {
  readonly #runtime: Pick<FlowRuntime, 'describe' | 'showStatus'>;
  readonly #status: StatusLine;
  /** Everything that has not ended, in order of arrival. */
  readonly #jobs = new Set<Job>();
  #lastFailure: ErrorCode | undefined;

  constructor(runtime: Pick<FlowRuntime, 'describe' | 'showStatus'>) {
    this.#runtime = runtime;
    this.#status = new StatusLine(
      () => this.#currentStatus(),
      (status) => runtime.showStatus(status),
    );
  }

  /** Whatever becomes of the job, it will end here. */
  add(job: Job): void {
    this.#jobs.add(job);
  }

  /** Whether a job has another beside it. */
  some(isMeant: (job: Job) => boolean): boolean {
    return [...this.#jobs].some(isMeant);
  }

  /** Work has begun anew: an earlier failure is not shown any more. */
  forgetFailure(): void {
    this.#lastFailure = undefined;
  }

  /** Puts a job that has not ended into another state. */
  change(job: Job, state: Exclude<JobState, 'ended'>): void {
    if (job.state === 'ended') return;
    job.state = state;
    this.#status.changed();
  }

  /** Something else that the status shows has changed. */
  changed(): void {
    this.#status.changed();
  }

  /** Ends a job with its reply; `value` is what the reply's text comes to. */
  finish(job: Job, value: unknown, details: ReplyDetails): void {
    job.sender?.finish(value, details);
    this.#end(job);
    job.done();
  }

  /** Ends a job with an error. */
  fail(job: Job, error: ChatError): void {
    const { message, sender, done } = job;
    sender?.flush();
    this.#lastFailure = error.code;
    this.#stop(job);
    if (job.failure) message.error = job.failure;
    if (error.cause.status !== undefined) message.statusCode = error.cause.status;
    if (sender?.openParts) message.parts = { ...sender.openParts, broken: true };
    if (job.attempts > 0) error.cause = { ...error.cause, attempts: job.attempts };
    done(this.#runtime.describe(error));
  }

  /** Ends a job that is not to be worked on. Nothing is sent. */
  skip(job: Job): void {
    this.#end(job);
    job.done();
  }

  /** Ends jobs without an error; a sequence of chunks that was begun is closed. */
  cancel(isMeant: (job: Job) => boolean): void {
    for (const job of [...this.#jobs].filter(isMeant)) {
      this.#stop(job);
      if (job.reply) {
        job.reply.redact();
        // What the request that was ended has cost is not known yet.
        const { cost: _soFar, ...details } = detailsOf(job, job.reply);
        job.sender?.cancel({ ...details, finish_reason: 'cancelled' });
      }
      job.done();
    }
  }

  /** Ends everything at once and sends nothing more. */
  close(): void {
    this.#lastFailure = undefined;
    for (const job of this.#jobs) {
      this.#stop(job);
      job.sender?.drop();
    }
    this.#status.close();
    this.#runtime.showStatus({ state: 'idle' });
  }

  /** The job is over, and its place in the queue is free. */
  #end(job: Job): void {
    job.state = 'ended';
    this.#jobs.delete(job);
    job.route?.leave();
    this.#status.changed();
  }

  /** The same for a job in the middle of its work: its connection is closed and its tools are not waited for. */
  #stop(job: Job): void {
    this.#end(job);
    job.abort.abort();
  }

  #currentStatus(): ChatStatus {
    const jobs = [...this.#jobs];
    // What has its place is at work, if only to build its request.
    const running = jobs.filter(
      ({ state, route }) => state === 'working' || (state === 'queued' && route?.isWorking),
    );
    const queued = jobs.length - running.length;
    if (running.length > 0) {
      return {
        state: 'working',
        running: shownCount(running.length),
        queued: shownCount(queued),
        isLarge: running.some(({ isLarge }) => isLarge),
      };
    }
    if (queued > 0) return { state: 'waiting' };
    return this.#lastFailure ? { state: 'failed', code: this.#lastFailure } : { state: 'idle' };
  }
}
