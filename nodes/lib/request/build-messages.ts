// The rows of the prompt, made into the `messages` of a request.
import { ChatError, wordsOf } from '../common/errors.ts';
import type { Evaluate } from '../common/evaluate.ts';
import { isObject } from '../common/is-object.ts';
import type { MessageRow } from '../common/settings.ts';
import { asData, toPlain, toText } from '../common/to-text.ts';
import type { ContentPart } from './attachments.ts';
import { compileTemplate, type TemplateSources } from './render-template.ts';

/** A message as the API takes it. Those of a `history` row pass as they are, tool calls and parts included. */
export interface ChatMessage {
  role: string;
  content: unknown;
  [field: string]: unknown;
}

/** What the rows come to for one incoming message. */
export interface Prompt {
  messages: ChatMessage[];
  /** The place of the message that holds the question: the last user row's, else the last one of a user; or the end. */
  question: number;
  /** The last user row's text, without attachments. */
  text: string;
}

/** Builds the prompt for an incoming message. Rejects with a ChatError that names the row. */
export type PromptBuilder = (message: object, attachments: ContentPart[]) => Promise<Prompt>;

const HISTORY_ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool']);
const ROLES_WITH_CONTENT: ReadonlySet<string> = new Set(['user', 'assistant']);

/**
 * Compiles the rows once; a template's syntax error is kept for the messages, each of which fails with it.
 * Rows that come out empty are left out, but for the last user row when there are attachments to go with it.
 */
export function createPromptBuilder(
  rows: readonly MessageRow[],
  evaluate: Evaluate,
  sources: TemplateSources,
): PromptBuilder {
  const compiled = rows.map((row, index) => compileRow(row, `${index + 1} (${row.role})`, evaluate, sources));
  const lastUserRow = rows.findLastIndex(({ role }) => role === 'user');
  return async (message, attachments) => {
    const built = await Promise.all(compiled.map((build) => build(message)));
    const text = (built[lastUserRow]?.[0]?.content ?? '') as string;
    if (lastUserRow !== -1 && text === '' && attachments.length > 0) {
      built[lastUserRow] = [{ role: 'user', content: [] }];
    }
    const messages = built.flat();
    const question =
      lastUserRow === -1
        ? messages.findLastIndex(({ role }) => role === 'user')
        : lengthBefore(built, lastUserRow);
    const place = question === -1 ? messages.length : question;
    if (attachments.length > 0) messages[place] = withParts(messages[place], attachments);
    if (!messages.some(hasContent)) throw new ChatError('prompt_empty');
    return { messages, question: place, text };
  };
}

/** How many messages the rows before one come to. */
function lengthBefore(built: readonly ChatMessage[][], row: number): number {
  return built.slice(0, row).reduce((length, messages) => length + messages.length, 0);
}

function withParts(message: ChatMessage | undefined, parts: ContentPart[]): ChatMessage {
  const content = message?.content ?? [];
  const before = typeof content === 'string' ? [{ type: 'text', text: content }] : (content as ContentPart[]);
  return { ...message, role: 'user', content: [...before, ...parts] };
}

type RowBuilder = (message: object) => Promise<ChatMessage[]>;

function compileRow(
  row: MessageRow,
  label: string,
  evaluate: Evaluate,
  sources: TemplateSources,
): RowBuilder {
  const value = compileContent(row, label, evaluate, sources);
  const { role } = row;
  if (role === 'history') return async (message) => toHistory(await value(message), label);
  return async (message) => {
    const content = textOf(await value(message), label);
    return content.trim() === '' ? [] : [{ role, content }];
  };
}

function compileContent(
  { type, content }: MessageRow,
  label: string,
  evaluate: Evaluate,
  sources: TemplateSources,
): (message: object) => Promise<unknown> {
  if (type === 'mustache') {
    try {
      const template = compileTemplate(content, label);
      return (message) => template(message, sources);
    } catch (error) {
      return () => Promise.reject(error);
    }
  }
  return async (message) => {
    try {
      return await evaluate(content, type, message);
    } catch (error) {
      throw new ChatError('row_value', { label, type, value: content, words: wordsOf(error) });
    }
  };
}

function textOf(value: unknown, label: string): string {
  try {
    return toText(value);
  } catch (error) {
    throw new ChatError('row_json', { label, words: wordsOf(error) });
  }
}

function toHistory(value: unknown, label: string): ChatMessage[] {
  if (value === undefined || value === null) return [];
  const list = asData(value);
  if (!Array.isArray(list)) throw new ChatError('history', { label });
  let messages: unknown[];
  try {
    // A copy: the flow may go on with the array while the request waits.
    messages = toPlain(list) as unknown[];
  } catch (error) {
    throw new ChatError('row_json', { label, words: wordsOf(error) });
  }
  if (!messages.every(isHistoryMessage)) throw new ChatError('history', { label });
  return messages.filter(says).map(withResult);
}

function isHistoryMessage(value: unknown): value is ChatMessage {
  if (!isObject(value) || !HISTORY_ROLES.has(value.role)) return false;
  const { content } = value;
  return isMissing(content) || typeof content === 'string' || Array.isArray(content);
}

/** Services refuse messages that say nothing; a call needs no words, and each wants a result, if a blank one. */
function says({ role, content, tool_calls, function_call }: ChatMessage): boolean {
  const isCall = (Array.isArray(tool_calls) && tool_calls.length > 0) || isObject(function_call);
  return role === 'tool' || isCall || !isBlank(content);
}

/** A tool's result has to be a text, be it a blank one. */
function withResult(message: ChatMessage): ChatMessage {
  return message.role === 'tool' && isMissing(message.content) ? { ...message, content: '' } : message;
}

function hasContent({ role, content }: ChatMessage): boolean {
  return role === 'tool' || (ROLES_WITH_CONTENT.has(role) && !isBlank(content));
}

function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** Whether content is missing, white space, or parts that are. */
function isBlank(content: unknown): boolean {
  if (typeof content === 'string') return content.trim() === '';
  return isMissing(content) || (Array.isArray(content) && content.every(isBlankPart));
}

function isBlankPart(part: unknown): boolean {
  if (!isObject(part)) return isBlank(part);
  return part.type === 'text' ? isBlank(part.text) : Object.keys(part).length === 0;
}
