// Numbers among the saved properties: the editor saves what is typed as text, and blank stands for the default.
import { ChatError, type ErrorKey } from './errors.ts';

export interface NumberRange {
  min: number;
  max: number;
  isWhole?: boolean;
}

/** @throws ChatError of the given key, with `name`, `value` and `range`, for what is no number in the range */
export function readNumber<Name extends string>(
  saved: { readonly [name in Name]?: number | string | undefined },
  name: Name,
  defaults: { readonly [name in Name]: number | string },
  { min, max, isWhole = false }: NumberRange,
  key: ErrorKey,
): number {
  const text = String(saved[name] ?? '').trim();
  const value = Number(text === '' ? defaults[name] : text);
  if (Number.isFinite(value) && value >= min && value <= max && (!isWhole || Number.isInteger(value)))
    return value;
  const range = max === Infinity ? `≥ ${min}` : `${min}–${max}`;
  throw new ChatError(key, { name, value: text.slice(0, 40), range });
}
