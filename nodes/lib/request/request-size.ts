// How big a request is, roughly: what makes one big are its texts and its attachments.
import type { ChatMessage } from './build-messages.ts';

/** Bytes of a body that the service still takes, with some room for the rest of it (it answers 413 to a bigger one). */
export const LARGE_REQUEST = 1_900_000;

/** Bytes of all texts in the messages. */
export function messagesSize(messages: readonly ChatMessage[]): number {
  return messages.reduce((size, { content }) => size + textSize(content), 0);
}

function textSize(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((size: number, item) => size + textSize(item), 0);
}

/** Characters of all texts in the messages, calls of tools included. Pictures and other parts have none. */
export function textLength(messages: readonly ChatMessage[]): number {
  return messages.reduce((length, { content, tool_calls }) => {
    const parts = Array.isArray(content) ? content : [{ text: content }];
    const texts: unknown[] = parts.map((part) => (part as { text?: unknown } | null)?.text);
    const calls = Array.isArray(tool_calls) && tool_calls.length > 0 ? JSON.stringify(tool_calls) : '';
    return [...texts, calls].reduce<number>(
      (sum, text) => sum + (typeof text === 'string' ? text.length : 0),
      length,
    );
  }, 0);
}
