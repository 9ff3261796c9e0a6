// The work on one message, once it was let in: wait for its turn, build the request, ask, check, remember.
import { asChatError, ChatError, wordsOf } from '../common/errors.ts';
import { readNumber } from '../common/read-number.ts';
import { CHAT_DEFAULTS, type ChatSettings } from '../common/settings.ts';
import { unlessAborted } from '../common/unless-aborted.ts';
import type { Conversation } from '../memory/conversation.ts';
import { createTurn } from '../memory/turns.ts';
import { createReplyFormat, type ReplyFormat } from '../reply/json-reply.ts';
import type { Reply } from '../reply/reply.ts';
import {
  type BuiltRequest,
  type ChatRequest,
  createRequestBuilder,
  type RequestBuilder,
} from '../request/build-request.ts';
import { LARGE_REQUEST, messagesSize, textLength } from '../request/request-size.ts';
import { outputSetter } from '../sending/reply-sender.ts';
import { createSender } from '../sending/sender.ts';
import type { Route } from '../service/route.ts';
import { findTools } from '../tools/find-tools.ts';
import { askInRounds, type LastRound, toolDefinitions } from '../tools/rounds.ts';
import type { Tool } from '../tools/tool.ts';
import { type Asking, createAsking, type NodeContext } from './asking.ts';
import type { Endings } from './endings.ts';
import type { FlowRuntime } from './flow-runtime.ts';
import { detailsOf, type Job } from './job.ts';
import { readWithRepairs } from './repairs.ts';

/** A request, how its reply is read, and the tools that it offers. */
export interface Prepared {
  built: BuiltRequest;
  format: ReplyFormat;
  tools: Tool[];
  /** Whether the flow gets the reply as it comes. */
  stream: boolean;
}

export class Work {
  readonly #settings: ChatSettings;
  readonly #runtime: FlowRuntime;
  readonly #endings: Endings;
  readonly #context: NodeContext;
  readonly #buildRequest: RequestBuilder;
  #format: ReplyFormat | undefined;

