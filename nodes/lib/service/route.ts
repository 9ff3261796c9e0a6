// One message's way to its reply: the service that it is for, another one where that can't answer, and the message's
// place in the line of whichever is being asked.
import { asChatError, ChatError, type ServiceFailure } from '../common/errors.ts';
import type { Reply } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import type { ChatService } from './chat-service.ts';
import { movesOn } from './moves-on.ts';
import { withPlainRounds } from './own-fields.ts';
import type { Ticket } from './request-queue.ts';
import type { AskOptions } from './tries.ts';

/** The service that is asked when the first can't answer. */
export interface Fallback {
  /** Names it as long as it can't be had. */
  id: string;
  /** @throws ChatError `config` when it is missing or can't be used */
  service(): ChatService;
}

export interface RouteOptions {
  first: ChatService;
  fallback: Fallback | undefined;
  /** An error in the user's words. */
  describe(error: ChatError): string;
  /** Called when the message goes to the fallback. */
  onMove(): void;
}

export interface RouteAskOptions extends Omit<AskOptions, 'isProbe' | 'hasFallback'> {
  /** Whether a piece of this request's reply has been sent: then no other service can begin anew. */
  hasSent(): boolean;
}

export class Route {
  readonly #options: RouteOptions;
  readonly #ticket: Ticket;
  #service: ChatService;
  /** Whether this message tries a service that was given up. */
  #isProbe = false;
  /** Why the first service was left. */
  #left: ChatError | undefined;
  /** How many messages of rounds the first service answered with. */
  #foreign: number | undefined;
  /** Fails the turn that is being waited for. */
  #failTurn: ((error: unknown) => void) | undefined;
  /** Why the fallback couldn't be gone to before the turn was asked for. */
  #noFallback: unknown;
  #stopListening = (): void => {};

