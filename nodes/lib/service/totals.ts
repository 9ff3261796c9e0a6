// What a service has been used for, this hour, today and this month, and the limit that ends it: kept in memory, or in
// a context property that several instances of Node-RED may share.
import { ChatError, wordsOf } from '../common/errors.ts';
import type { Spent } from './cost.ts';
import {
  addCounts,
  addPeriods,
  type Counts,
  emptyPeriods,
  endOf,
  PERIODS,
  type Period,
  type PeriodName,
  type Periods,
  readPeriods,
} from './periods.ts';

/** The most that may be used. */
export interface Limit {
  most: number;
  of: 'tokens' | 'cost' | 'requests';
  per: PeriodName;
}

/** Where totals are kept. Both may reject. */
export interface TotalsStore {
  /** Tells this property apart from others. */
  key: string;
  read(): Promise<unknown>;
  write(periods: Periods): Promise<void>;
}

/** What the log is to tell. */
export type TotalsReport = (news: ChatError) => void;

/** What goes over to the service that takes this one's place after a deployment. */
export interface CarriedTotals {
  key: string | undefined;
  stored: Periods;
  pending: Periods;
  hours: Period[];
}

export interface TotalsOptions {
  limit: Limit | undefined;
  store: TotalsStore | undefined;
  carried: CarriedTotals | undefined;
  report: TotalsReport;
}

/** Milliseconds from one write, or read, to the next. */
const INTERVAL = 1_000;
/** Instances that work by the same schedule must not write at the same moment: by up to so many milliseconds. */
const SPREAD = 500;
/** How long a message may wait for a store, in milliseconds: a slow one is not waited for. */
const PATIENCE = 1_000;
/** How many hours are looked back on. */
const HOURS = 24;
/** The share of the limit at which the log warns. */
const NEARLY = 0.8;

export class Totals {
  readonly #options: TotalsOptions;
  /** What the store is known to hold. Without one, nothing. */
  #stored: Periods;
  /** What is being written. */
  #written: Periods;
  /** What has come since. */
  #pending: Periods;
  /** What this process has used in each of the last hours. */
  readonly #hours: Period[];
  #hasRead = false;
  /** Under way. A store that never answers is asked once. */
  #reading: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #writeTimer: NodeJS.Timeout | undefined;
  /** As `performance.now()` tells it. */
  #nextRead = 0;
  #nextWrite = 0;
  #isStoreReported = false;
  #isCostReported = false;
  /** The period of which the log has warned. */
  #warnedOf: string | undefined;

  constructor(options: TotalsOptions) {
    const { store, carried } = options;
    const now = new Date();
    const [stored, pending] = [readPeriods(carried?.stored, now), readPeriods(carried?.pending, now)];
    this.#options = options;
    const isSame = carried?.key === store?.key;
    this.#stored = isSame && store ? stored : emptyPeriods(now);
    this.#written = emptyPeriods(now);
    this.#pending = store || !carried?.key ? pending : addPeriods(stored, pending);
    this.#hours = carried?.hours ?? [];
    if (store) void this.#read(store);
  }

  /** This hour's, today's and this month's, up to this moment. */
  get periods(): Periods {
    const now = new Date();
    const [stored, written, pending] = [this.#stored, this.#written, this.#pending].map((periods) =>
      readPeriods(periods, now),
    ) as [Periods, Periods, Periods];
    return addPeriods(addPeriods(stored, written), pending);
  }

  /** What this process has used in the last 24 hours, as far as it used anything: the oldest first. */
  get hours(): readonly Period[] {
    return this.#hours;
  }

  get limit(): Limit | undefined {
    return this.#options.limit;
  }

