// How long to wait before the next try.
import type { ErrorCode } from '../common/errors.ts';

/** Milliseconds: a longer wait is no retry any more, and a queue is never held longer. */
export const LONGEST_WAIT = 60_000;

const FIRST = 500;
const FIRST_AFTER_RATE_LIMIT = 2_000;
const LONGEST_BACK_OFF = 16_000;
const JITTER = 0.25;

/** Milliseconds before the next try: doubling, less up to a quarter, so that many clients don't come back as one. */
export function backOff(attempts: number, code: ErrorCode): number {
  const first = code === 'rate_limit' ? FIRST_AFTER_RATE_LIMIT : FIRST;
  const delay = Math.min(first * 2 ** (attempts - 1), LONGEST_BACK_OFF);
  return Math.round(delay * (1 - JITTER * Math.random()));
}

/**
 * Milliseconds that a service asks to wait: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date
 * (RFC 9110, 10.2.3). `undefined` when it says nothing readable.
 */
export function readRetryAfter(headers: Headers | undefined, now: number): number | undefined {
  const milliseconds = toNumber(headers?.get('retry-after-ms'));
  if (milliseconds !== undefined) return milliseconds;
  const value = headers?.get('retry-after');
  const seconds = toNumber(value);
  if (seconds !== undefined) return seconds * 1000;
  // Left alone, `Date.parse` finds a date in "-1" and "Soon 5", too; each HTTP form begins with the name of a day.
  const date = /^\s*(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value ?? '')
    ? Date.parse(value as string)
    : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function toNumber(text: string | null | undefined): number | undefined {
  return text && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
