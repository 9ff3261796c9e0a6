// What a failure means that a service reports: by its status, or by the names that services give it.
import { STATUS_CODES } from 'node:http';
import { ChatError, type ErrorCause, type ErrorKey } from '../common/errors.ts';
import type { ServiceError } from './error-body.ts';

const KEY_OF_STATUS: Readonly<Record<number, ErrorKey>> = {
  401: 'auth',
  403: 'auth',
  402: 'payment',
  408: 'timeout',
  429: 'rate_limit',
};

const KEY_OF_NAME: Readonly<Record<string, ErrorKey>> = {
  authentication_error: 'auth',
  invalid_api_key: 'auth',
  permission_error: 'auth',
  permission_denied: 'auth',
  unauthenticated: 'auth',
  unauthorized: 'auth',
  forbidden: 'auth',
  rate_limit_error: 'rate_limit',
  rate_limit_exceeded: 'rate_limit',
  rate_limit: 'rate_limit',
  resource_exhausted: 'rate_limit',
  too_many_requests: 'rate_limit',
  requests: 'rate_limit',
  tokens: 'rate_limit',
  bad_request: 'bad_request',
  bad_request_error: 'bad_request',
  invalid_argument: 'bad_request',
  invalid_request_error: 'bad_request',
  invalid_request: 'bad_request',
  not_found: 'bad_request',
  not_found_error: 'bad_request',
  validation_error: 'bad_request',
  unprocessable_entity: 'bad_request',
  model_not_found: 'bad_request',
  content_filter: 'bad_request',
  context_length_exceeded: 'bad_request',
  operation_not_supported: 'bad_request',
  timeout: 'timeout',
  timeout_error: 'timeout',
  request_timeout: 'timeout',
};

/** Names of an empty account, in plain letters. MiniMax (1008) and Zhipu (1113) have numbers only. */
const EMPTY_ACCOUNT = [
  /^(1008|1113)$/,
  /insufficient.*(quota|balance|credit|fund)/,
  /(balance|credits?|funds).*(insufficient|low|negative|exhausted|depleted)/,
  /^(no|outof|negative|outstanding)(balance|credits?|funds)/,
  /exceeded(your)?currentquota|paymentrequired|billing|arrear|overdue/,
];

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
  const { type, code, param, retryAfter } = failure;
  return new ChatError(
    key,
    { words, status: status ?? '' },
    {
      cause: {
        ...(status !== undefined && { status }),
        ...(type !== undefined && { type }),
        ...(code !== undefined && { code }),
        ...(param !== undefined && { param }),
        ...(retryAfter !== undefined && { retry_after: retryAfter }),
        ...cause,
      },
      retryable,
    },
  );
}

const KEY_OF_PLAIN_NAME = new Map(Object.entries(KEY_OF_NAME).map(([name, key]) => [plain(name), key]));

/** The same for `InsufficientBalance` and `insufficient-balance`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function namedKey({ code, type }: ServiceError): ErrorKey | undefined {
  return [code, type]
    .map((name) => (name === undefined ? undefined : keyOfName(plain(name))))
    .find((key) => key !== undefined);
}

function keyOfName(name: string): ErrorKey | undefined {
  return EMPTY_ACCOUNT.some((pattern) => pattern.test(name)) ? 'payment' : KEY_OF_PLAIN_NAME.get(name);
}

function keyOf(named: ErrorKey | undefined, status: number | undefined): ErrorKey {
  if (status === undefined) return named ?? 'server';
  if (named === 'payment' && status < 500) return 'payment';
  return KEY_OF_STATUS[status] ?? (status < 500 ? 'bad_request' : 'server');
}
