// Fields that this package adds to requests of its own accord. A service that refuses one by name gets the request
// without it; what the flow's author set himself is never touched.
import type { ChatError } from '../common/errors.ts';
import type { ChatMessage } from '../request/build-messages.ts';
import type { ChatRequest } from '../request/build-request.ts';

/** Where in a request such fields may stand. */
export interface OwnFields {
  /** Whether `stream_options` is ours. */
  streamOptions: boolean;
  /** How many of the last messages are of rounds of tools: a service's own reasoning is given back in them. */
  roundMessages: number;
}

/** In the messages of rounds: what a service added, and what it may want to see again. */
const GIVEN_BACK: readonly string[] = ['reasoning_content', 'reasoning', 'reasoning_details'];

const REFUSALS: ReadonlySet<number | undefined> = new Set([400, 422]);

/** The request less the named fields, as far as they are ours. */
export function withoutOwnFields(
  request: ChatRequest,
  own: OwnFields,
  names: ReadonlySet<string>,
): ChatRequest {
  if (names.size === 0) return request;
  const { stream_options, ...rest } = request;
  const isDropped = own.streamOptions && names.has('stream_options');
  return {
    ...(isDropped || stream_options === undefined ? rest : request),
    messages: mapRounds(request.messages, own, (message) => without(message, names)),
  } as ChatRequest;
}

/** Names of our own fields in the request that a failure names as not wanted. */
export function refusedFields(failure: ChatError, request: ChatRequest, own: OwnFields): string[] {
  if (!REFUSALS.has(failure.cause.status)) return [];
  const words = `${failure.params.words ?? ''} ${failure.cause.param ?? ''}`;
  const rounds = request.messages.slice(request.messages.length - own.roundMessages);
  const present = GIVEN_BACK.filter((name) => rounds.some((message) => name in message));
  if (own.streamOptions && request.stream_options !== undefined) present.push('stream_options');
  return present.filter((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(words));
}

/**
 * The messages with the first ones of our rounds in the plain form of the API: what one service added to its own rounds
 * another may refuse.
 * @param foreign how many of the rounds' messages are another service's
 */
export function withPlainRounds(messages: ChatMessage[], own: OwnFields, foreign: number): ChatMessage[] {
  const last = messages.length - own.roundMessages + foreign;
  return mapRounds(messages, own, (message, index) => (index < last ? plainMessage(message) : message));
}

function plainMessage({ role, content, tool_calls, tool_call_id }: ChatMessage): ChatMessage {
  return {
    role,
    content,
    ...(Array.isArray(tool_calls) && { tool_calls: tool_calls.map(plainCall) }),
    ...(tool_call_id !== undefined && { tool_call_id }),
  };
}

function plainCall({ id, type, function: { name, arguments: text } }: PlainCall): PlainCall {
  return { id, type, function: { name, arguments: text } };
}

interface PlainCall {
  id: string;
  type: string;
  function: { name: string; arguments: string };
}

function mapRounds(
  messages: ChatMessage[],
  { roundMessages }: OwnFields,
  change: (message: ChatMessage, index: number) => ChatMessage,
): ChatMessage[] {
  if (roundMessages === 0) return messages;
  const first = messages.length - roundMessages;
  return messages.map((message, index) => (index < first ? message : change(message, index)));
}

function without(message: ChatMessage, names: ReadonlySet<string>): ChatMessage {
  return Object.fromEntries(
    Object.entries(message).filter(([name]) => !(GIVEN_BACK.includes(name) && names.has(name))),
  ) as ChatMessage;
}