  /** Takes a place at the end of the line at once: order of arrival is the order of work. */
  constructor(options: RouteOptions) {
    const { first, fallback } = options;
    this.#options = options;
    this.#service = first;
    this.#isProbe = fallback !== undefined && first.health.takeProbe();
    this.#ticket = first.queue.enter();
    const { problem } = first.health;
    if (fallback && problem && !this.#isProbe) this.#goElsewhere(problem);
    else this.#listen();
  }

  /** The service that is asked now. */
  get service(): ChatService {
    return this.#service;
  }

  get isElsewhere(): boolean {
    return this.#left !== undefined;
  }

  /** Whether it has a place at work. */
  get isWorking(): boolean {
    return this.#ticket.isWorking();
  }

  /** Waits for the message's turn in its lane, if it is in one. Rejects with a ChatError `queue_full` or `config`. */
  join(lane: string | undefined): Promise<void> {
    return this.#options.fallback ? this.#joinEither(lane) : this.#ticket.join(lane);
  }

  async #joinEither(lane: string | undefined): Promise<void> {
    if (this.#noFallback) throw this.#noFallback;
    let turn: Promise<void>;
    try {
      turn = this.#ticket.join(lane);
    } catch (error) {
      if (!this.#mayMove(error)) throw this.#withServices(error);
      turn = this.#move(error as ChatError);
    }
    await this.#until(turn);
  }

  /** Gives the place at work up for a while, as for a tool whose flow needs the same queue. */
  pause(): void {
    this.#ticket.pause();
  }

  /** Resolves when it has a place at work again. Rejects as `join` does. */
  async resume(): Promise<void> {
    const { first, fallback } = this.#options;
    const { problem } = first.health;
    if (fallback && problem && !this.isElsewhere) this.#goElsewhere(problem);
    else this.#listen();
    if (this.#noFallback) throw this.#noFallback;
    await this.#until(this.#ticket.resume());
  }

  /** The message has ended. */
  leave(): void {
    this.#stopListening();
    // Ended before it asked: the next one tries the service.
    if (this.#isProbe) this.#options.first.health.returnProbe();
    this.#isProbe = false;
    this.#ticket.leave();
  }

  /**
   * Asks the service, and the fallback where that can't answer.
   * Rejects with a ChatError, or with the signal's reason once that is aborted.
   */
  ask(request: ChatRequest, options: RouteAskOptions): Promise<Reply> {
    const { first, fallback } = this.#options;
    if (!fallback) return first.ask(request, options);
    return this.isElsewhere ? this.#askLast(request, options) : this.#askEither(request, options);
  }

  async #askEither(request: ChatRequest, options: RouteAskOptions): Promise<Reply> {
    const { first } = this.#options;
    const isProbe = this.#isProbe;
    this.#isProbe = false;
    let turn: Promise<void> | undefined;
    const onFailed = (failure: ChatError): void => {
      if (!turn && this.#mayMove(failure) && !options.hasSent()) turn = this.#move(failure);
      // Awaited below, once the failure has come through.
      turn?.catch(() => {});
    };
    try {
      if (first.health.problem && !isProbe) throw first.health.problem;
      return await first.ask(request, { ...options, isProbe, hasFallback: true, onFailed });
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof ChatError) onFailed(error);
      if (!turn) throw error;
      await turn;
      options.signal.throwIfAborted();
    }
    return this.#askLast(request, options);
  }

  async #askLast(request: ChatRequest, options: RouteAskOptions): Promise<Reply> {
    this.#options.first.health.passedBy();
    this.#foreign ??= options.own.roundMessages;
    const messages = withPlainRounds(request.messages, options.own, this.#foreign);
    try {
      return await this.#service.ask({ ...request, model: this.#service.model, messages }, options);
    } catch (error) {
      options.signal.throwIfAborted();
      throw this.#withServices(error);
    }
  }

  #mayMove(error: unknown): boolean {
    if (!this.#options.fallback || this.isElsewhere || !(error instanceof ChatError)) return false;
    return movesOn(error);
  }

  /** A message that waits in the first service's line leaves it once that has a problem. */
  #listen(): void {
    if (!this.#options.fallback || this.isElsewhere) return;
    this.#stopListening();
    this.#stopListening = this.#options.first.health.whenDown(() => this.#leaveLine());
  }

  /** At work it finds out when it asks. */
  #leaveLine(): void {
    const { problem } = this.#options.first.health;
    if (this.#ticket.isWorking() || !problem) this.#listen();
    else this.#goElsewhere(problem);
  }

  /** Leaves the first service's line. A turn that is waited for comes in the other line then, or fails. */
  #goElsewhere(problem: ChatError): void {
    const { health } = this.#options.first;
    try {
      void this.#goTo(this.#findFallback(problem), problem);
    } catch (error) {
      if (!health.isGivenUp && error instanceof ChatError && error.code === 'queue_full') {
        // The service asked for a pause only: better to wait for its end than to fail.
        this.#listen();
        return;
      }
      this.#noFallback = error;
      this.#failTurn?.(error);
    }
  }

  async #until(turn: Promise<void>): Promise<void> {
    if (!this.#options.fallback) return turn;
    await new Promise<void>((resolve, reject) => {
      this.#failTurn = reject;
      turn.then(resolve, reject);
    });
    this.#failTurn = undefined;
    this.#stopListening();
  }

  async #move(failure: ChatError): Promise<void> {
    return this.#goTo(this.#findFallback(failure), failure);
  }

  /** @throws ChatError `config`, with both failures in its cause */
  #findFallback(failure: ChatError): ChatService {
    const { id, service } = this.#options.fallback as Fallback;
    try {
      return service();
    } catch (error) {
      throw this.#withBoth(asChatError(error), failure, id);
    }
  }

  /** @throws ChatError `queue_full`, with both failures in its cause: the message stays where it is */
  #goTo(service: ChatService, failure: ChatError): Promise<void> {
    let turn: Promise<void>;
    try {
      turn = this.#ticket.move(service.queue);
    } catch (error) {
      throw this.#withBoth(error, failure, service.name);
    }
    this.#switchTo(service, failure);
    return turn;
  }

  #switchTo(service: ChatService, failure: ChatError): void {
    this.#stopListening();
    this.#isProbe = false;
    this.#left = failure;
    this.#service = service;
    this.#options.onMove();
  }

  /** The last service's error, with the first one's if that was left for it. */
  #withServices(error: unknown): unknown {
    return this.#left ? this.#withBoth(error, this.#left, this.#service.name) : error;
  }

  /** An error of the second service, with both in its cause, in their order. */
  #withBoth(error: unknown, failure: ChatError, second: string): unknown {
    if (!(error instanceof ChatError) || error.cause.services) return error;
    const services = [this.#entry(this.#options.first.name, failure), this.#entry(second, error)];
    error.cause = { ...error.cause, services };
    return error;
  }

  #entry(service: string, error: ChatError): ServiceFailure {
    const { status } = error.cause;
    const message = this.#options.describe(error);
    return { service, code: error.code, ...(status !== undefined && { status }), message };
  }
}
