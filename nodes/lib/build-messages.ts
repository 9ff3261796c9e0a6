// The rows of the prompt, made into the `messages` of a request.
import { ChatError, wordsOf } from './errors.ts';
import type { Evaluate } from './evaluate.ts';
import { compileTemplate, type TemplateSources } from './render-template.ts';
import type { MessageRow } from './settings.ts';
import { toText } from './to-text.ts';

/** A message as the API takes it. Those of a `history` row pass as they are, tool calls and parts included. */
export interface ChatMessage {
  role: string;
  content: unknown;
  [field: string]: unknown;
}

/** Builds the messages for an incoming message. Rejects with a ChatError that names the row. */
export type MessagesBuilder = (message: object) => Promise<ChatMessage[]>;

const HISTORY_ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool']);
const ROLES_WITH_CONTENT: ReadonlySet<string> = new Set(['user', 'assistant', 'tool']);

/**
 * Compiles the rows once; a template's syntax error is kept for the messages, each of which fails with it.
 * Rows that come out empty are left out.
 */
export function createMessagesBuilder(
  rows: readonly MessageRow[],
  evaluate: Evaluate,
  sources: TemplateSources,
): MessagesBuilder {
  const compiled = rows.map((row, index) => compileRow(row, `${index + 1} (${row.role})`, evaluate, sources));
  return async (message) => {
    const messages = (await Promise.all(compiled.map((build) => build(message)))).flat();
    if (!messages.some(hasContent)) throw new ChatError('prompt_empty');
    return messages;
  };
}

function compileRow(
  row: MessageRow,
  label: string,
  evaluate: Evaluate,
  sources: TemplateSources,
): MessagesBuilder {
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
  if (!Array.isArray(value) || !value.every(isHistoryMessage)) throw new ChatError('history', { label });
  return value;
}

function isHistoryMessage(value: unknown): value is ChatMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { role, content, tool_calls } = value as Record<string, unknown>;
  if (!HISTORY_ROLES.has(role)) return false;
  return typeof content === 'string' || Array.isArray(content) || Array.isArray(tool_calls);
}

function hasContent({ role, content }: ChatMessage): boolean {
  if (!ROLES_WITH_CONTENT.has(role)) return false;
  return typeof content === 'string' ? content.trim() !== '' : Array.isArray(content) && content.length > 0;
}
