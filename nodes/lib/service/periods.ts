// What is counted of an hour, a day and a month, in local time.
import { isObject } from '../common/is-object.ts';

/** What was used in a period. */
export interface Counts {
  /** Requests that were sent: each try and each round. */
  requests: number;
  /** Those of them without a finished reply. */
  failures: number;
  prompt_tokens: number;
  completion_tokens: number;
  tokens: number;
  /** In the currency of the config node's prices. */
  cost: number;
}

/** A period by its beginning in local time: `2026-11-28T17:00`, `2026-11-28` or `2026-11`. */
export type Period = Counts & { from: string };

export type PeriodName = 'hour' | 'day' | 'month';

export type Periods = Record<PeriodName, Period>;

export const PERIODS: readonly PeriodName[] = ['hour', 'day', 'month'];

const NOTHING: Counts = {
  requests: 0,
  failures: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  tokens: 0,
  cost: 0,
};

const FIELDS = Object.keys(NOTHING) as (keyof Counts)[];

/** The beginning of a period, as local time writes it. In the hour that is lived twice in autumn both are one. */
function nameOf(period: PeriodName, at: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const month = `${at.getFullYear()}-${two(at.getMonth() + 1)}`;
  if (period === 'month') return month;
  const day = `${month}-${two(at.getDate())}`;
  return period === 'day' ? day : `${day}T${two(at.getHours())}:00`;
}

/** When the period ends that a moment is in. */
export function endOf(period: PeriodName, at: Date): Date {
  const [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()];
  if (period === 'month') return new Date(year, month + 1, 1);
  if (period === 'day') return new Date(year, month, day + 1);
  return new Date(year, month, day, at.getHours() + 1);
}

/** Milliseconds; of a month, the longest. */
const LENGTHS: Readonly<Record<PeriodName, number>> = {
  hour: 3_600_000,
  day: 25 * 3_600_000,
  month: 31 * 24 * 3_600_000,
};

/**
 * Whether what was counted from a moment on still counts. A clock that was set back by less than the period's length
 * does not begin it anew; one that is found to have been far ahead does.
 */
function isCurrent(period: PeriodName, from: string, now: Date): boolean {
  if (from === nameOf(period, now)) return true;
  const ahead =
    Date.parse(period === 'hour' ? from : `${from}${period === 'month' ? '-01' : ''}T00:00`) - now.getTime();
  return ahead > 0 && ahead <= LENGTHS[period];
}

/** Periods in which nothing was used yet. */
export function emptyPeriods(now: Date): Periods {
  return readPeriods(undefined, now);
}

/** What is stored, as far as it is of the current periods; anything else counts as nothing. */
export function readPeriods(stored: unknown, now: Date): Periods {
  const periods = isObject(stored) ? stored : {};
  return Object.fromEntries(PERIODS.map((name) => [name, readPeriod(name, periods[name], now)])) as Periods;
}

function readPeriod(name: PeriodName, stored: unknown, now: Date): Period {
  const begun = { from: nameOf(name, now), ...NOTHING };
  if (!isObject(stored) || typeof stored.from !== 'string' || !isCurrent(name, stored.from, now))
    return begun;
  const counts = FIELDS.map((field) => {
    const count = stored[field];
    return [field, typeof count === 'number' && Number.isFinite(count) && count > 0 ? count : 0];
  });
  return { from: stored.from, ...(Object.fromEntries(counts) as unknown as Counts) };
}

/** Both together. They are of the same periods, but for what a clock that was set back makes of their names. */
export function addPeriods(one: Periods, other: Periods): Periods {
  return Object.fromEntries(PERIODS.map((name) => [name, addPeriod(one[name], other[name])])) as Periods;
}

function addPeriod(one: Period, other: Period): Period {
  return { from: one.from > other.from ? one.from : other.from, ...addCounts(one, other) };
}

/** Adds counts to those of a period, in place. */
export function addTo(period: Counts, counts: Counts): void {
  for (const field of FIELDS) period[field] += counts[field];
}

/** The counts alone, added up. */
export function addCounts(one: Counts, other: Counts): Counts {
  return Object.fromEntries(FIELDS.map((field) => [field, one[field] + other[field]])) as unknown as Counts;
}
