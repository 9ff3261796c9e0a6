// Who is worked on, and when: order of arrival, conversations, and what the mode says of messages side by side.
import { asChatError, ChatError } from '../common/errors.ts';
import type { ChatSettings } from '../common/settings.ts';
import type { Snapshot } from '../common/snapshot.ts';
import { unlessAborted } from '../common/unless-aborted.ts';
import { type Conversation, createConversationFinder } from '../memory/conversation.ts';
import type { ChatService } from '../service/chat-service.ts';
import type { ExchangeOrigin } from '../service/exchange-log.ts';
import { Route } from '../service/route.ts';
import { isAwaited } from '../tools/open-calls.ts';
import type { Endings } from './endings.ts';
import type { FlowRuntime } from './flow-runtime.ts';
import type { Job } from './job.ts';

/** Works on a job that was let in, on its way to the service. */
export type Answer = (job: Job, route: Route) => void;

/** A job that has arrived, and how the editor's record of it is begun. */
interface Arrived {
  job: Job;
  route: Route;
  keep: () => void;
}

export class Admission {
  readonly #mode: ChatSettings['mode'];
  readonly #runtime: FlowRuntime;
  readonly #endings: Endings;
  readonly #answer: Answer;
  readonly #findConversation: ((message: object) => Promise<Conversation>) | undefined;
  /**
   * Resolves when all that came so far are admitted: their order stays that of arrival, however long it takes to find
   * out which conversation a message belongs to.
   */
  #earlier = Promise.resolve();

  constructor(settings: ChatSettings, runtime: FlowRuntime, endings: Endings, answer: Answer) {
    this.#mode = settings.mode;
    this.#runtime = runtime;
    this.#endings = endings;
    this.#answer = answer;
    this.#findConversation = settings.memory
      ? createConversationFinder(settings, runtime, runtime)
      : undefined;
  }

  /** Takes a job that has just arrived. Each failure ends it. */
  enter(job: Job, seen: Snapshot): void {
    this.#endings.add(job);
    try {
      const { service, fallback, describe } = this.#runtime;
      const first = service();
      const route = new Route({
        first,
        fallback,
        describe: (error) => describe(error).message,
        onMove: () => {
          job.sender?.restart(route.service.redactor);
          this.#endings.moved(job);
        },
      });
      job.route = route;
      const keep = (): void => this.#keep(job, route, first, seen);
      // One that may be ignored must not push another out before it is let in.
      if (this.#mode !== 'single') keep();
      const arrived = { job, route, keep };
      if (this.#findConversation) this.#earlier = this.#admitToConversation(arrived, this.#earlier);
      else this.#admit(arrived);
    } catch (error) {
      this.#endings.fail(job, asChatError(error));
    }
  }

  /** Keeps what becomes of a job for the editor. */
  #keep(job: Job, route: Route, { exchanges, redactor }: ChatService, seen: Snapshot): void {
    if (job.record) return;
    const record = exchanges.begin(this.#originOf(route), seen, redactor.redact);
    if (record) job.record = record;
  }

  #originOf({ service: { name } }: Route): ExchangeOrigin {
    const { nodeId: node, templateId: template, flowId: flow } = this.#runtime;
    return { node, ...(template !== undefined && { template }), flow, service: name };
  }

  /** The conversation of a message that is not to be worked on. Rejects as the message would fail. */
  async conversationOf(message: object): Promise<Conversation | undefined> {
    return this.#findConversation?.(message);
  }

  async #admitToConversation(arrived: Arrived, earlier: Promise<void>): Promise<void> {
    const { job, keep } = arrived;
    let conversation: Conversation | undefined;
    try {
      // A store may never answer. Once the job has ended, no other waits for that.
      conversation = await unlessAborted(this.#findConversation?.(job.view), job.abort.signal);
    } catch (error) {
      if (job.state !== 'ended') {
        keep();
        this.#endings.fail(job, asChatError(error));
      }
    }
    await earlier;
    if (job.state === 'ended') return;
    if (conversation) job.conversation = conversation;
    this.#admit(arrived);
  }

  /** Lets a message in as the mode says; those of another conversation don't count. */
  #admit({ job, route, keep }: Arrived): void {
    // What comes later in its lane waits until it has ended, or ends it, or is ended by it.
    job.lane = job.conversation?.id ?? (this.#mode === 'parallel' ? undefined : this.#runtime.nodeId);
    if (isAwaited(job.answers, job.lane)) {
      keep();
      this.#endings.fail(job, new ChatError('waits_for_itself'));
      return;
    }
    const isRival = (other: Job): boolean => other !== job && other.conversation?.id === job.conversation?.id;
    if (this.#mode === 'single' && this.#endings.some(isRival)) {
      this.#endings.skip(job);
      return;
    }
    keep();
    if (this.#mode === 'restart') this.#endings.cancel(isRival);
    this.#answer(job, route);
  }
}
