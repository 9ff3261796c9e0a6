// How a request is tried: again after a fault that may pass, as long as no piece of the reply has been given on.
import { setTimeout as sleep } from 'node:timers/promises';
import { ChatError } from '../common/errors.ts';
import { wellFormedJson } from '../http/well-formed.ts';
import type { Reply } from '../reply/reply.ts';
import type { ChatRequest, SentRequest } from '../request/build-request.ts';
import type { CompleteOptions, ServiceClient } from './client.ts';
import { NOTHING_SPENT, type Prices, type Spent, spentOn } from './cost.ts';
import type { Health } from './health.ts';
import { movesOn } from './moves-on.ts';
import { type OwnFields, refusedFields, withoutOwnFields } from './own-fields.ts';
import type { RequestQueue } from './request-queue.ts';
import { backOff, LONGEST_WAIT } from './retry-delay.ts';
import type { Totals } from './totals.ts';

export interface AskOptions extends CompleteOptions {
  /** What of the request is our own idea. */
  own: OwnFields;
  /** Called when a request is sent. `tries` = which one it is, `of` how many there may be. */
  onTry?: (sent: SentRequest, tries: number, of: number) => void;
  /** Called when a request has failed. */
  onTryFailed?: (failure: ChatError) => void;
  /** Called when a try has to wait: after one that failed, or because the service asked for it. */
  onWait?: (tries: number, of: number) => void;
  /** Called when a request has ended, with what it used. */
  onSpent?: (spent: Spent) => void;
  /** Called when the message will not be tried here again, before other messages learn of the failure. */
  onFailed?: (failure: ChatError) => void;
  /** Tried once, to find out whether a service is back. */
  isProbe?: boolean;
  /** Whether there is another service to ask: then a service that is known to be down is not waited for. */
  hasFallback?: boolean;
}

/** What the tries are made with. */
export interface TriesContext {
  client: ServiceClient;
  queue: RequestQueue;
  health: Health;
  /** Tries after the first. */
  maxRetries: number;
  totals: Totals;
  prices: Prices;
  /** Our own fields that the service is known to refuse. Added to. */
  refused: Set<string>;
}

/**
 * Asks the model, and again after a fault that may pass.
 * Rejects with a ChatError, or with the signal's reason once that is aborted.
 */
export async function askWithTries(
  request: ChatRequest,
  options: AskOptions,
  context: TriesContext,
): Promise<Reply> {
  const { health, queue } = context;
  const of = options.isProbe ? 1 : context.maxRetries + 1;
  let failure: ChatError | undefined;
  let wait = 0;
  for (let tries = 1; ; tries++) {
    if (wait > 0 || queue.heldFor > 0) {
      const problem = await waitForTry(wait, context, options, () => options.onWait?.(tries, of));
      // Its own failure says more, if that is one to go elsewhere with.
      if (problem) throw failure && movesOn(failure) ? failure : problem;
    }
    try {
      const reply = await tryOnce(request, options, context, (sent) => options.onTry?.(sent, tries, of));
      health.succeeded();
      return reply;
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof ChatError)) throw error;
      failure = error;
    }
    const { delay, holds } = delayAfter(failure, tries);
    const isOver = !failure.retryable || tries >= of || delay > LONGEST_WAIT;
    const leaves = isOver || (holds && options.hasFallback === true);
    // Before the others hear of it: they came later.
    if (leaves) options.onFailed?.(failure);
    if (holds) health.hold(Math.min(delay, LONGEST_WAIT), failure);
    if (isOver) health.failed(failure);
    if (leaves) throw failure;
    wait = delay;
  }
}

/** One try: a request, and at once another without those of our own fields that the service refuses by name. */
async function tryOnce(
  request: ChatRequest,
  options: AskOptions,
  context: TriesContext,
  onRequest: (sent: SentRequest) => void,
): Promise<Reply> {
  const { own } = options;
  const { refused, totals } = context;
  const dropped = new Set(refused);
  for (;;) {
    const fitting = withoutOwnFields(request, own, dropped);
    const sent = { request: fitting, body: wellFormedJson(JSON.stringify(fitting)) };
    // Others may have been sent while the totals' store was waited for.
    for (let wait = totals.check(); wait; wait = totals.check()) {
      await wait;
      options.signal.throwIfAborted();
    }
    onRequest(sent);
    try {
      const reply = await sendCounted(sent, options, context);
      for (const name of dropped) refused.add(name);
      return reply;
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof ChatError) options.onTryFailed?.(error);
      const names = error instanceof ChatError ? refusedFields(error, fitting, own) : [];
      if (names.length === 0) throw error;
      for (const name of names) dropped.add(name);
    }
  }
}

/** Sends a request, and counts it and what it used however it ends. */
async function sendCounted(
  sent: SentRequest,
  options: AskOptions,
  { client, totals, prices }: TriesContext,
): Promise<Reply> {
  const { request } = sent;
  const { signal, onPiece, onSpent } = options;
  let begun: Reply | undefined;
  const end = totals.begin();
  const count = (spent: Spent, isFailure: boolean): void => {
    end(spent, isFailure);
    onSpent?.(spent);
  };
  try {
    const reply = await client.complete(sent, {
      ...options,
      onPiece: (piece, soFar) => {
        begun = soFar;
        onPiece?.(piece, soFar);
      },
    });
    count(spentOn(request, reply, prices), false);
    return reply;
  } catch (error) {
    // An error without any text is not paid for; a reply that broke off, or was reset, is.
    const text = error instanceof ChatError ? error.cause.text : undefined;
    const isPaid = begun !== undefined || text !== undefined || signal.aborted;
    count(isPaid ? spentOn(request, begun, prices, text) : NOTHING_SPENT, !signal.aborted);
    throw error;
  }
}

/**
 * Waits before a try. The service may have told another message to wait, or to wait for longer.
 * @returns why the message is better asked elsewhere: the service was given up meanwhile, or holds back
 */
async function waitForTry(
  milliseconds: number,
  { queue, health }: TriesContext,
  { signal, hasFallback = false }: AskOptions,
  onWait: () => void,
): Promise<ChatError | undefined> {
  if (hasFallback && health.problem) return health.problem;
  onWait();
  for (let wait = Math.max(milliseconds, queue.heldFor); wait > 0; wait = queue.heldFor) {
    const down = new AbortController();
    const forget = hasFallback ? health.whenDown(() => down.abort()) : () => {};
    const either = AbortSignal.any([signal, down.signal]);
    // Ended early it rejects with an error of its own.
    await sleep(wait, undefined, { signal: either }).catch(() => {});
    forget();
    signal.throwIfAborted();
    if (hasFallback && health.problem) return health.problem;
  }
  return undefined;
}

/** Milliseconds until the next try, if there is to be one, and whether the whole queue holds back as long. */
function delayAfter({ code, cause, retryable }: ChatError, tries: number): { delay: number; holds: boolean } {
  const asked = cause.retry_after === undefined ? undefined : cause.retry_after * 1000;
  // What is wrong with one message alone, as with a 409, holds no other up.
  const holds = code === 'rate_limit' || (asked !== undefined && retryable && code !== 'bad_request');
  return { delay: asked ?? backOff(tries, code), holds };
}
