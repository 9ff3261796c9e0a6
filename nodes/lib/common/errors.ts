// What can go wrong, as data: each kind of failure with the error code that flows see. The words are in the
// catalogue (locales/<lang>/vivgrid-chat.json, "errors") under the same keys.

export type ErrorCode =
  | 'config'
  | 'template'
  | 'parameter'
  | 'attachment'
  | 'queue_full'
  | 'auth'
  | 'payment'
  | 'rate_limit'
  | 'bad_request'
  | 'server'
  | 'network'
  | 'timeout'
  | 'incomplete'
  | 'invalid_json'
  | 'schema'
  | 'tool'
  | 'budget';

const CODES = {
  config_missing: 'config',
  base_url_blank: 'config',
  base_url_scheme: 'config',
  base_url_userinfo: 'config',
  base_url_invalid: 'config',
  base_url_variable: 'config',
  token_missing: 'config',
  token_variable: 'config',
  token_characters: 'config',
  setting_number: 'config',
  model_ends: 'config',
  header: 'config',
  header_variable: 'config',
  proxy: 'config',
  proxy_variable: 'config',
  tls: 'config',
  output: 'config',
  redirect: 'config',
  schema_no_json: 'config',
  schema_invalid: 'config',
  chat_number: 'config',
  tool_missing: 'config',
  tool_name: 'config',
  tool_name_twice: 'config',
  tool_schema: 'config',
  mcp_missing: 'config',
  mcp_url: 'config',
  mcp_redirect: 'config',
  template_syntax: 'template',
  template_partial: 'template',
  template_value: 'template',
  row_value: 'parameter',
  row_json: 'parameter',
  history: 'parameter',
  prompt_empty: 'parameter',
  model_value: 'parameter',
  parameter_value: 'parameter',
  parameter_json: 'parameter',
  parameter_kind: 'parameter',
  parameter_range: 'parameter',
  parameter_owned: 'parameter',
  parameter_stream_n: 'parameter',
  waits_for_itself: 'parameter',
  approval_answer: 'parameter',
  approval_arguments: 'parameter',
  approval_call: 'parameter',
  conversation_segment: 'parameter',
  conversation_path: 'parameter',
  conversation_read: 'parameter',
  conversation_write: 'parameter',
  attachment_value: 'attachment',
  attachment_type: 'attachment',
  attachment_kind: 'attachment',
  queue_full: 'queue_full',
  auth: 'auth',
  payment: 'payment',
  rate_limit: 'rate_limit',
  bad_request: 'bad_request',
  request_large: 'bad_request',
  server: 'server',
  server_no_reply: 'server',
  network: 'network',
  network_refused: 'network',
  network_unknown_host: 'network',
  network_certificate: 'network',
  timeout: 'timeout',
  timeout_silence: 'timeout',
  incomplete: 'incomplete',
  incomplete_chunk: 'incomplete',
  invalid_json: 'invalid_json',
  schema: 'schema',
  tool_rounds: 'tool',
  budget_tokens: 'budget',
  budget_cost: 'budget',
  budget_requests: 'budget',
  budget_near: 'budget',
  cost_unknown: 'budget',
  totals_store: 'budget',
  mcp_auth: 'tool',
  mcp_network: 'tool',
  mcp_refused: 'tool',
  mcp_unknown_host: 'tool',
  mcp_certificate: 'tool',
  mcp_protocol: 'tool',
  mcp_status: 'tool',
  mcp_timeout: 'tool',
  service_given_up: 'server',
  service_back: 'server',
  unexpected: 'server',
} as const satisfies Record<string, ErrorCode>;

export type ErrorKey = keyof typeof CODES;

export const ERROR_KEYS = Object.keys(CODES) as ErrorKey[];

/** `err.cause` as a Catch node sees it. Absent fields are left out; `retry_after` is in seconds. */
export interface ErrorCause {
  status?: number;
  type?: string;
  code?: string;
  param?: string;
  request_id?: string;
  attempts?: number;
  retry_after?: number;
  /** What had arrived of the reply. */
  text?: string;
  /** Where a fallback was asked, too: how each of them failed, in their order. */
  services?: ServiceFailure[];
}

/** How one of several services failed. */
export interface ServiceFailure {
  /** The config node's name, or the host of its base URL. */
  service: string;
  code: ErrorCode;
  status?: number;
  message: string;
}

/** A failure with a meaning: its catalogue key, the values for the text, and what Catch nodes get to see. */
export class ChatError extends Error {
  readonly code: ErrorCode;
  readonly key: ErrorKey;
  readonly params: Readonly<Record<string, string | number>>;
  override cause: ErrorCause;
  /** Whether the same request may be tried again. */
  retryable: boolean;

  constructor(
    key: ErrorKey,
    params: Record<string, string | number> = {},
    { cause = {}, retryable = false }: { cause?: ErrorCause; retryable?: boolean } = {},
  ) {
    super(key);
    this.name = 'ChatError';
    this.key = key;
    this.code = CODES[key];
    this.params = params;
    this.cause = cause;
    this.retryable = retryable;
  }
}

/** The words of any thrown thing. Not every one is an Error: jsonata throws plain objects. */
export function wordsOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' && message !== '' ? message : String(error);
}

/** The error itself, or that something happened which nothing here foresees: that must not end the process. */
export function asChatError(error: unknown): ChatError {
  return error instanceof ChatError ? error : new ChatError('unexpected', { words: wordsOf(error) });
}
