// The most that may be used of a service, and the error for what would be more.
import { ChatError } from '../common/errors.ts';
import { endOf, type PeriodName } from './periods.ts';

/** The most that may be used. */
export interface Limit {
  most: number;
  of: 'tokens' | 'cost' | 'requests';
  per: PeriodName;
}

const BUDGET_KEYS = { tokens: 'budget_tokens', cost: 'budget_cost', requests: 'budget_requests' } as const;

/** Says until when nothing is sent any more. */
export function budgetError({ most, of, per }: Limit, now: Date): ChatError {
  const end = endOf(per, now);
  // Swedish writes it as ISO 8601 does.
  const until = end.toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
  const retry_after = Math.ceil((end.getTime() - now.getTime()) / 1000);
  return new ChatError(BUDGET_KEYS[of], { limit: most, until }, { cause: { retry_after } });
}
