// What a chat node does with its messages: each one ends in exactly one of its reply, one error, or a quiet end by a
// reset, a mode or a redeploy. Knows nothing of Node-RED but the functions it is given.
import { asChatError } from '../common/errors.ts';
import type { ChatSettings } from '../common/settings.ts';
import type { Snapshot } from '../common/snapshot.ts';
import { unlessAborted } from '../common/unless-aborted.ts';
import type { ChatRequest } from '../request/build-request.ts';
import type { FlowMessage } from '../sending/message.ts';
import { Admission } from './admission.ts';
import { takeFailureOff } from './arrival.ts';
import { Endings } from './endings.ts';
import type { Done, FlowRuntime, Send } from './flow-runtime.ts';
import { createJob } from './job.ts';
import { type TryOptions, type TryResult, tryRequest } from './try-request.ts';
import { Work } from './work.ts';

const NOTHING_SEEN: Snapshot = { message: {}, cut: [], size: 0 };

export class ChatEngine {
  readonly #runtime: FlowRuntime;
  readonly #endings: Endings;
  readonly #work: Work;
  readonly #admission: Admission;

  constructor(settings: ChatSettings, runtime: FlowRuntime) {
    this.#runtime = runtime;
    this.#endings = new Endings(runtime);
    this.#work = new Work(settings, runtime, this.#endings);
    this.#admission = new Admission(settings, runtime, this.#endings, (job, route) => {
      void this.#work.answer(job, route);
    });
  }

  /**
   * Takes a message. Never throws and never rejects: every end is told through `send` and `done`.
   * @param seen a copy of the message that may be kept
   */
  input(message: FlowMessage, send: Send, done: Done, seen: Snapshot = NOTHING_SEEN): void {
    const { reset } = message;
    if (reset === true || typeof reset === 'string') {
      if (reset === true) this.#endings.forgetLastEnd();
      this.#endings.cancel((job) => reset === true || job.message._msgid === reset);
      this.#endings.changed();
      done();
      return;
    }
    this.#admission.enter(createJob(message, send, done), seen);
  }

  /**
   * The request that a message would lead to at this moment, its conversation included. Nothing is sent.
   * Rejects as the message would fail.
   */
  async preview(message: FlowMessage, defaultModel: string): Promise<ChatRequest> {
    try {
      // The message may be looked at again.
      const { view } = takeFailureOff({ ...message });
      const findConversation = () => this.#admission.conversationOf(view);
      const { built } = await this.#work.prepare(view, defaultModel, findConversation);
      return built.request;
    } catch (error) {
      throw this.#runtime.describe(asChatError(error));
    }
  }

  /**
   * Asks the service with the request that a message would lead to, without the flow and the memory: no tool is called.
   * Rejects as the message would fail, or with the signal's reason.
   */
  async try(message: FlowMessage, options: TryOptions): Promise<TryResult> {
    try {
      const { view } = takeFailureOff({ ...message });
      const service = this.#runtime.service();
      const findConversation = () => this.#admission.conversationOf(view);
      // A store may never answer.
      const preparing = this.#work.prepare(view, service.model, findConversation);
      const prepared = await unlessAborted(preparing, options.signal);
      return await tryRequest(prepared, service, options);
    } catch (error) {
      options.signal.throwIfAborted();
      throw this.#runtime.describe(asChatError(error));
    }
  }

  /** Ends everything at once and sends nothing more. */
  close(): void {
    this.#endings.close();
  }
}
