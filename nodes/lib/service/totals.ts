// What a service has been used for, this hour, today and this month, and the limit that ends it: kept in memory, or in
// a context property that several instances of Node-RED may share.
import { ChatError, wordsOf } from '../common/errors.ts';
import { within } from '../common/within.ts';
import type { Spent } from './cost.ts';
import { budgetError, type Limit } from './limit.ts';
import {
  addPeriods,
  addTo,
  type Counts,
  emptyPeriods,
  endOf,
  PERIODS,
  type Period,
  type Periods,
  readPeriods,
} from './periods.ts';

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
  /** What the log has warned of last. */
  warnedOf: string | undefined;
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
  /** When `periods` are the current ones, in milliseconds since 1970. */
  #current: { periods: Periods | undefined; since: number; until: number } = {
    periods: undefined,
    since: 0,
    until: 0,
  };
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
  /** The period and the limit of which the log has warned. */
  #warnedOf: string | undefined;
  /** Requests that have been sent and have not ended. */
  #running = 0;
  /** Counts what makes an answer of the store that is still to come out of date. */
  #epoch = 0;
  #isClosed = false;

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
    this.#warnedOf = carried?.warnedOf;
    if (store) void this.#read(store);
  }

  /** This hour's, today's and this month's, up to this moment. */
  get periods(): Periods {
    return sumNow(this.#stored, this.#written, this.#pending);
  }

  /** What this process has used in the last 24 hours, as far as it used anything: the oldest first. */
  get hours(): readonly Period[] {
    return this.#hours;
  }

  get limit(): Limit | undefined {
    return this.#options.limit;
  }

  /**
   * Nothing while the service may be asked; else what to wait for before it is checked again, which rejects with a
   * ChatError `budget` if it may not.
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

  /** Counts a request that is sent now. The function returned counts what it used, once it has ended. */
  begin(): (spent: Spent, isFailure: boolean) => void {
    this.#running++;
    return (spent, isFailure) => {
      this.#running--;
      this.add(spent, isFailure);
    };
  }

  /** Counts a request that has ended. */
  add(spent: Spent, isFailure: boolean): void {
    const { limit, store, report } = this.#options;
    const { cost, ...tokens } = spent;
    const counts: Counts = { requests: 1, failures: isFailure ? 1 : 0, ...tokens, cost: cost ?? 0 };
    const pending = this.#currentPending();
    for (const name of PERIODS) addTo(pending[name], counts);
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
    const { store } = this.#options;
    // What is being written would bring the counts back.
    await within(PATIENCE, this.#writing);
    const now = new Date();
    this.#epoch++;
    this.#pending = emptyPeriods(now);
    this.#written = emptyPeriods(now);
    this.#stored = emptyPeriods(now);
    this.#warnedOf = undefined;
    if (store) await this.#alone(store, store.write(emptyPeriods(now)));
  }

  /** Writes what is not written yet; nothing is written later. */
  async close(): Promise<CarriedTotals> {
    const { store } = this.#options;
    this.#isClosed = true;
    clearTimeout(this.#writeTimer);
    if (store) {
      await within(PATIENCE, this.#writing);
      // One that hangs keeps what it has to write.
      if (!this.#writing && this.#pending.month.requests > 0)
        await within(PATIENCE, this.#alone(store, this.#write(store)));
    }
    this.#epoch++;
    return {
      key: store?.key,
      stored: this.#stored,
      pending: sumNow(this.#written, this.#pending),
      hours: this.#hours,
      warnedOf: this.#warnedOf,
    };
  }

  /** What is pending, of the periods that are now. Looked at anew once an hour, or when the clock was set back. */
  #currentPending(): Periods {
    const now = Date.now();
    const known = this.#current;
    if (known.periods !== this.#pending || now < known.since || now >= known.until) {
      const date = new Date(now);
      this.#pending = readPeriods(this.#pending, date);
      this.#current = { periods: this.#pending, since: now, until: endOf('hour', date).getTime() };
    }
    return this.#pending;
  }

  #addToHours(from: string, counts: Counts): void {
    const last = this.#hours.at(-1);
    if (last?.from === from) addTo(last, counts);
    else this.#hours.push({ from, ...counts });
    if (this.#hours.length > HOURS) this.#hours.shift();
  }

  async #checkAfter(limit: Limit, wait: Promise<void> | undefined): Promise<void> {
    if (wait) await within(PATIENCE, wait);
    this.#hasRead = true;
    if (this.#usedOf(limit) >= limit.most) throw budgetError(limit, new Date());
  }

  #usedOf({ of, per }: Limit): number {
    return this.periods[per][of] + (of === 'requests' ? this.#running : 0);
  }

  #warnWhenNear(limit: Limit): void {
    const { from, [limit.of]: used } = this.periods[limit.per];
    const about = `${from} ${limit.most} ${limit.of}`;
    if (used < NEARLY * limit.most || this.#warnedOf === about) return;
    this.#warnedOf = about;
    const percent = Math.floor((100 * used) / limit.most);
    this.#options.report(new ChatError('budget_near', { percent, limit: limit.most }));
  }

  #read(store: TotalsStore): Promise<void> {
    this.#nextRead = performance.now() + INTERVAL;
    const epoch = this.#epoch;
    this.#reading ??= store
      .read()
      .then(
        (stored) => {
          if (epoch === this.#epoch) this.#stored = readPeriods(stored, new Date());
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
    if (this.#writing || this.#isClosed) return;
    this.#writeTimer ??= setTimeout(
      () => {
        this.#writeTimer = undefined;
        // A reset is being written.
        if (!this.#writing) void this.#alone(store, this.#write(store));
      },
      Math.max(0, this.#nextWrite - performance.now()) + SPREAD * Math.random(),
    );
  }

  /** What comes while something is being written waits for the next write. */
  #alone(store: TotalsStore, write: Promise<void>): Promise<void> {
    const goOn = (): void => {
      this.#writing = undefined;
      if (this.#pending.month.requests > 0) this.#writeSoon(store);
    };
    this.#writing = write.then(goOn, goOn);
    return write;
  }

  /** Adds what is pending to what is there by now. Never rejects. */
  async #write(store: TotalsStore): Promise<void> {
    this.#nextWrite = performance.now() + INTERVAL;
    const epoch = this.#epoch;
    const now = new Date();
    this.#written = readPeriods(this.#pending, now);
    this.#pending = emptyPeriods(now);
    try {
      const stored = await store.read();
      // It was set back meanwhile, or another service goes on from here.
      if (epoch !== this.#epoch) return;
      const sum = addPeriods(readPeriods(stored, now), this.#written);
      await store.write(sum);
      if (epoch !== this.#epoch) return;
      // A store in memory holds the very object.
      this.#stored = structuredClone(sum);
    } catch (error) {
      this.#reportStore(error);
      if (epoch !== this.#epoch) return;
      this.#pending = sumNow(this.#pending, this.#written);
    }
    this.#written = emptyPeriods(now);
    this.#epoch++;
  }

  #reportStore(error: unknown): void {
    if (this.#isStoreReported) return;
    this.#isStoreReported = true;
    this.#options.report(new ChatError('totals_store', { words: wordsOf(error) }));
  }
}

/** The sum of what is still of the current periods. */
function sumNow(...parts: Periods[]): Periods {
  const now = new Date();
  return parts.map((periods) => readPeriods(periods, now)).reduce(addPeriods);
}
