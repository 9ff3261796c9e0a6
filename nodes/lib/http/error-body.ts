// The bodies that services answer failures with, brought to one form.
import { isObject } from '../common/is-object.ts';

/** The OpenAI form of an error, as far as a service fills it in. */
export interface ServiceError {
  message?: string;
  type?: string;
  code?: string;
  param?: string;
  /** A status named inside the body, as error events in a stream do. */
  status?: number;
  /** Seconds that the body asks to wait. */
  retryAfter?: number;
}

type Fields = Record<string, unknown>;

/**
 * Reads any known body of a failure: `{error: {message, type, code?, param?}}`, `{error: {code, message}}`,
 * `{error: "text"}`, `{detail}`, `{message}`, `{errors}`, `{base_resp}`, any of them in a list, plain text or html,
 * nothing.
 */
export function readErrorBody(body: string): ServiceError {
  const text = body.trim();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    const [, inEvent] = ERROR_EVENT.exec(text) ?? [];
    if (inEvent !== undefined) return readErrorBody(inEvent);
    return text === '' ? {} : { message: text };
  }
  return readErrorObject(parsed);
}

/** Some services answer with a stream's event, whatever the status. */
const ERROR_EVENT = /^(?:data|error):[ \t]*(.+)$/m;

/** The same for a body or an event that is parsed already. */
export function readErrorObject(body: unknown): ServiceError {
  if (typeof body !== 'object' || body === null) return { message: String(body) };
  // Gemini's endpoint puts its errors into a list.
  if (Array.isArray(body)) return isObject(body[0]) ? readErrorObject(body[0]) : { message: textOf(body) };
  const fields = body as Fields;
  const found = failurePart(fields);
  // Some frameworks put the status's name there, or a mere `true`, and the words beside it.
  if (typeof found !== 'object')
    return { ...readFields({ ...fields, error: undefined }), message: textOf(wordsOf(fields) || found) };
  return Array.isArray(found) ? { message: textOf(found) } : readFields(found as Fields);
}

/** The part of a body that describes the failure, which may be all of it. */
function failurePart({ error, detail, base_resp, x_groq, ...others }: Fields): unknown {
  const groq = isObject(x_groq) ? x_groq.error : undefined;
  const parts = [error, groq, isFailed(base_resp) ? base_resp : undefined, detail];
  return parts.find((part) => !isBlank(part)) ?? others;
}

function readFields(found: Fields): ServiceError {
  const { type, param } = found;
  const code = firstFilled(found, CODE_FIELDS);
  const status = [found.status, code, ...STATUS_FIELDS.map((name) => found[name])]
    .map(Number)
    .find((number) => number >= 400 && number < 600);
  const retryAfter = waitIn(found);
  const behind = readBehind(found);
  const words = behind?.message || wordsOf(found);
  return {
    ...behind,
    message: words ?? (isBlank(found) ? '' : JSON.stringify(found)),
    ...(isFilled(type) && { type: textOf(type) }),
    ...(isFilled(code) && { code: textOf(code) }),
    ...(isFilled(param) && { param: textOf(param) }),
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

const WORD_FIELDS = ['message', 'msg', 'status_msg', 'error_msg', 'error_message'];
const CODE_FIELDS = ['code', 'error_code', 'status_code'];
const STATUS_FIELDS = ['http_status_code', 'http_status', 'http_code', 'status_code', 'statusCode'];

/** The words of a failure; `undefined` where there is no field for them. */
function wordsOf(found: Fields): string | undefined {
  const words = firstFilled(found, WORD_FIELDS);
  if (words !== undefined) return textOf(words);
  if (Array.isArray(found.errors)) {
    const all = found.errors.map((item) => (isObject(item) ? (wordsOf(item) ?? item.detail) : item));
    const filled = all.filter(isFilled);
    if (filled.length > 0) return filled.map(textOf).join('; ');
  }
  return WORD_FIELDS.some((name) => name in found) ? '' : undefined;
}

/** What the provider behind a router answered: as text, which may be JSON, or as an object. */
function readBehind({ metadata }: Fields): ServiceError | undefined {
  const raw = isObject(metadata) ? metadata.raw : undefined;
  if (isBlank(raw)) return undefined;
  return typeof raw === 'string' ? readErrorBody(raw) : readErrorObject(raw);
}

/** Seconds to wait: Google's `retryDelay` among the details is a text such as "7s". */
function waitIn({ retry_after, retryDelay, details, metadata }: Fields): number | undefined {
  const seconds = [retry_after, retryDelay]
    .map((value) => /^\s*(\d+(?:\.\d+)?)\s*s?\s*$/.exec(String(value))?.[1])
    .find((value) => value !== undefined);
  if (seconds !== undefined) return Number(seconds);
  const inside = [...(Array.isArray(details) ? details : []), metadata].filter(isObject);
  return inside.map(waitIn).find((wait) => wait !== undefined);
}

/**
 * The failure that a success reports, as a body or as a chunk of a stream: an error with something in it, or another
 * of the reasons that services give.
 */
export function failureIn(body: Fields): ServiceError | undefined {
  const { error, object, base_resp, error_msg, error_code, x_groq, choices } = body;
  if ((error && !isBlank(error)) || object === 'error') return readErrorObject(body);
  const hasReason = base_resp || error_msg || error_code || x_groq;
  if (hasReason && isReason(body)) return readErrorObject(body);
  if (!('choices' in body) || (Array.isArray(choices) && choices.length > 0)) return undefined;
  const words = body.message || body.msg;
  return typeof words === 'string' && words.trim() !== '' ? readErrorObject(body) : undefined;
}

function isReason({ base_resp, error_msg, error_code, x_groq }: Fields): boolean {
  if (isFailed(base_resp) || (isObject(x_groq) && !isBlank(x_groq.error))) return true;
  const isSuccess = error_code !== undefined && Number(error_code) === 0;
  return !isSuccess && !(isBlank(error_msg) && isBlank(error_code));
}

/** MiniMax says of each reply how it went. */
function isFailed(baseResp: unknown): boolean {
  return isObject(baseResp) && isFilled(baseResp.status_code) && Number(baseResp.status_code) !== 0;
}

const DEEPEST = 8;

/** Whether there is nothing in it: some services send an empty error with each reply. */
export function isBlank(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.trim() === '';
  if (typeof value !== 'object' || value === null) return !value;
  return depth < DEEPEST && Object.values(value).every((item) => isBlank(item, depth + 1));
}

function firstFilled(found: Fields, names: readonly string[]): unknown {
  return names.map((name) => found[name]).find(isFilled);
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
