// Turns a ChatError into the Error that a flow gets: a sentence in the user's language, an own code, a plain cause.
import english from '../locales/en-US/vivgrid-chat.json';
import type { ChatError, ErrorCause, ErrorCode } from './errors.ts';
import { plainWords } from './plain-words.ts';

/** Looks a catalogue key up; gives the key itself, or nothing, where there is no text for it. */
export type Translate = (key: string, params: Record<string, string | number>) => string | undefined;

const MESSAGE_LIMIT = 300;

/** An error for `done()`: Node-RED copies only the own properties `message`, `code`, `stack` and `cause` to Catch. */
export interface FlowError extends Error {
  code: ErrorCode;
  cause: ErrorCause;
}

/** The error in words of at most 300 characters, without markup. */
export function describeError(error: ChatError, translate: Translate): FlowError {
  const key = `vivgrid-chat.errors.${error.key}`;
  const translated = translate(key, error.params);
  const text = translated && translated !== key ? translated : inEnglish(error);
  const flowError = new Error(plainWords(text, MESSAGE_LIMIT)) as FlowError;
  flowError.code = error.code;
  flowError.cause = error.cause;
  return flowError;
}

// Where no catalogue is loaded (another runtime's test helper, say) the user still gets a sentence.
function inEnglish(error: ChatError): string {
  const texts: Partial<Record<string, string>> = english['vivgrid-chat'].errors;
  const text = texts[error.key] ?? error.key;
  return text.replace(/__(\w+?)__/g, (placeholder, name) => String(error.params[name] ?? placeholder));
}
