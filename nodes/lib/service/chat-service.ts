// One service, as a config node describes it: its client, its queue, and the requests that go through both.
import type { Redactor } from '../common/redact.ts';
import type { Reply } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import { ServiceClient } from './client.ts';
import { Health, type HealthReport } from './health.ts';
import { RequestQueue } from './request-queue.ts';
import type { ServiceSettings } from './service-settings.ts';
import { type AskOptions, askWithTries } from './tries.ts';

/** What a service tells the log. */
export interface ServiceReports {
  health: HealthReport;
}

const SILENT: ServiceReports = { health: () => {} };

export class ChatService {
  /** The config node's name, or the host of its base URL. */
  readonly name: string;
  /** The model used where a request names none. */
  readonly model: string;
  readonly queue: RequestQueue;
  readonly health: Health;
  readonly #client: ServiceClient;
  readonly #maxRetries: number;
  readonly #refused = new Set<string>();

  constructor(settings: ServiceSettings, reports: ServiceReports = SILENT) {
    this.name = settings.name;
    this.model = settings.model;
    this.queue = new RequestQueue(settings);
    this.health = new Health(this.queue, reports.health);
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
      health: this.health,
      maxRetries: this.#maxRetries,
      refused: this.#refused,
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
