// How a request is tried: again after a fault that may pass, as long as no piece of the reply has been given on.
import { setTimeout as sleep } from 'node:timers/promises';
import { ChatError } from '../common/errors.ts';
import type { Reply } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import type { CompleteOptions, ServiceClient } from './client.ts';
import type { RequestQueue } from './request-queue.ts';
import { backOff, LONGEST_WAIT } from './retry-delay.ts';

export interface AskOptions extends CompleteOptions {
  /** Called when a try begins. */
  onTry?: () => void;
  /** Called when a try has to wait: after one that failed, or because the service asked for it. */
  onWait?: () => void;
}

/** What the tries are made with. */
export interface TriesContext {
  client: ServiceClient;
  queue: RequestQueue;
  /** Tries after the first. */
  maxRetries: number;
}

/**
 * Asks the model, and again after a fault that may pass.
 * Rejects with a ChatError, or with the signal's reason once that is aborted.
 */
export async function askWithTries(
  request: ChatRequest,
  options: AskOptions,
  { client, queue, maxRetries }: TriesContext,
): Promise<Reply> {
  let wait = 0;
  for (let attempts = 1; ; attempts++) {
    await waitForTry(wait, queue, options);
    options.onTry?.();
    try {
      return await client.complete(request, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof ChatError)) throw error;
      const delay = delayAfter(error, attempts, queue);
      if (!error.retryable || attempts > maxRetries || delay > LONGEST_WAIT) throw error;
      wait = delay;
    }
  }
}

/** Waits before a try. The service may have told another message to wait, or to wait for longer. */
async function waitForTry(
  milliseconds: number,
  queue: RequestQueue,
  { signal, onWait }: AskOptions,
): Promise<void> {
  let wait = Math.max(milliseconds, queue.heldFor);
  if (wait === 0) return;
  onWait?.();
  for (; wait > 0; wait = queue.heldFor) {
    await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Milliseconds until the next try, if there is to be one. Lets the queue hold back with it. */
function delayAfter({ code, cause, retryable }: ChatError, attempts: number, queue: RequestQueue): number {
  const asked = cause.retry_after === undefined ? undefined : cause.retry_after * 1000;
  const delay = asked ?? backOff(attempts, code);
  // What is wrong with one message alone holds no other up.
  if (code === 'rate_limit' || (asked !== undefined && retryable)) queue.hold(Math.min(delay, LONGEST_WAIT));
  return delay;
}
