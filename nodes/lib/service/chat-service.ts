// One service, as a config node describes it: its client, its queue, and the requests that go through both.
import type { Redactor } from '../common/redact.ts';
import type { Reply } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import { ServiceClient } from './client.ts';
import { RequestQueue } from './request-queue.ts';
import type { ServiceSettings } from './service-settings.ts';
import { type AskOptions, askWithTries } from './tries.ts';

export class ChatService {
  readonly queue: RequestQueue;
  /** The model used where a request names none. */
  readonly model: string;
  readonly #client: ServiceClient;
  readonly #maxRetries: number;

  constructor(settings: ServiceSettings) {
    this.queue = new RequestQueue(settings);
    this.model = settings.model;
    this.#client = new ServiceClient(settings);
    this.#maxRetries = settings.maxRetries;
  }

  /** Takes the service's secrets out of what it answers. */
  get redactor(): Redactor {
    return this.#client.redactor;
  }

  /**
   * Asks the model, and again after a fault that may pass, as long as no piece of the reply has been given on.
   * Rejects with a ChatError, or with the signal's reason once that is aborted.
   */
  ask(request: ChatRequest, options: AskOptions): Promise<Reply> {
    return askWithTries(request, options, {
      client: this.#client,
      queue: this.queue,
      maxRetries: this.#maxRetries,
    });
  }

  /** Ids of the models that the service lists. Rejects as `ask` does. */
  models(signal: AbortSignal): Promise<string[]> {
    return this.#client.models(signal);
  }

  /** Closes every connection at once. */
  async close(): Promise<void> {
    this.queue.close();
    await this.#client.close();
  }
}
