// Asks a service once a day for its models, and tells the nodes whose model ends soon. It goes on beside the messages:
// none waits for it, and a service that can't be asked, or has no list, is left alone until the next day.
import { endsSoon, findModel } from '../common/model-end.ts';
import { type ModelSource, modelsOf } from './model-list.ts';
import { modelUsersOf } from './model-users.ts';

/** Milliseconds. The start has enough to do, and a flow that is being worked on is deployed again before long. */
export const FIRST_LOOK = 5 * 60_000;
export const LOOK_EVERY = 24 * 60 * 60_000;

export interface ModelWatchOptions {
  /** The id of the config node. */
  id: string;
  /** When the watch before this one has looked, in milliseconds since 1970. */
  last: number | undefined;
  /** @throws when the service can't be used */
  service(): ModelSource & { model: string };
}

export class ModelWatch {
  readonly #options: ModelWatchOptions;
  #last: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ModelWatchOptions) {
    this.#options = options;
    this.#last = options.last;
    const due = this.#last === undefined ? 0 : this.#last + LOOK_EVERY - Date.now();
    this.#wait(Math.max(due, FIRST_LOOK));
  }

  /** Gives what the next watch of this node goes on from. */
  close(): number | undefined {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    return this.#last;
  }

  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#last = Date.now();
      this.#wait(LOOK_EVERY);
      // What can't be asked or found out is no trouble of the log's.
      this.#look().catch(() => {});
    }, milliseconds).unref();
  }

  async #look(): Promise<void> {
    const { id, service } = this.#options;
    const users = modelUsersOf(id);
    if (users.length === 0) return;
    const source = service();
    const models = await modelsOf(source);
    await Promise.all(
      users.map(async (user) => {
        const own = await user.model();
        if (own === undefined) return;
        const model = own || source.model;
        const ends = findModel(models, model)?.ends;
        if (ends && endsSoon(ends, Date.now()) && !this.#isClosed) user.onEnd(model, ends);
      }),
    );
  }
}
