// The saved properties of the nodes, as they stand in a flow file, and their defaults. Shared by the runtime
// and the editor, so that both ends spell them once. People's flows depend on every name here.

/** A property whose value can come from somewhere else: the text in the form, and what kind of text it is. */
export interface TypedValue<Type extends string> {
  value: string;
  type: Type;
}

export type ModelType = 'str' | 'msg' | 'flow' | 'global' | 'env' | 'jsonata';
export type ContentType = 'mustache' | ModelType;
export type ParameterType = 'num' | 'str' | 'bool' | 'json' | 'msg' | 'flow' | 'global' | 'env' | 'jsonata';
export type Role = 'system' | 'developer' | 'user' | 'assistant';

/** One row of the prompt. A `history` row yields an array of messages, put in at its place. */
export interface MessageRow {
  role: Role | 'history';
  type: ContentType;
  content: string;
}

/** One request-body field under the API's own name. */
export interface ParameterRow extends TypedValue<ParameterType> {
  name: string;
}

export type AttachmentType = 'msg' | 'flow' | 'global' | 'str' | 'jsonata';

/** Something to be shown to the model: a Buffer, a data URL, an http(s) URL, or an array of them. */
export type AttachmentRow = TypedValue<AttachmentType>;

/** What the reply must be. */
export type Format = 'text' | 'json_object' | 'json_schema';

/** The pieces in which a streamed reply is sent. */
export type Chunks = 'token' | 'line' | 'sentence' | 'growing';

/** One extra request header. */
export interface HeaderRow extends TypedValue<'str' | 'env'> {
  name: string;
}

/** What a new message does while others of the node are being answered. */
export type Mode = 'parallel' | 'queued' | 'restart' | 'single';

export type LimitOf = 'tokens' | 'cost' | 'requests';
export type LimitPer = 'hour' | 'day' | 'month';

/** `vivgrid-config` as saved, without its credential. Numbers may be texts, as the editor saves them. */
export interface ConfigSettings {
  name: string;
  baseUrl: string;
  model: string;
  timeout: number | string;
  maxRetries: number | string;
  concurrency: number | string;
  maxQueue: number | string;
  headers: HeaderRow[];
  proxy: string;
  tls: string;
  /** Of a million tokens, in any currency; blank = not known. */
  priceInput: number | string;
  priceCached: number | string;
  priceOutput: number | string;
  /** The most that may be used; blank = no limit. */
  limit: number | string;
  limitOf: LimitOf;
  limitPer: LimitPer;
  /** The global context property that holds what was used; blank = in memory. */
  totals: string;
  /** How many exchanges are kept in memory for the editor; 0 = none. */
  keep: number | string;
}

/** `vivgrid-chat` as saved. */
export interface ChatSettings {
  name: string;
  config: string;
  /** Id of another `vivgrid-config`, asked when the first can't answer. */
  fallback: string;
  model: string;
  modelType: ModelType;
  messages: MessageRow[];
  attachments: AttachmentRow[];
  parameters: ParameterRow[];
  format: Format;
  /** JSON text. */
  schema: string;
  schemaName: string;
  output: string;
  stream: boolean;
  chunks: Chunks;
  /** Milliseconds; 0 = no limit on how often chunks are sent. */
  interval: number | string;
  reasoning: boolean;
  whole: boolean;
  /** How often the model is asked again when a reply is not valid JSON or doesn't match the schema. */
  repairs: number | string;
  memory: boolean;
  conversation: string;
  conversationType: 'flow' | 'global';
  /** Question-answer pairs kept; 0 = all. */
  turns: number | string;
  /** Whether the tool calls of a turn are kept, too. */
  memoryTools: boolean;
  /** Prompt tokens that the conversation may make a request grow to; 0 = no limit. */
  memoryTokens: number | string;
  mode: Mode;
  /** Ids of `vivgrid-tool` nodes. */
  tools: string[];
  /** Ids of `vivgrid-mcp` nodes. */
  servers: string[];
  /** Model calls allowed for one message when tools are used. */
  rounds: number | string;
  activity: boolean;
  outputs: number;
}

/** `vivgrid-tool` as saved. */
export interface ToolSettings {
  /** The function's name, as TOOL_NAME describes it. */
  name: string;
  description: string;
  /** JSON text: the schema of the arguments. */
  schema: string;
  /** Seconds. */
  timeout: number | string;
  /** Whether a person is asked before each call. */
  approval: boolean;
  /** 1 with `approval`, for the answers, else 0. */
  inputs: number;
  /** 2 with `approval`, the second for the questions, else 1. */
  outputs: number;
}

