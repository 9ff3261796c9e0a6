// What a chat node does with its messages: each one ends in exactly one of its reply, one error, or a quiet end by a
// reset, a mode or a redeploy. Knows nothing of Node-RED but the functions it is given.

import { asChatError, ChatError, type ErrorCode, wordsOf } from '../common/errors.ts';
import type { Evaluate } from '../common/evaluate.ts';
import { readNumber } from '../common/read-number.ts';
import type { Redactor } from '../common/redact.ts';
import { CHAT_DEFAULTS, type ChatSettings, countOutputs } from '../common/settings.ts';
import type { ToolActivity } from '../common/tool-activity.ts';
import { type ContextStore, type Conversation, createConversationFinder } from '../memory/conversation.ts';
import { createReplyFormat, type ReplyFormat } from '../reply/json-reply.ts';
import type { Reply } from '../reply/reply.ts';
import {
  type BuiltRequest,
  type ChatRequest,
  createRequestBuilder,
  type RequestBuilder,
} from '../request/build-request.ts';
import type { TemplateSources } from '../request/render-template.ts';
import { LARGE_REQUEST, messagesSize } from '../request/request-size.ts';
import { createCloner, type FlowMessage } from '../sending/message.ts';
import { describeReply, type ReplyDetails } from '../sending/reply-details.ts';
import {
  createChunkSender,
  createWholeSender,
  type MessageTools,
  outputSetter,
  type ReplySender,
  withWhole,
} from '../sending/reply-sender.ts';
import type { ChatService } from '../service/chat-service.ts';
import type { Ticket } from '../service/request-queue.ts';
import type { FlowTool } from '../tools/registry.ts';
import { askInRounds, findTools, toolDefinitions } from '../tools/rounds.ts';
import { type ChatStatus, StatusLine, shownCount } from './status-line.ts';

/** What the engine needs of Node-RED. */
export interface FlowRuntime extends MessageTools, TemplateSources, ContextStore {
  evaluate: Evaluate;
  /** The service of the chosen config node. @throws ChatError `config` when there is none that works */
  service(): ChatService;
  showStatus(status: ChatStatus): void;
  /** The error in the user's words, for `done`. */
  describe(error: ChatError): Error;
  /** Tells the user of something that does not keep the message from its reply. */
  warn(problem: ChatError): void;
  /** Tells this node's lane in the queue apart from others'. */
  nodeId: string;
  /** The flow or the instance of a subflow that the node is in. */
  flowId: string;
}

/** Messages for the node's outputs, in their order. */
type Send = (messages: FlowMessage | (FlowMessage | null)[]) => void;
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
  /** How often the model was asked, over all rounds. */
  attempts: number;
  state: 'queued' | 'working' | 'waiting' | 'ended';
  conversation?: Conversation;
  ticket?: Ticket;
  /** Near or over the size that the service takes. */
  isLarge?: boolean;
  sender?: ReplySender;
  /** The last reply that text came of. */
  reply?: Reply;
}

export class ChatEngine {
  readonly #settings: ChatSettings;
  readonly #runtime: FlowRuntime;
  readonly #buildRequest: RequestBuilder;
  readonly #findConversation: ((message: object) => Promise<Conversation>) | undefined;
  readonly #status: StatusLine;
  /** Everything that has not ended, in order of arrival. */
  readonly #jobs = new Set<Job>();
  /**
   * Resolves when all that came so far are admitted: their order stays that of arrival, however long it takes to find
   * out which conversation a message belongs to.
   */
  #admission = Promise.resolve();
  #format: Promise<ReplyFormat> | undefined;
  #lastFailure: ErrorCode | undefined;

