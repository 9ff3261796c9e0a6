// The messages that a conversation is stored as, and what of them goes into a request.
import { isObject } from '../common/is-object.ts';
import type { ToolCall } from '../reply/reply.ts';
import type { ChatMessage } from '../request/build-messages.ts';
import { textLength } from '../request/request-size.ts';

/** A stored message. A turn begins with the user's; calls of tools and their results stand between that and the reply. */
export interface TurnMessage {
  role: 'user' | 'assistant' | 'tool';
  /** Null only beside `tool_calls`. */
  content: string | null;
  tool_calls?: ToolCall[];
  tool_call_id?: string;
}

/** What is stored, as turns; none for anything but a list of such messages. */
export function readTurns(value: unknown): TurnMessage[] {
  return Array.isArray(value) && value.every(isTurnMessage) ? value : [];
}

function isTurnMessage(value: unknown): value is TurnMessage {
  if (!isObject(value)) return false;
  const { role, content, tool_calls, tool_call_id } = value;
  if (role === 'tool') return typeof tool_call_id === 'string' && typeof content === 'string';
  if (role === 'assistant' && Array.isArray(tool_calls) && tool_calls.length > 0) {
    return (
      (content === null || content === undefined || typeof content === 'string') && tool_calls.every(isCall)
    );
  }
  return (role === 'user' || role === 'assistant') && typeof content === 'string';
}

function isCall(value: unknown): value is ToolCall {
  return isObject(value) && typeof value.id === 'string' && isObject(value.function);
}

/**
 * A turn for the store.
 * @param rounds the messages of rounds of tools between the two; what a service added to them of its reasoning is not kept
 */
export function createTurn(question: string, rounds: readonly ChatMessage[], reply: string): TurnMessage[] {
  const between = rounds.map(({ role, content, tool_calls, tool_call_id }) => ({
    role,
    content,
    ...(tool_calls !== undefined && { tool_calls }),
    ...(tool_call_id !== undefined && { tool_call_id }),
  }));
  // Stores in memory hold the very objects, which the flow also gets.
  return [
    { role: 'user', content: question },
    ...(structuredClone(between) as TurnMessage[]),
    { role: 'assistant', content: reply },
  ];
}

/**
 * Stored messages as a service takes them: calls of tools only with all of their results, and only if they are wanted.
 * What else the flow's author keeps with them is none of the service's business.
 */
export function messagesToSend(stored: readonly TurnMessage[], withTools: boolean): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (const [index, { role, content, tool_calls: calls }] of stored.entries()) {
    if (role === 'tool') continue;
    if (role === 'user' || !calls || calls.length === 0) {
      // Services refuse what says nothing, and with it all that comes later in the conversation.
      if (content?.trim()) messages.push({ role, content });
      continue;
    }
    const results = withTools ? resultsOf(calls, stored, index) : undefined;
    if (results) messages.push({ role, content: content ?? null, tool_calls: calls }, ...results);
  }
  return messages;
}

/** The results of calls, in the calls' order, from the messages right behind them; nothing when one is missing. */
function resultsOf(
  calls: readonly ToolCall[],
  stored: readonly TurnMessage[],
  index: number,
): ChatMessage[] | undefined {
  const end = stored.findIndex(({ role }, place) => place > index && role !== 'tool');
  const behind = stored.slice(index + 1, end === -1 ? stored.length : end);
  const results = calls.map(({ id }) => behind.find(({ tool_call_id }) => tool_call_id === id));
  if (!results.every((result) => result !== undefined)) return undefined;
  return results.map(({ tool_call_id, content }) => ({ role: 'tool', tool_call_id, content }));
}

/** The last so many turns; 0 = all. */
export function lastTurns(stored: TurnMessage[], limit: number): TurnMessage[] {
  const questions = questionsIn(stored);
  return limit === 0 || questions.length <= limit ? stored : stored.slice(questions.at(-limit));
}

/** Less as many of the oldest turns as it takes to save so many characters of a request; the newest turn stays. */
export function withoutOldest(stored: TurnMessage[], excess: number, withTools: boolean): TurnMessage[] {
  const [, ...later] = questionsIn(stored);
  let start = 0;
  let saved = 0;
  for (const next of later) {
    if (saved >= excess) break;
    saved += textLength(messagesToSend(stored.slice(start, next), withTools));
    start = next;
  }
  return stored.slice(start);
}

/** Where the turns begin. */
function questionsIn(stored: readonly TurnMessage[]): number[] {
  return stored.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
}