  constructor(settings: ChatSettings, runtime: FlowRuntime, endings: Endings) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#endings = endings;
    this.#context = { settings, runtime, endings };
    this.#buildRequest = createRequestBuilder(settings, runtime.evaluate, runtime);
  }

  /** Answers a message, or fails it. Never rejects. */
  async answer(job: Job, route: Route): Promise<void> {
    this.#endings.forgetLastEnd();
    try {
      const { reply, value } = await this.#ask(job, route);
      if (job.state === 'ended') return;
      const details = detailsOf(job, reply);
      job.record?.finished(reply, details);
      this.#endings.finish(job, value, details);
    } catch (error) {
      if (job.state === 'ended') return;
      const failure = asChatError(error);
      // What was sent of the rounds before had arrived, too.
      if (this.#settings.stream && job.text) failure.cause = { ...failure.cause, text: job.text };
      this.#endings.fail(job, failure);
    }
  }

  /** The request that a message would lead to at this moment. Nothing is sent. Rejects as the message would fail. */
  async prepare(
    message: object,
    defaultModel: string,
    findConversation: () => Promise<Conversation | undefined>,
  ): Promise<Prepared> {
    await this.#runtime.flowsReady();
    const prepared = await this.#build(message, defaultModel, new AbortController().signal);
    const conversation = await findConversation();
    if (conversation) await recall(prepared.built, conversation);
    return prepared;
  }

  async #ask(job: Job, route: Route): Promise<{ reply: Reply; value: unknown }> {
    const { message, view, conversation } = job;
    const { output } = this.#settings;
    const turn = route.join(job.lane);
    this.#endings.changed();
    await turn;
    job.abort.signal.throwIfAborted();
    const ready = this.#runtime.flowsReady();
    if (ready) await unlessAborted(ready, job.abort.signal);
    job.started = performance.now();
    this.#endings.change(job, 'working');
    // Not before: what waits holds its message and no more, and a request may be many times that size.
    const setOutput = outputSetter(output, message, this.#runtime);
    const { built, format, tools } = await this.#build(view, route.service.model, job.abort.signal);
    job.abort.signal.throwIfAborted();
    job.sender = createSender(
      message,
      setOutput,
      job.send,
      this.#settings,
      route.service.redactor,
      this.#runtime,
    );
    if (conversation) {
      await recall(built, conversation);
      job.abort.signal.throwIfAborted();
    }
    this.#checkSize(job, built);
    const repairs = this.#repairs();
    const asking = createAsking(job, route, built, this.#context);
    const { ask } = asking;
    const last = await this.#askInRounds(job, route, built, tools, asking);
    const { n = 1 } = built.request;
    if (n > 1) {
      // A service may send fewer replies than it was asked for; the flow gets an array all the same.
      const value = last.reply.choices.map((choice) => format.read(choice));
      if (conversation) await this.#remember(job, conversation, built, last.request, last);
      return { reply: last.reply, value };
    }
    const read = await readWithRepairs(last, { format, repairs, ask });
    job.repairs = read.repairs;
    if (conversation) await this.#remember(job, conversation, built, last.request, read);
    return read;
  }

  async #build(message: object, defaultModel: string, signal: AbortSignal): Promise<Prepared> {
    const { tools: flows, servers } = this.#settings;
    const tools = flows.length + servers.length > 0 ? await this.#findTools(signal) : [];
    this.#format ??= await createReplyFormat(this.#settings);
    const format = this.#format;
    const extras = { format, tools: toolDefinitions(tools) };
    const built = await this.#buildRequest(message, defaultModel, extras);
    return { built, format, tools, stream: this.#settings.stream };
  }

  async #findTools(signal: AbortSignal): Promise<Tool[]> {
    const tools = await findTools(this.#settings, this.#runtime.flowId, signal);
    // A schema of a server's that can't be used is the server's to check.
    await Promise.all(tools.filter(({ by }) => by === 'flow').map((tool) => tool.checkArguments()));
    return tools;
  }

  /** How often the model is asked again for JSON that fits. */
  #repairs(): number {
    const { format, stream } = this.#settings;
    if (format === 'text' || stream) return 0;
    return this.#number('repairs', 0, 5);
  }

  #number(name: 'rounds' | 'repairs', min: number, max: number): number {
    return readNumber(this.#settings, name, CHAT_DEFAULTS, { min, max, isWhole: true }, 'chat_number');
  }

  #askInRounds(
    job: Job,
    route: Route,
    built: BuiltRequest,
    tools: Tool[],
    asking: Asking,
  ): Promise<LastRound> {
    return askInRounds(built.request, {
      tools,
      rounds: this.#number('rounds', 1, 1000),
      signal: job.abort.signal,
      caller: job,
      flowsReady: () => this.#runtime.flowsReady(),
      ...asking,
      // The tools' flows may need the same queue.
      onCalls: () => {
        route.pause();
        job.isReceiving = false;
        this.#endings.changed();
        job.sender?.rest();
      },
      onResults: () => route.resume(),
    });
  }

  #checkSize(job: Job, { request }: BuiltRequest): void {
    const size = messagesSize(request.messages);
    if (size < LARGE_REQUEST) return;
    job.isLarge = true;
    this.#runtime.warn(new ChatError('request_large', { megabytes: (size / 1_000_000).toFixed(1) }));
    this.#endings.changed();
  }

  /**
   * Keeps a turn. The reply has been paid for, so it goes on even when the store fails.
   * @param rounds the request of the last round, before any repair
   */
  async #remember(
    { abort }: Job,
    conversation: Conversation,
    built: BuiltRequest,
    rounds: ChatRequest,
    last: LastRound,
  ): Promise<void> {
    const { prompt, request } = built;
    const { reply } = last;
    if (abort.signal.aborted || prompt.text === '' || reply.text === '') return;
    const between = this.#settings.memoryTools ? rounds.messages.slice(request.messages.length) : [];
    try {
      const excess = excessCharacters(last, conversation.maxTokens);
      await conversation.add(createTurn(prompt.text, between, reply.text), excess);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#runtime.warn(new ChatError('conversation_write', { words: wordsOf(error) }));
    }
  }
}

/** By how many characters a request was longer than so many tokens, by the tokens a character of its own text. */
function excessCharacters({ reply, request }: LastRound, maxTokens: number): number {
  const tokens = Number(reply.requestUsage?.prompt_tokens);
  if (maxTokens === 0 || !(tokens > maxTokens)) return 0;
  return ((tokens - maxTokens) / tokens) * textLength(request.messages);
}

/** Puts the turns so far right before the question. */
async function recall({ request, prompt }: BuiltRequest, conversation: Conversation): Promise<void> {
  const turns = await conversation.read();
  request.messages.splice(prompt.question, 0, ...turns.map((turn) => ({ ...turn })));
}
