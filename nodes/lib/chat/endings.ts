// The jobs that are under way, and how each one ends: with its reply, an error, or quietly by a reset, a mode or a
// redeploy. The status under the node follows from them.
import type { ChatError } from '../common/errors.ts';
import type { ReplyDetails } from '../sending/reply-details.ts';
import type { FlowRuntime } from './flow-runtime.ts';
import { detailsOf, type Job, type JobState } from './job.ts';
import { type ChatStatus, type LastEnd, StatusLine, shownCount } from './status-line.ts';

export class Endings {
  readonly #runtime: Pick<FlowRuntime, 'describe' | 'showStatus'>;
  readonly #status: StatusLine;
  /** Everything that has not ended, in order of arrival. */
  readonly #jobs = new Set<Job>();
  #lastEnd: LastEnd | undefined;

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

  /** Work has begun anew: how an earlier message ended is not shown any more. */
  forgetLastEnd(): void {
    this.#lastEnd = undefined;
  }

  /** Puts a job that has not ended into another state. */
  change(job: Job, state: Exclude<JobState, 'ended'>): void {
    if (job.state === 'ended') return;
    job.state = state;
    this.#status.changed();
  }

  /** A job stands in another service's line, where its request begins anew. */
  moved(job: Job): void {
    Object.assign(job, job.before);
    job.isReceiving = false;
    job.retry = undefined;
    // The first thing that a route does may be to move.
    if (!job.route) return;
    job.record?.update({ state: 'queued' });
    this.change(job, 'queued');
  }

  /** Something else that the status shows has changed. */
  changed(): void {
    this.#status.changed();
  }

  /** Ends a job with its reply; `value` is what the reply's text comes to. */
  finish(job: Job, value: unknown, details: ReplyDetails): void {
    job.sender?.finish(value, details);
    // A failure beside it is not hidden by a reply.
    if (this.#lastEnd?.state !== 'failed') this.#lastEnd = answered(details);
    this.#end(job);
    job.done();
  }

  /** Ends a job with an error. */
  fail(job: Job, error: ChatError): void {
    const { message, sender, done } = job;
    try {
      sender?.flush();
    } catch {
      // What can't be sent must not keep the error from the flow; it may be the very reason for it.
    }
    this.#lastEnd = { state: 'failed', code: error.code, key: error.key, at: thisMinute() };
    this.#stop(job);
    if (job.failure) message.error = job.failure;
    if (error.cause.status !== undefined) message.statusCode = error.cause.status;
    const parts = sender?.openParts();
    if (parts) message.parts = { ...parts, broken: true };
    if (job.attempts > 0) error.cause = { ...error.cause, attempts: job.attempts };
    const described = this.#runtime.describe(error);
    if (job.reply) job.record?.replied(job.reply);
    job.record?.failed(error.code, described.message);
    done(described);
  }

  /** Ends a job that is not to be worked on. Nothing is sent. */
  skip(job: Job): void {
    this.#end(job);
    job.record?.update({ state: 'cancelled' });
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
        job.record?.replied(job.reply);
      }
      job.record?.update({ state: 'cancelled' });
      job.done();
    }
  }

  /** Ends everything at once and sends nothing more. */
  close(): void {
    this.#lastEnd = undefined;
    for (const job of this.#jobs) {
      this.#stop(job);
      job.sender?.drop();
      job.record?.update({ state: 'cancelled' });
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
    const [job, another] = this.#jobs;
    if (another) return this.#counts();
    return job ? statusOf(job) : (this.#lastEnd ?? { state: 'idle' });
  }

  #counts(): ChatStatus {
    const counts = { asking: 0, receiving: 0, waiting: 0 };
    for (const job of this.#jobs) counts[stageOf(job)]++;
    return {
      state: 'several',
      asking: shownCount(counts.asking),
      receiving: shownCount(counts.receiving),
      waiting: shownCount(counts.waiting),
    };
  }
}

function stageOf({ state, route, isReceiving }: Job): 'asking' | 'receiving' | 'waiting' {
  // What has its place is at work, if only to build its request.
  const isRunning = state === 'working' || (state === 'queued' && route?.isWorking);
  if (!isRunning) return 'waiting';
  return isReceiving ? 'receiving' : 'asking';
}

function statusOf(job: Job): ChatStatus {
  const { route, retry, isLarge = false } = job;
  const state = stageOf(job);
  if (state === 'waiting' && job.state === 'waiting' && retry) return { state: 'retry', ...retry };
  if (state !== 'asking') return { state };
  return { state, isLarge, ...(route?.isElsewhere && { fallback: route.service.name }) };
}

function answered({ usage, timing }: ReplyDetails): LastEnd {
  const { prompt_tokens, completion_tokens, total_tokens } = usage ?? {};
  const tokens = Number(total_tokens ?? Number(prompt_tokens) + Number(completion_tokens));
  return {
    state: 'answered',
    ...(Number.isFinite(tokens) && { tokens }),
    milliseconds: timing?.total ?? 0,
  };
}

/** A status is not shown anew for a failure like the last one within the same minute. */
function thisMinute(): number {
  return Math.floor(Date.now() / 60_000) * 60_000;
}