export const LIMIT_OF: readonly LimitOf[] = ['tokens', 'cost', 'requests'];
export const LIMIT_PER: readonly LimitPer[] = ['hour', 'day', 'month'];
/** Which of an MCP server's tools are offered. */
export type McpFilter = 'all' | 'only' | 'except';

/** `vivgrid-mcp` as saved, without its credential. */
export interface McpSettings {
  name: string;
  /** The server's address, for Streamable HTTP. */
  url: string;
  headers: HeaderRow[];
  /** Seconds, for each call. */
  timeout: number | string;
  proxy: string;
  tls: string;
  filter: McpFilter;
  /** The server's own names of tools, for `filter`. */
  toolNames: string[];
}

export const ROLES: readonly MessageRow['role'][] = ['system', 'developer', 'user', 'assistant', 'history'];
export const MODEL_TYPES: readonly ModelType[] = ['str', 'msg', 'flow', 'global', 'env', 'jsonata'];
export const CONTENT_TYPES: readonly ContentType[] = ['mustache', ...MODEL_TYPES];
export const PARAMETER_TYPES: readonly ParameterType[] = [
  'num',
  'str',
  'bool',
  'json',
  'msg',
  'flow',
  'global',
  'env',
  'jsonata',
];
export const ATTACHMENT_TYPES: readonly AttachmentType[] = ['msg', 'flow', 'global', 'str', 'jsonata'];
export const CHUNKS: readonly Chunks[] = ['token', 'line', 'sentence', 'growing'];

export const CONFIG_DEFAULTS: ConfigSettings = {
  name: '',
  baseUrl: 'https://api.vivgrid.com/v1',
  model: 'managed',
  timeout: 300,
  maxRetries: 2,
  concurrency: 8,
  maxQueue: 1000,
  headers: [],
  proxy: '',
  tls: '',
  priceInput: '',
  priceCached: '',
  priceOutput: '',
  limit: '',
  limitOf: 'tokens',
  limitPer: 'day',
  totals: '',
  keep: 50,
};

export const CHAT_DEFAULTS: ChatSettings = {
  name: '',
  config: '',
  fallback: '',
  model: '',
  modelType: 'str',
  messages: [
    { role: 'system', type: 'mustache', content: 'You are a helpful assistant.' },
    { role: 'user', type: 'mustache', content: '{{payload}}' },
  ],
  attachments: [],
  parameters: [],
  format: 'text',
  schema: '',
  schemaName: 'reply',
  output: 'payload',
  stream: false,
  chunks: 'token',
  interval: 0,
  reasoning: false,
  whole: false,
  repairs: 0,
  memory: false,
  conversation: 'conversation',
  conversationType: 'flow',
  turns: 20,
  memoryTools: false,
  memoryTokens: 0,
  mode: 'parallel',
  tools: [],
  servers: [],
  rounds: 8,
  activity: false,
  outputs: 1,
};

export const TOOL_DEFAULTS: ToolSettings = {
  name: '',
  description: '',
  schema: '',
  timeout: 60,
  approval: false,
  inputs: 0,
  outputs: 1,
};

export const MCP_FILTERS: readonly McpFilter[] = ['all', 'only', 'except'];

export const MCP_DEFAULTS: McpSettings = {
  name: '',
  url: '',
  headers: [],
  timeout: 60,
  proxy: '',
  tls: '',
  filter: 'all',
  toolNames: [],
};

/** A function's name, as the API allows it. */
export const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

export type ChatOutputs = Pick<ChatSettings, 'stream' | 'whole' | 'activity'>;

/** What comes out of a chat node: the reply or its chunks, the whole reply when streaming, the activity of tools. */
export type OutputPort = 'reply' | 'chunks' | 'whole' | 'activity';

export function outputPorts({ stream, whole, activity }: ChatOutputs): OutputPort[] {
  const ports: OutputPort[] = [stream ? 'chunks' : 'reply'];
  if (stream && whole) ports.push('whole');
  if (activity) ports.push('activity');
  return ports;
}

export function countOutputs(settings: ChatOutputs): number {
  return outputPorts(settings).length;
}
