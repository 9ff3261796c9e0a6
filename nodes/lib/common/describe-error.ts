// Turns a ChatError into the Error that a flow gets: a sentence in the user's language, an own code, a plain cause.
import english from '../../locales/en-US/vivgrid-chat.json' with { type: 'json' };
import type { ChatError, ErrorCause, ErrorCode } from './errors.ts';
import { oneLine, plainWords } from './plain-words.ts';

/** Looks a catalogue key up, placeholders left in; gives the key itself, or nothing, where there is no text for it. */
export type Translate = (key: string) => string | undefined;

const MESSAGE_LIMIT = 300;
const VALUE_LIMIT = 80;

// These name what the flow's author wrote: `payload < limit` is no markup.
const OF_THE_AUTHOR: ReadonlySet<ErrorCode> = new Set(['config', 'template', 'parameter', 'attachment']);

/** An error for `done()`: Node-RED copies only the own properties `message`, `code`, `stack` and `cause` to Catch. */
export interface FlowError extends Error {
  code: ErrorCode;
  cause: ErrorCause;
}

/** The error in words of at most 300 characters, without a server's markup. */
export function describeError(error: ChatError, translate: Translate): FlowError {
  const key = `vivgrid-chat.errors.${error.key}`;
  const translated = translate(key);
  const text = translated && translated !== key ? translated : inEnglish(error);
  const sentence = fill(text, error);
  const flowError = new Error(sentence) as FlowError;
  flowError.code = error.code;
  flowError.cause = readable({ ...error.cause });
  const details = [error.code, String(flowError.cause)].filter(Boolean).join(', ');
  return Object.defineProperties(flowError, {
    // Node-RED shows each of these, and would write a name in front of the sentence.
    name: { value: '', configurable: true, writable: true },
    stack: { value: sentence, configurable: true, writable: true },
    // For the log, which Node-RED adds errors to by `+`. A Catch node gets `toString()`: the sentence alone.
    [Symbol.toPrimitive]: { value: () => `${sentence} (${details})` },
  });
}

/** Gives a cause a text of its own, because Node-RED shows a cause in the debug sidebar as text. */
function readable(cause: ErrorCause): ErrorCause {
  const parts = (
    [
      ['status', cause.status],
      ['code', cause.code ?? cause.type],
      ['request', cause.request_id],
      ['attempts', cause.attempts],
    ] as const
  ).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  // Not enumerable: a cause stays plain data.
  return Object.defineProperty(cause, 'toString', { value: () => parts.join(', '), configurable: true });
}

/** The error's sentence for a reader who is no user, such as a model. */
export function describeInEnglish(error: ChatError): string {
  return fill(inEnglish(error), error);
}

// Where no catalogue is loaded (another runtime's test helper, say) the user still gets a sentence.
function inEnglish(error: ChatError): string {
  const texts: Partial<Record<string, string>> = english['vivgrid-chat'].errors;
  return texts[error.key] ?? error.key;
}

/**
 * Puts the values into a catalogue text, once: what looks like a placeholder inside a value stays as it is. Node-RED's
 * own interpolation would read it again. The foreign words get the room that the rest leaves, so that the advice
 * after them is never what is cut off.
 */
function fill(text: string, { code, params }: ChatError): string {
  const clean = OF_THE_AUTHOR.has(code) ? oneLine : plainWords;
  const values = new Map(
    Object.entries(params).map(([name, value]) => [name, clean(String(value), VALUE_LIMIT)]),
  );
  if ('words' in params) {
    values.set('words', '');
    const room = MESSAGE_LIMIT - substitute(text, values).length;
    values.set('words', clean(String(params.words), Math.max(room, VALUE_LIMIT / 2)));
  }
  return oneLine(substitute(text, values), MESSAGE_LIMIT);
}

// A failure may name no status, and foreign words may end their own sentence.
function substitute(text: string, values: ReadonlyMap<string, string>): string {
  const withStatus = values.get('status') === '' ? text.replace(' (__status__)', '') : text;
  return withStatus.replace(/__(\w+?)__(\.?)/g, (placeholder, name, stop) => {
    const value = values.get(name);
    if (value === undefined) return placeholder;
    return /[.!?…]$/.test(value) ? value : value + stop;
  });
}
