// The work on one message, once it was let in: wait for its turn, build the request, ask, check, remember.
import { asChatError, ChatError, wordsOf } from '../common/errors.ts';
import { readNumber } from '../common/read-number.ts';
import { CHAT_DEFAULTS, type ChatSettings } from '../common/settings.ts';
import type { Conversation } from '../memory/conversation.ts';
import { createReplyFormat, type ReplyFormat } from '../reply/json-reply.ts';
import type { Reply } from '../reply/reply.ts';
import {
  type BuiltRequest,
  type ChatRequest,
  createRequestBuilder,
  type RequestBuilder,
} from '../request/build-request.ts';
import { LARGE_REQUEST, messagesSize } from '../request/request-size.ts';
import { createActivitySender } from '../sending/activity-sender.ts';
import { outputSetter } from '../sending/reply-sender.ts';
import { createSender } from '../sending/sender.ts';
import type { Route } from '../service/route.ts';
import { askInRounds, findTools, toolDefinitions } from '../tools/rounds.ts';
import type { Tool } from '../tools/tool.ts';
import type { Endings } from './endings.ts';
import type { FlowRuntime } from './flow-runtime.ts';
import { detailsOf, type Job } from './job.ts';

export class Work {
  readonly #settings: ChatSettings;
  readonly #runtime: FlowRuntime;
  readonly #endings: Endings;
  readonly #buildRequest: RequestBuilder;
  #format: Promise<ReplyFormat> | undefined;

  constructor(settings: ChatSettings, runtime: FlowRuntime, endings: Endings) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#endings = endings;
    this.#buildRequest = createRequestBuilder(settings, runtime.evaluate, runtime);
  }

  /** Answers a message, or fails it. Never rejects. */
  async answer(job: Job, route: Route): Promise<void> {
    this.#endings.forgetFailure();
    try {
      const { reply, value } = await this.#ask(job, route);
      if (job.state !== 'ended') this.#endings.finish(job, value, detailsOf(job, reply));
    } catch (error) {
      if (job.state !== 'ended') this.#endings.fail(job, asChatError(error));
    }
  }

  /** The request that a message would lead to at this moment. Nothing is sent. Rejects as the message would fail. */
  async preview(
    message: object,
    defaultModel: string,
    findConversation: () => Promise<Conversation | undefined>,
  ): Promise<ChatRequest> {
    const { built } = await this.#build(message, defaultModel);
    await recall(built, await findConversation());
    return built.request;
  }

  async #ask(job: Job, route: Route): Promise<{ reply: Reply; value: unknown }> {
    const { message, conversation } = job;
    const { output, mode } = this.#settings;
    const turn = route.join(conversation?.id ?? (mode === 'queued' ? this.#runtime.nodeId : undefined));
    this.#endings.changed();
    await turn;
    job.abort.signal.throwIfAborted();
    job.started = performance.now();
    this.#endings.change(job, 'working');
    // Not before: what waits holds its message and no more, and a request may be many times that size.
    const setOutput = outputSetter(output, message, this.#runtime);
    const { built, format, tools } = await this.#build(message, route.service.model);
    job.abort.signal.throwIfAborted();
    job.sender = createSender(
      message,
      setOutput,
      job.send,
      this.#settings,
      route.service.redactor,
      this.#runtime,
    );
    await recall(built, conversation);
    job.abort.signal.throwIfAborted();
    this.#checkSize(job, built);
    const reply = await this.#askInRounds(job, route, built, tools);
    const values = reply.choices.map((choice) => format.read(choice));
    if (job.state !== 'ended') await this.#remember(job, built, reply.text);
    // A service may send fewer replies than it was asked for; the flow gets an array all the same.
    const { n = 1 } = built.request;
    return { reply, value: n > 1 ? values : values[0] };
  }

  async #build(
    message: object,
    defaultModel: string,
  ): Promise<{ built: BuiltRequest; format: ReplyFormat; tools: Tool[] }> {
    const tools = findTools(this.#settings.tools, this.#runtime.flowId);
    await Promise.all(tools.map((tool) => tool.checkArguments()));
    this.#format ??= createReplyFormat(this.#settings);
    const format = await this.#format;
    const extras = { format, tools: toolDefinitions(tools) };
    return { built: await this.#buildRequest(message, defaultModel, extras), format, tools };
  }

  #askInRounds(job: Job, route: Route, built: BuiltRequest, tools: Tool[]): Promise<Reply> {
    const { abort, sender } = job;
    const { activity } = this.#settings;
    const rounds = readNumber(
      this.#settings,
      'rounds',
      CHAT_DEFAULTS,
      { min: 1, max: 1000, isWhole: true },
      'chat_number',
    );
    const sendActivity = createActivitySender(job.message, job.send, this.#settings, this.#runtime.deepClone);
    const onActivity: typeof sendActivity = (what) => {
      if (job.state !== 'ended') sendActivity(what);
    };
    return askInRounds(built.request, {
      tools,
      rounds,
      signal: abort.signal,
      onActivity,
      // The tools' flows may need the same queue.
      onCalls: () => {
        route.pause();
        sender?.rest();
      },
      onResults: () => route.resume(),
      ask: (next, { spent, messages }) => {
        sender?.begin();
        return route.ask(next, {
          signal: abort.signal,
          spent,
          own: { streamOptions: !built.hasOwnStreamOptions, roundMessages: messages },
          hasSent: () => sender?.hasSent ?? false,
          ...(activity && { platform: { ownTools: namesOfTools(next), onActivity } }),
          onPiece: (piece, reply) => {
            if (job.state === 'ended') return;
            job.firstPiece ||= performance.now();
            job.reply = reply;
            sender?.piece(piece, reply);
          },
          onTry: () => {
            job.attempts++;
            this.#endings.change(job, 'working');
          },
          onWait: () => this.#endings.change(job, 'waiting'),
        });
      },
    });
  }

  #checkSize(job: Job, { request }: BuiltRequest): void {
    const size = messagesSize(request.messages);
    if (size < LARGE_REQUEST) return;
    job.isLarge = true;
    this.#runtime.warn(new ChatError('request_large', { megabytes: (size / 1_000_000).toFixed(1) }));
    this.#endings.changed();
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
}

/** Puts the turns so far right before the question. */
async function recall(
  { request, prompt }: BuiltRequest,
  conversation: Conversation | undefined,
): Promise<void> {
  if (!conversation) return;
  const turns = await conversation.read();
  request.messages.splice(prompt.question, 0, ...turns.map((turn) => ({ ...turn })));
}

/** The functions that are not the platform's: those of flows, or of a `tools` parameter. */
function namesOfTools({ tools }: ChatRequest): Set<string> {
  const definitions = (Array.isArray(tools) ? tools : []) as ({ function?: { name?: string } } | null)[];
  return new Set(definitions.flatMap((definition) => definition?.function?.name ?? []));
}
