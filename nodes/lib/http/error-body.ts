// The bodies that services answer failures with, brought to one form.
import { isObject } from '../common/is-object.ts';
import { parseJson } from '../common/parse-json.ts';

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
 * `{error: "text"}`, `{detail}`, `{message}`, `{errors}`, `{base_resp}`, any of them in a list or in one another, plain
 * text or html, nothing.
 */
export function readErrorBody(body: string, depth = 0): ServiceError {
  const text = body.trim();
  const parsed = parseJson(text);
  if (parsed !== undefined) return readErrorObject(parsed, depth);
  const [, inEvent] = (depth < DEEPEST && ERROR_EVENT.exec(text)) || [];
  if (inEvent !== undefined) return readErrorBody(inEvent, depth + 1);
  return text === '' ? {} : { message: text };
}

/** Some services answer with a stream's event, whatever the status. */
const ERROR_EVENT = /^(?:data|error):[ \t]*(.+)$/m;

/** The same for a body or an event that is parsed already. */
export function readErrorObject(body: unknown, depth = 0): ServiceError {
  if (typeof body !== 'object' || body === null) return { message: String(body) };
  // Gemini's endpoint puts its errors into a list.
  if (Array.isArray(body))
    return isObject(body[0]) ? readErrorObject(body[0], depth) : { message: textOf(body) };
  const fields = body as Fields;
  const found = failurePart(fields);
  // Some frameworks put the status's name there, or a mere `true`, and the words beside it.
  if (typeof found !== 'object')
    return {
      ...readFields({ ...fields, error: undefined }, depth),
      message: textOf(wordsOf(fields) || found),
    };
  return readPart(found as Fields | unknown[], depth);
}

/** A failure in a list, or one that a router or a framework has put another around. */
function readPart(found: Fields | unknown[], depth: number): ServiceError {
  if (Array.isArray(found)) {
    const [first] = found;
    // FastAPI's lists say where in the request something is wrong.
    return isObject(first) && !('loc' in first) ? readFields(first, depth) : { message: textOf(found) };
  }
  const isAround = depth < DEEPEST && typeof (found.error ?? found.detail) === 'object';
  return isAround && wordsOf(found) === undefined
    ? readErrorObject(found, depth + 1)
    : readFields(found, depth);
}

/** The part of a body that describes the failure, which may be all of it. */
function failurePart({ error, detail, base_resp, x_groq, ...others }: Fields): unknown {
  const groq = isObject(x_groq) ? x_groq.error : undefined;
  const parts = [error, groq, isFailed(base_resp) ? base_resp : undefined, detail];
  return parts.find((part) => !isBlank(part)) ?? others;
}

function readFields(found: Fields, depth: number): ServiceError {
  const { type, param } = found;
  const code = firstFilled(found, CODE_FIELDS);
  const status = [found.status, code, ...STATUS_FIELDS.map((name) => found[name])]
    .map(statusOf)
    .find((number) => number !== undefined);
  const retryAfter = waitIn(found);
  const behind = depth < DEEPEST ? readBehind(found, depth + 1) : undefined;
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

/** Google's names for statuses. */
const STATUS_OF_NAME: ReadonlyMap<string, number> = new Map([
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['RESOURCE_EXHAUSTED', 429],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
]);

/** The status of a failure that a number or a text names: `429`, `"429 Too Many Requests"`, `"RESOURCE_EXHAUSTED"`. */
function statusOf(value: unknown): number | undefined {
  const text = wordOf(value);
  const [, digits] = /^(?:HTTP[/\d. ]*\s)?([45]\d\d)\b/i.exec(text) ?? [];
  return digits === undefined ? STATUS_OF_NAME.get(text) : Number(digits);
}

/** The words of a failure; `undefined` where there is no field for them. */
function wordsOf(found: Fields, depth = 0): string | undefined {
  const words = firstFilled(found, WORD_FIELDS);
  if (words !== undefined) return textOf(words);
  if (Array.isArray(found.errors) && depth < DEEPEST) {
    const all = found.errors.map((item) =>
      isObject(item) ? (wordsOf(item, depth + 1) ?? item.detail) : item,
    );
    const filled = all.filter(isFilled);
    if (filled.length > 0) return filled.map(textOf).join('; ');
  }
  return WORD_FIELDS.some((name) => name in found) ? '' : undefined;
}

/** What the provider behind a router answered: as text, which may be JSON, or as an object; or JSON as the words. */
function readBehind({ metadata, message }: Fields, depth: number): ServiceError | undefined {
  const raw = isObject(metadata) ? metadata.raw : undefined;
  if (!isBlank(raw)) return typeof raw === 'string' ? readErrorBody(raw, depth) : readErrorObject(raw, depth);
  const inWords = typeof message === 'string' && /^\s*[[{]/.test(message) ? parseJson(message) : undefined;
  return isObject(inWords) || Array.isArray(inWords) ? readErrorObject(inWords, depth) : undefined;
}

/** Seconds to wait. */
function waitIn(
  { retry_after, retryAfter, retryDelay, details, metadata }: Fields,
  depth = 0,
): number | undefined {
  const seconds = [retry_after, retryAfter, retryDelay].map(secondsOf).find((value) => value !== undefined);
  if (seconds !== undefined || depth === DEEPEST) return seconds;
  const inside = [...(Array.isArray(details) ? details : []), metadata].filter(isObject);
  return inside.map((fields) => waitIn(fields, depth + 1)).find((wait) => wait !== undefined);
}

const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001, '': 1 };

/** Google writes a time as "7s" or, in full, as `{seconds: 7}`; others as "1m30s", "500ms" or a number. */
function secondsOf(value: unknown): number | undefined {
  const text = wordOf(isObject(value) ? value.seconds : value).replaceAll(' ', '');
  if (!/^(\d+(\.\d+)?(h|ms?|s|$))+$/.test(text)) return undefined;
  const parts = text.matchAll(/([\d.]+)(h|ms?|s|$)/g);
  return [...parts].reduce(
    (sum, [, number, unit = '']) => sum + Number(number) * (SECONDS_OF_UNIT[unit] ?? 1),
    0,
  );
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

/** How deep a body is looked into. */
const DEEPEST = 8;
/** Nothing, written as text. */
const NOTHING = /^\s*(|0|false|null|none|undefined)\s*$/i;

/** Whether there is nothing in it: some services send an empty error with each reply. */
export function isBlank(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return NOTHING.test(value);
  if (typeof value !== 'object' || value === null) return !value;
  return depth < DEEPEST && Object.values(value).every((item) => isBlank(item, depth + 1));
}

function firstFilled(found: Fields, names: readonly string[]): unknown {
  return names.map((name) => found[name]).find(isFilled);
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** A text, or a number as one; blank for what is neither. An object may have a `toString` that is no function. */
function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
