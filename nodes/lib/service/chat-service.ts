// One service, as a config node describes it: its client, its queue, and the requests that go through both.
import type { ListedModel } from '../common/model-end.ts';
import type { Redactor } from '../common/redact.ts';
import type { Reply } from '../reply/reply.ts';
import type { ChatRequest } from '../request/build-request.ts';
import { ServiceClient } from './client.ts';
import { ExchangeLog, type ExchangeRecord } from './exchange-log.ts';
import { Health, type HealthReport } from './health.ts';
import { RequestQueue } from './request-queue.ts';
import type { ServiceSettings } from './service-settings.ts';
import { type CarriedTotals, Totals, type TotalsOptions } from './totals.ts';
import { type AskOptions, askWithTries } from './tries.ts';

export interface ServiceOptions {
  /** What the log is to tell of the service's health. */
  onHealth?: HealthReport;
  /** Where totals are kept, what they go on from, and what the log is to tell of them. */
  totals?: Partial<Omit<TotalsOptions, 'limit'>>;
  /** The id of the config node. */
  id?: string;
  /** Called when an exchange has changed that is kept for the editor. */
  onExchange?: () => void;
  /** The exchanges that the service before this one has kept. */
  exchanges?: readonly ExchangeRecord[];
}

export class ChatService {
  /** The config node's name, or the host of its base URL. */
  readonly name: string;
  /** The model used where a request names none. */
  readonly model: string;
  readonly queue: RequestQueue;
  readonly health: Health;
  readonly totals: Totals;
  readonly exchanges: ExchangeLog;
  readonly #client: ServiceClient;
  readonly #settings: ServiceSettings;
  readonly #refused = new Set<string>();

  constructor(settings: ServiceSettings, options: ServiceOptions = {}) {
    const { id = '', onHealth = () => {}, onExchange = () => {}, totals, exchanges } = options;
    this.name = settings.name;
    this.model = settings.model;
    this.queue = new RequestQueue(settings);
    this.health = new Health(this.queue, onHealth);
    this.totals = new Totals({
      store: undefined,
      carried: undefined,
      report: () => {},
      ...totals,
      limit: settings.limit,
    });
    this.exchanges = new ExchangeLog(id, settings.keep, onExchange, exchanges);
    this.#client = new ServiceClient(settings);
    this.#settings = settings;
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
    const { maxRetries, prices } = this.#settings;
    return askWithTries(request, options, {
      client: this.#client,
      queue: this.queue,
      health: this.health,
      totals: this.totals,
      maxRetries,
      prices,
      refused: this.#refused,
    });
  }

  /** The models that the service lists. Rejects as `ask` does. */
  models(signal: AbortSignal): Promise<ListedModel[]> {
    return this.#client.models(signal);
  }

  /** Closes every connection at once, and writes the totals. Gives what the next service of this node goes on from. */
  async close(): Promise<CarriedTotals> {
    this.queue.close();
    await this.#client.close();
    return this.totals.close();
  }
}