  /**
   * Nothing while the service may be asked; else what to wait for, which rejects with a ChatError `budget` if it may
   * not.
   */
  check(): Promise<void> | undefined {
    const { limit, store } = this.#options;
    if (!limit) return undefined;
    if (store && !this.#hasRead) return this.#checkAfter(limit, this.#read(store));
    if (this.#usedOf(limit) < limit.most) return undefined;
    // Another instance, or the flow's author, may have set it back.
    return this.#checkAfter(
      limit,
      store && performance.now() >= this.#nextRead ? this.#read(store) : undefined,
    );
  }

  /** Counts a request that has ended. */
  add(spent: Spent, isFailure: boolean): void {
    const { limit, store, report } = this.#options;
    const now = new Date();
    const { cost, ...tokens } = spent;
    const counts: Counts = { requests: 1, failures: isFailure ? 1 : 0, ...tokens, cost: cost ?? 0 };
    const pending = readPeriods(this.#pending, now);
    for (const name of PERIODS)
      pending[name] = { from: pending[name].from, ...addCounts(pending[name], counts) };
    this.#pending = pending;
    this.#addToHours(pending.hour.from, counts);
    if (store) this.#writeSoon(store);
    if (limit?.of === 'cost' && cost === undefined && !this.#isCostReported) {
      this.#isCostReported = true;
      report(new ChatError('cost_unknown'));
    }
    if (limit) this.#warnWhenNear(limit);
  }

  /** Sets everything back to nothing. Rejects with the store's error. */
  async reset(): Promise<void> {
    const now = new Date();
    this.#pending = emptyPeriods(now);
    this.#stored = emptyPeriods(now);
    this.#warnedOf = undefined;
    await this.#options.store?.write(emptyPeriods(now));
  }

  /** Writes what is not written yet. */
  async close(): Promise<CarriedTotals> {
    clearTimeout(this.#writeTimer);
    const { store } = this.#options;
    if (store) {
      await within(PATIENCE, this.#writing);
      if (this.#pending.month.requests > 0) await within(PATIENCE, this.#write(store));
    }
    const unwritten = addPeriods(this.#written, this.#pending);
    return { key: store?.key, stored: this.#stored, pending: unwritten, hours: this.#hours };
  }

  #addToHours(from: string, counts: Counts): void {
    const last = this.#hours.at(-1);
    if (last?.from === from) Object.assign(last, addCounts(last, counts));
    else this.#hours.push({ from, ...counts });
    if (this.#hours.length > HOURS) this.#hours.shift();
  }

  async #checkAfter(limit: Limit, wait: Promise<void> | undefined): Promise<void> {
    if (wait) await within(PATIENCE, wait);
    this.#hasRead = true;
    if (this.#usedOf(limit) >= limit.most) throw budgetError(limit, new Date());
  }

  #usedOf({ of, per }: Limit): number {
    return this.periods[per][of];
  }

  #warnWhenNear(limit: Limit): void {
    const { from, [limit.of]: used } = this.periods[limit.per];
    if (used < NEARLY * limit.most || this.#warnedOf === from) return;
    this.#warnedOf = from;
    const percent = Math.floor((100 * used) / limit.most);
    this.#options.report(new ChatError('budget_near', { percent, limit: limit.most }));
  }

  #read(store: TotalsStore): Promise<void> {
    this.#nextRead = performance.now() + INTERVAL;
    this.#reading ??= store
      .read()
      .then(
        (stored) => {
          this.#stored = readPeriods(stored, new Date());
        },
        (error) => this.#reportStore(error),
      )
      .finally(() => {
        this.#reading = undefined;
        this.#hasRead = true;
      });
    return this.#reading;
  }

  #writeSoon(store: TotalsStore): void {
    if (this.#writing) return;
    this.#writeTimer ??= setTimeout(
      () => {
        this.#writeTimer = undefined;
        this.#writing = this.#write(store).finally(() => {
          this.#writing = undefined;
          if (this.#pending.month.requests > 0) this.#writeSoon(store);
        });
      },
      Math.max(0, this.#nextWrite - performance.now()) + SPREAD * Math.random(),
    );
  }

  /** Adds what is pending to what is there by now. What comes meanwhile waits for the next write. */
  async #write(store: TotalsStore): Promise<void> {
    this.#nextWrite = performance.now() + INTERVAL;
    const now = new Date();
    this.#written = readPeriods(this.#pending, now);
    this.#pending = emptyPeriods(now);
    try {
      const sum = addPeriods(readPeriods(await store.read(), now), this.#written);
      await store.write(sum);
      // A store in memory holds the very object.
      this.#stored = structuredClone(sum);
    } catch (error) {
      this.#pending = addPeriods(this.#pending, this.#written);
      this.#reportStore(error);
    }
    this.#written = emptyPeriods(now);
  }

  #reportStore(error: unknown): void {
    if (this.#isStoreReported) return;
    this.#isStoreReported = true;
    this.#options.report(new ChatError('totals_store', { words: wordsOf(error) }));
  }
}

const BUDGET_KEYS = { tokens: 'budget_tokens', cost: 'budget_cost', requests: 'budget_requests' } as const;

function budgetError({ most, of, per }: Limit, now: Date): ChatError {
  const end = endOf(per, now);
  // Swedish writes it as ISO 8601 does.
  const until = end.toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
  const retry_after = Math.ceil((end.getTime() - now.getTime()) / 1000);
  return new ChatError(BUDGET_KEYS[of], { limit: most, until }, { cause: { retry_after } });
}

/** Waits, but not for ever. The promise must not reject. */
async function within(milliseconds: number, promise: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
