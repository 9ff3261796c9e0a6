// What a chat node does with its messages: each one ends in exactly one of its reply, one error, or a quiet end by a
// reset, a mode or a redeploy. Knows nothing of Node-RED but the functions it is given.
import { createRequestBuilder, type RequestBuilder } from './build-request.ts';
import type { Answer, ChatService } from './chat-service.ts';
import { ChatError, type ErrorCode, wordsOf } from './errors.ts';
import type { Evaluate } from './evaluate.ts';
import type { FlowMessage } from './message.ts';
import type { TemplateSources } from './render-template.ts';
import type { Reply } from './reply.ts';
import { describeReply } from './reply-details.ts';
import {
  createChunkSender,
  createWholeSender,
  type MessageTools,
  outputSetter,
  type ReplySender,
} from './reply-sender.ts';
import type { Ticket } from './request-queue.ts';
import type { ChatSettings } from './settings.ts';
import { type ChatStatus, StatusLine } from './status-line.ts';

/** What the engine needs of Node-RED. */
export interface FlowRuntime extends MessageTools, TemplateSources {
  evaluate: Evaluate;
  /** The service of the chosen config node. @throws ChatError `config` when there is none that works */
  service(): ChatService;
  showStatus(status: ChatStatus): void;
  /** The error in the user's words, for `done`. */
  describe(error: ChatError): Error;
  /** Tells this node's lane in the queue apart from others'. */
  nodeId: string;
}

type Send = (message: FlowMessage) => void;
type Done = (error?: Error) => void;

/** One message on its way to its end. */
interface Job {
  message: FlowMessage;
  send: Send;
  done: Done;
  abort: AbortController;
  /** Milliseconds, as `performance.now()` tells them; 0 = not yet. */
  arrived: number;
  started: number;
  firstPiece: number;
  state: 'queued' | 'working' | 'waiting' | 'ended';
  ticket?: Ticket;
  sender?: ReplySender;
  reply?: Reply;
}

export class ChatEngine {
  readonly #settings: ChatSettings;
  readonly #runtime: FlowRuntime;
  readonly #buildRequest: RequestBuilder;
  readonly #status: StatusLine;
  /** Everything that has not ended, in order of arrival. */
  readonly #jobs = new Set<Job>();
  #lastFailure: ErrorCode | undefined;

  constructor(settings: ChatSettings, runtime: FlowRuntime) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#buildRequest = createRequestBuilder(settings, runtime.evaluate, runtime);
    this.#status = new StatusLine(
      () => this.#currentStatus(),
      (status) => runtime.showStatus(status),
    );
  }

  /** Takes a message. Never throws and never rejects: every end is told through `send` and `done`. */
  input(message: FlowMessage, send: Send, done: Done): void {
    const { reset } = message;
    if (reset === true || typeof reset === 'string') {
      this.#reset(reset === true ? () => true : (job) => job.message._msgid === reset);
      done();
      return;
    }
    if (this.#settings.mode === 'single' && this.#jobs.size > 0) {
      done();
      return;
    }
    if (this.#settings.mode === 'restart') this.#reset(() => true);
    void this.#answer({
      message,
      send,
      done,
      abort: new AbortController(),
      arrived: performance.now(),
      started: 0,
      firstPiece: 0,
      state: 'queued',
    });
  }

  /** Ends everything at once and sends nothing more. */
  close(): void {
    this.#lastFailure = undefined;
    for (const job of this.#jobs) this.#end(job);
    this.#status.close();
    this.#runtime.showStatus({ state: 'idle' });
  }

  async #answer(job: Job): Promise<void> {
    this.#jobs.add(job);
    this.#lastFailure = undefined;
    try {
      const answer = await this.#ask(job);
      if (job.state === 'ended') return;
      job.sender?.finish(answer.reply, {
        ...describeReply(answer.reply),
        attempts: answer.attempts,
        timing: timingOf(job),
      });
      this.#end(job);
      job.done();
    } catch (error) {
      if (job.state !== 'ended') this.#fail(job, asChatError(error));
    }
  }

  async #ask(job: Job): Promise<Answer> {
    const { message, send, abort } = job;
    const { output, stream, mode } = this.#settings;
    const service = this.#runtime.service();
    // The place in the line is taken before anything is waited for: order of arrival is the order of work.
    job.ticket = service.queue.enter(mode === 'queued' ? this.#runtime.nodeId : undefined);
    this.#status.changed();
    const setOutput = outputSetter(output, message, this.#runtime);
    const request = await this.#buildRequest(message, service.model);
    await job.ticket.turn;
    this.#begin(job);
    const sender = stream
      ? createChunkSender(message, setOutput, send, this.#runtime)
      : createWholeSender(message, setOutput, send);
    job.sender = sender;
    return service.ask(request, {
      signal: abort.signal,
      onPiece: (piece, reply) => {
        if (job.state === 'ended') return;
        job.firstPiece ||= performance.now();
        job.reply = reply;
        sender.piece(piece, reply);
      },
      onWait: () => this.#change(job, 'waiting'),
      onTry: () => this.#change(job, 'working'),
    });
  }

  #begin(job: Job): void {
    job.started = performance.now();
    this.#change(job, 'working');
  }

  #change(job: Job, state: 'working' | 'waiting'): void {
    if (job.state === 'ended') return;
    job.state = state;
    this.#status.changed();
  }

  #fail(job: Job, error: ChatError): void {
    const { message, sender, done } = job;
    this.#lastFailure = error.code;
    this.#end(job);
    if (error.cause.status !== undefined) message.statusCode = error.cause.status;
    if (sender?.openParts) message.parts = sender.openParts;
    done(this.#runtime.describe(error));
  }

  #reset(isMeant: (job: Job) => boolean): void {
    for (const job of [...this.#jobs].filter(isMeant)) {
      this.#end(job);
      if (job.reply) {
        job.sender?.cancel({
          ...describeReply(job.reply),
          finish_reason: 'cancelled',
          timing: timingOf(job),
        });
      }
      job.done();
    }
  }

  /** Whatever the job was doing is over: its connection is closed and its place in the queue is free. */
  #end(job: Job): void {
    job.state = 'ended';
    this.#jobs.delete(job);
    job.abort.abort();
    job.ticket?.leave();
    this.#status.changed();
  }

  #currentStatus(): ChatStatus {
    const states = [...this.#jobs].map(({ state }) => state);
    const running = states.filter((state) => state === 'working').length;
    if (running > 0) return { state: 'working', running, queued: states.length - running };
    if (states.length > 0) return { state: 'waiting' };
    return this.#lastFailure ? { state: 'failed', code: this.#lastFailure } : { state: 'idle' };
  }
}

function timingOf({ arrived, started, firstPiece }: Job): { queued: number; first: number; total: number } {
  const now = performance.now();
  return {
    queued: Math.round(started - arrived),
    first: Math.round((firstPiece || now) - started),
    total: Math.round(now - arrived),
  };
}

// Nothing should come here but a ChatError; what does all the same must not end the process.
function asChatError(error: unknown): ChatError {
  return error instanceof ChatError ? error : new ChatError('unexpected', { words: wordsOf(error) });
}