  constructor(settings: ChatSettings, runtime: FlowRuntime) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#buildRequest = createRequestBuilder(settings, runtime.evaluate, runtime);
    this.#findConversation = settings.memory
      ? createConversationFinder(settings, runtime, runtime)
      : undefined;
    this.#status = new StatusLine(
      () => this.#currentStatus(),
      (status) => runtime.showStatus(status),
    );
  }

  /** Takes a message. Never throws and never rejects: every end is told through `send` and `done`. */
  input(message: FlowMessage, send: Send, done: Done): void {
    const { reset } = message;
    if (reset === true || typeof reset === 'string') {
      this.#cancel((job) => reset === true || job.message._msgid === reset);
      done();
      return;
    }
    const job: Job = {
      message,
      send,
      done,
      abort: new AbortController(),
      arrived: performance.now(),
      started: 0,
      firstPiece: 0,
      attempts: 0,
      state: 'queued',
    };
    this.#jobs.add(job);
    try {
      const service = this.#runtime.service();
      // The place in the line is taken before anything is waited for: order of arrival is the order of work.
      const ticket = service.queue.enter();
      job.ticket = ticket;
      const admit = (): void => this.#admit(job, service, ticket);
      if (this.#findConversation) this.#admission = this.#admitToConversation(job, this.#admission, admit);
      else admit();
    } catch (error) {
      this.#fail(job, asChatError(error));
    }
  }

  /**
   * The request that a message would lead to at this moment, its conversation included. Nothing is sent.
   * Rejects as the message would fail.
   */
  async preview(message: FlowMessage, defaultModel: string): Promise<ChatRequest> {
    try {
      const tools = findTools(this.#settings.tools, this.#runtime.flowId);
      const { built } = await this.#build(message, defaultModel, tools);
      await this.#recall(built, await this.#findConversation?.(message));
      return built.request;
    } catch (error) {
      throw this.#runtime.describe(asChatError(error));
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

  async #admitToConversation(job: Job, earlier: Promise<void>, admit: () => void): Promise<void> {
    let conversation: Conversation | undefined;
    try {
      conversation = await this.#findConversation?.(job.message);
    } catch (error) {
      if (job.state !== 'ended') this.#fail(job, asChatError(error));
    }
    await earlier;
    if (job.state === 'ended') return;
    if (conversation) job.conversation = conversation;
    admit();
  }

  /** Lets a message in as the mode says; those of another conversation don't count. */
  #admit(job: Job, service: ChatService, ticket: Ticket): void {
    const { mode } = this.#settings;
    const isRival = (other: Job): boolean => other !== job && other.conversation?.id === job.conversation?.id;
    if (mode === 'single' && [...this.#jobs].some(isRival)) {
      this.#end(job);
      job.done();
      return;
    }
    if (mode === 'restart') this.#cancel(isRival);
    void this.#answer(job, service, ticket);
  }

  async #answer(job: Job, service: ChatService, ticket: Ticket): Promise<void> {
    this.#lastFailure = undefined;
    try {
      const { reply, value } = await this.#ask(job, service, ticket);
      if (job.state === 'ended') return;
      job.sender?.finish(value, detailsOf(job, reply));
      this.#end(job);
      job.done();
    } catch (error) {
      if (job.state !== 'ended') this.#fail(job, asChatError(error));
    }
  }

  async #ask(job: Job, service: ChatService, ticket: Ticket): Promise<{ reply: Reply; value: unknown }> {
    const { message, conversation } = job;
    const { output, mode } = this.#settings;
    const tools = findTools(this.#settings.tools, this.#runtime.flowId);
    const turn = ticket.join(conversation?.id ?? (mode === 'queued' ? this.#runtime.nodeId : undefined));
    this.#status.changed();
    const setOutput = outputSetter(output, message, this.#runtime);
    const { built, format } = await this.#build(message, service.model, tools);
    await turn;
    this.#begin(job);
    const sender = this.#createSender(job, setOutput, service.redactor);
    job.sender = sender;
    await this.#recall(built, conversation);
    job.abort.signal.throwIfAborted();
    this.#checkSize(job, built);
    const reply = await this.#askInRounds(job, service, built.request, tools);
    const values = reply.choices.map((choice) => format.read(choice));
    if (job.state !== 'ended') await this.#remember(job, built, reply.text);
    // A service may send fewer replies than it was asked for; the flow gets an array all the same.
    const { n = 1 } = built.request;
    return { reply, value: n > 1 ? values : values[0] };
  }

  async #build(
    message: FlowMessage,
    defaultModel: string,
    tools: FlowTool[],
  ): Promise<{ built: BuiltRequest; format: ReplyFormat }> {
    await Promise.all(tools.map((tool) => tool.checkArguments()));
    this.#format ??= createReplyFormat(this.#settings);
    const format = await this.#format;
    const extras = { format, tools: toolDefinitions(tools) };
    return { built: await this.#buildRequest(message, defaultModel, extras), format };
  }

  #askInRounds(job: Job, service: ChatService, request: ChatRequest, tools: FlowTool[]): Promise<Reply> {
    const { abort, ticket, sender } = job;
    const { activity } = this.#settings;
    const rounds = readNumber(
      this.#settings,
      'rounds',
      CHAT_DEFAULTS,
      { min: 1, max: 1000, isWhole: true },
      'chat_number',
    );
    const onActivity = activity ? this.#createActivitySender(job) : () => {};
    return askInRounds(request, {
      tools,
      rounds,
      signal: abort.signal,
      onActivity,
      // The tools' flows may need the same queue.
      onCalls: () => {
        ticket?.pause();
        sender?.rest();
      },
      onResults: async () => ticket?.resume(),
      ask: (next, spent) =>
        service.ask(next, {
          signal: abort.signal,
          spent,
          ...(activity && { platform: { ownTools: namesOfTools(next), onActivity } }),
          onPiece: (piece, reply) => {
            if (job.state === 'ended') return;
            job.firstPiece ||= performance.now();
            job.reply = reply;
            sender?.piece(piece, reply);
          },
          onTry: () => {
            job.attempts++;
            this.#change(job, 'working');
          },
          onWait: () => this.#change(job, 'waiting'),
        }),
    });
  }

  /** Sends what happens with tools to the last output. */
  #createActivitySender(job: Job): (activity: ToolActivity) => void {
    const clone = createCloner(job.message, this.#runtime.deepClone);
    const before = Array(countOutputs(this.#settings) - 1).fill(null);
    return (activity) => {
      if (job.state === 'ended') return;
      // Of a call's two messages the first may be changed before the second is sent.
      const payload = this.#runtime.deepClone(activity);
      job.send([...before, { ...clone(), payload }]);
    };
  }

  #createSender(
    job: Job,
    setOutput: (message: FlowMessage, value: unknown) => void,
    redactor: Redactor,
  ): ReplySender {
    const { message, send } = job;
    const { stream, whole, chunks, reasoning } = this.#settings;
    if (!stream) return createWholeSender(message, setOutput, send);
    const interval = readNumber(
      this.#settings,
      'interval',
      CHAT_DEFAULTS,
      { min: 0, max: Infinity },
      'chat_number',
    );
    const options = { chunks, reasoning, interval, redactor };
    const chunkSender = createChunkSender(message, setOutput, send, options, this.#runtime);
    if (!whole) return chunkSender;
    return withWhole(
      chunkSender,
      createWholeSender(message, setOutput, (finished) => send([null, finished])),
    );
  }

  #checkSize(job: Job, { request }: BuiltRequest): void {
    const size = messagesSize(request.messages);
    if (size < LARGE_REQUEST) return;
    job.isLarge = true;
    this.#runtime.warn(new ChatError('request_large', { megabytes: (size / 1_000_000).toFixed(1) }));
    this.#status.changed();
  }

  /** Puts the turns so far right before the question. */
  async #recall({ request, prompt }: BuiltRequest, conversation: Conversation | undefined): Promise<void> {
    if (!conversation) return;
    const turns = await conversation.read();
    request.messages.splice(prompt.question, 0, ...turns.map((turn) => ({ ...turn })));
  }

  /** Keeps a turn. The reply has been paid for, so it goes on even when the store fails. */
  async #remember(job: Job, { prompt }: BuiltRequest, reply: string): Promise<void> {
    const { conversation } = job;
    if (!conversation || prompt.text === '' || reply === '') return;
    try {
      await conversation.add(prompt.text, reply);
    } catch (error) {
      if (job.state === 'ended') return;
      this.#runtime.warn(new ChatError('conversation_write', { words: wordsOf(error) }));
    }
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
    sender?.flush();
    this.#lastFailure = error.code;
    this.#stop(job);
    if (error.cause.status !== undefined) message.statusCode = error.cause.status;
    if (sender?.openParts) message.parts = sender.openParts;
    if (job.attempts > 0) error.cause = { ...error.cause, attempts: job.attempts };
    done(this.#runtime.describe(error));
  }

  /** Ends work without an error; a sequence that was begun is closed. */
  #cancel(isMeant: (job: Job) => boolean): void {
    for (const job of [...this.#jobs].filter(isMeant)) {
      this.#stop(job);
      if (job.reply) {
        job.reply.redact();
        job.sender?.cancel({ ...detailsOf(job, job.reply), finish_reason: 'cancelled' });
      }
      job.done();
    }
  }

  /** The job is over, and its place in the queue is free. */
  #end(job: Job): void {
    job.state = 'ended';
    this.#jobs.delete(job);
    job.ticket?.leave();
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
      ({ state, ticket }) => state === 'working' || (state === 'queued' && ticket?.isWorking),
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

function detailsOf({ arrived, started, firstPiece, attempts }: Job, reply: Reply): ReplyDetails {
  const now = performance.now();
  const timing = {
    queued: Math.round(started - arrived),
    first: Math.round((firstPiece || now) - started),
    total: Math.round(now - arrived),
  };
  return { ...describeReply(reply), attempts, timing };
}

/** The functions that are not the platform's: those of flows, or of a `tools` parameter. */
function namesOfTools({ tools }: ChatRequest): Set<string> {
  const definitions = (Array.isArray(tools) ? tools : []) as ({ function?: { name?: string } } | null)[];
  return new Set(definitions.flatMap((definition) => definition?.function?.name ?? []));
}
