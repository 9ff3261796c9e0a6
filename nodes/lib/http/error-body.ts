// The bodies that services answer failures with, brought to one form, and what a status or a named type means.
import { STATUS_CODES } from 'node:http';
import { ChatError, type ErrorCause, type ErrorKey } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';

/** The OpenAI form of an error, as far as a service fills it in. */
export interface ServiceError {
  message?: string;
  type?: string;
  code?: string;
  param?: string;
  /** A status named inside the body, as error events in a stream do. */
  status?: number;
}

/**
 * Reads any known body of a failure: `{error: {message, type, code?, param?}}`, `{error: {code, message}}`,
 * `{error: "text"}`, `{detail}`, `{message}`, any of them in a list, plain text or html, nothing.
 */
export function readErrorBody(body: string): ServiceError {
  const text = body.trim();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text === '' ? {} : { message: text };
  }
  return readErrorObject(parsed);
}

/** The same for a body or an event that is parsed already. */
export function readErrorObject(body: unknown): ServiceError {
  if (typeof body !== 'object' || body === null) return { message: String(body) };
  // Gemini's endpoint puts its errors into a list.
  if (Array.isArray(body) && isObject(body[0])) return readErrorObject(body[0]);
  const { error, detail, message: besides } = body as Record<string, unknown>;
  const found = error ?? detail ?? body;
  // Some frameworks put the status's name there, or a mere `true`, and the words beside it.
  if (typeof found !== 'object') return { message: textOf(besides || found) };
  if (Array.isArray(found)) return { message: JSON.stringify(found) };
  const { message, type, code, param, status } = found as Record<string, unknown>;
  const named = [status, code].map(Number).find((number) => number >= 400 && number < 600);
  return {
    message: message === undefined ? JSON.stringify(found) : textOf(message ?? ''),
    ...(isFilled(type) && { type: textOf(type) }),
    ...(isFilled(code) && { code: textOf(code) }),
    ...(isFilled(param) && { param: textOf(param) }),
    ...(named !== undefined && { status: named }),
  };
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const KEY_OF_STATUS: Readonly<Record<number, ErrorKey>> = {
  401: 'auth',
  403: 'auth',
  402: 'payment',
  408: 'timeout',
  429: 'rate_limit',
};

const KEY_OF_NAME: Readonly<Record<string, ErrorKey>> = {
  insufficient_quota: 'payment',
  outstanding_balance: 'payment',
  billing_error: 'payment',
  authentication_error: 'auth',
  invalid_api_key: 'auth',
  permission_error: 'auth',
  permission_denied: 'auth',
  unauthorized: 'auth',
  forbidden: 'auth',
  rate_limit_error: 'rate_limit',
  rate_limit_exceeded: 'rate_limit',
  rate_limit: 'rate_limit',
  too_many_requests: 'rate_limit',
  requests: 'rate_limit',
  tokens: 'rate_limit',
  invalid_request_error: 'bad_request',
  invalid_request: 'bad_request',
  not_found_error: 'bad_request',
  model_not_found: 'bad_request',
  content_filter: 'bad_request',
  context_length_exceeded: 'bad_request',
  operation_not_supported: 'bad_request',
  timeout: 'timeout',
  timeout_error: 'timeout',
  request_timeout: 'timeout',
};

// 408 and 409 mean "not now"; 402 and an exhausted quota, under whatever status, stay as they are however often one asks.
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 409, 429]);
const RETRYABLE_KEYS: ReadonlySet<ErrorKey> = new Set<ErrorKey>(['server', 'rate_limit', 'timeout']);

/** The error for a failure that the service itself reports, with a status or, inside a stream, without. */
export function serviceFailure(failure: ServiceError, cause: ErrorCause = {}): ChatError {
  const status = cause.status ?? failure.status;
  const named = namedKey(failure);
  const key = keyOf(named, status);
  const retryable =
    key !== 'payment' &&
    named !== 'payment' &&
    (status === undefined ? RETRYABLE_KEYS.has(key) : RETRYABLE_STATUSES.has(status) || status >= 500);
  const words =
    failure.message ||
    (status !== undefined && STATUS_CODES[status]) ||
    failure.type ||
    failure.code ||
    (STATUS_CODES[500] as string);
  const { type, code, param } = failure;
  return new ChatError(
    key,
    { words, status: status ?? '' },
    {
      cause: {
        ...(status !== undefined && { status }),
        ...(type !== undefined && { type }),
        ...(code !== undefined && { code }),
        ...(param !== undefined && { param }),
        ...cause,
      },
      retryable,
    },
  );
}

function namedKey({ code, type }: ServiceError): ErrorKey | undefined {
  return [code, type]
    .map((name) => (name !== undefined && Object.hasOwn(KEY_OF_NAME, name) ? KEY_OF_NAME[name] : undefined))
    .find((key) => key !== undefined);
}

function keyOf(named: ErrorKey | undefined, status: number | undefined): ErrorKey {
  if (status === undefined) return named ?? 'server';
  if (status === 429 && named === 'payment') return 'payment';
  return KEY_OF_STATUS[status] ?? (status < 500 ? 'bad_request' : 'server');
}
