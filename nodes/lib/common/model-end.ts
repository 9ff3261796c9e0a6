// The models that a service lists, and the day from which one of them is no longer there. Shared with the editor.
import { isObject } from './is-object.ts';

export interface ListedModel {
  id: string;
  /** The day on which the service shuts the model down, as `2027-01-14`; absent while it says nothing of it. */
  ends?: string;
}

/** Milliseconds. */
const DAY = 24 * 60 * 60_000;

/** How many days before its end a model needs another one in its place. */
const SOON = 60;

/** An entry of a service's list; nothing for one without an id. */
export function readListedModel(entry: unknown): ListedModel | undefined {
  if (!isObject(entry) || typeof entry.id !== 'string') return undefined;
  const ends = readDay(entry.shutdown_date);
  return { id: entry.id, ...(ends !== undefined && { ends }) };
}

/** Whether a model ends within 60 days, or has ended. `now` is in milliseconds since 1970. */
export function endsSoon(ends: string, now: number): boolean {
  return Date.parse(ends) - now <= SOON * DAY;
}

/** The entry of a model. Ollama's and Google's names are longer in the list than they need be. */
export function findModel(models: readonly ListedModel[], model: string): ListedModel | undefined {
  const names = [model, `${model}:latest`, `models/${model}`];
  return models.find(({ id }) => names.includes(id));
}

/** The day of a date as services write it: ISO 8601, or seconds since 1970. */
function readDay(date: unknown): string | undefined {
  if (typeof date !== 'number' && typeof date !== 'string') return undefined;
  const time = typeof date === 'number' ? date * 1000 : Date.parse(date);
  // What is no number here is no date, and what is beyond that has no year of four digits.
  const isDate = time > 0 && time < Date.UTC(10_000, 0);
  return isDate ? new Date(time).toISOString().slice(0, 10) : undefined;
}
