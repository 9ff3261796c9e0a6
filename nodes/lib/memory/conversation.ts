// Conversations kept in a context property: which property a message's conversation is in, and its turns.
import { randomBytes } from 'node:crypto';
import { ChatError, wordsOf } from '../common/errors.ts';
import { readNumber } from '../common/read-number.ts';
import { CHAT_DEFAULTS, type ChatSettings } from '../common/settings.ts';
import { toText } from '../common/to-text.ts';
import { compileTemplate, type Template, type TemplateSources } from '../request/render-template.ts';

/** A stored message of a conversation. */
export interface TurnMessage {
  role: 'user' | 'assistant';
  content: string;
}

/** Reads and writes context asynchronously; `key` is a Node-RED property expression. */
export interface ContextStore {
  context: TemplateSources['context'];
  setContext(scope: 'flow' | 'global', key: string, store: string | undefined, value: unknown): Promise<void>;
  /** The parts of a property expression. @throws for one that is none, or that refers to what the message lacks */
  pathParts(expression: string, message: object): PathPart[];
  /** Tells a context apart from all others; `parents` is how many steps the path takes outward, out of subflows. */
  contextId(scope: 'flow' | 'global', parents: number): string;
}

/** A name or an index, or what a reference such as `[msg.topic]` refers to. */
export type PathPart = string | number | { value: unknown };

/** One conversation. */
export interface Conversation {
  /** Names the conversation among all of this runtime's. */
  id: string;
  /** The turns so far; whatever else is found there counts as empty. Rejects with a ChatError `parameter`. */
  read(): Promise<TurnMessage[]>;
  /** Adds a turn to what is there by now. Rejects with the store's own error. */
  add(question: string, reply: string): Promise<void>;
}

type ConversationSettings = Pick<ChatSettings, 'conversation' | 'conversationType' | 'turns'>;

const FORBIDDEN: ReadonlySet<unknown> = new Set(['', '__proto__', 'constructor', 'prototype']);

/** Finds a message's conversation. Rejects with a ChatError `parameter`, or `template` for the property's template. */
export function createConversationFinder(
  settings: ConversationSettings,
  sources: TemplateSources,
  context: ContextStore,
): (message: object) => Promise<Conversation> {
  const { conversation, conversationType: scope } = settings;
  const [, store, template = ''] = /^(?:#:\((\S+?)\)::)?([\s\S]*)$/.exec(conversation) ?? [];
  const renderPath = compilePath(template, sources, context);
  return async (message) => {
    const limit = readNumber(
      settings,
      'turns',
      CHAT_DEFAULTS,
      { min: 0, max: Infinity, isWhole: true },
      'chat_number',
    );
    const { parents, parts, expression: key } = await renderPath(message);
    const stored = async (): Promise<TurnMessage[]> => toTurns(await context.context(scope, key, store));
    return {
      // Subflows may share what is in the flow around them, and `list[1]` is `list["1"]`.
      id: JSON.stringify([context.contextId(scope, parents), store ?? '', ...parts.map(String)]),
      read: async () => {
        try {
          // What else the flow's author keeps with them is none of the service's business.
          return lastTurns(await stored(), limit).map(({ role, content }) => ({ role, content }));
        } catch (error) {
          throw new ChatError('conversation_read', { path: conversation, words: wordsOf(error) });
        }
      },
      add: async (question, reply) => {
        const after: TurnMessage[] = [
          ...(await stored()),
          { role: 'user', content: question },
          { role: 'assistant', content: reply },
        ];
        await context.setContext(scope, key, store, lastTurns(after, limit));
      },
    };
  };
}

/** A property: the steps outward that its path begins with, its other parts, and all of it as an expression. */
interface Path {
  parents: number;
  parts: (string | number)[];
  expression: string;
}

/**
 * Each value that the template puts in stays within one segment of the path, whatever characters it has. So the values
 * are held back while the path is taken apart: a mark stands for each of them.
 */
function compilePath(
  template: string,
  sources: TemplateSources,
  { pathParts }: ContextStore,
): (message: object) => Promise<Path> {
  const mark = `v${randomBytes(8).toString('hex')}n`;
  const marks = new RegExp(`${mark}(\\d+)_`, 'g');
  let render: Template;
  try {
    render = compileTemplate(template, template);
  } catch (error) {
    return () => Promise.reject(error);
  }
  return async (message) => {
    const values: string[] = [];
    const hold = (value: unknown): string => `${mark}${values.push(toText(value)) - 1}_`;
    const path = await render(message, sources, hold);
    const withValues = (part: PathPart): string | number => {
      if (typeof part === 'object') return toText(part.value);
      return typeof part === 'number'
        ? part
        : part.replace(marks, (_mark, index) => values[Number(index)] as string);
    };
    let written: PathPart[];
    let parts: (string | number)[];
    try {
      written = pathParts(path.trim(), message);
      parts = written.map(withValues);
    } catch (error) {
      throw new ChatError('conversation_path', { path: template, words: wordsOf(error) });
    }
    const forbidden = parts.find((part) => FORBIDDEN.has(part));
    if (forbidden !== undefined) throw new ChatError('conversation_segment', { segment: String(forbidden) });
    const parents = countParents(written);
    const within = parts.slice(parents);
    const expression = PARENT.repeat(parents) + toExpression(written.slice(parents), within);
    return { parents, parts: within, expression };
  };
}

/** One step outward. Node-RED looks at the expression's text: `$parent["x"]` is no such step. */
const PARENT = '$parent.';

function countParents(written: PathPart[]): number {
  const first = written.findIndex((part) => part !== '$parent');
  return Math.max(first, 0);
}

/**
 * What the flow's author wrote stays as it is: some stores take such a key as a plain name. What a message put in is
 * quoted, so that it can hold anything; only the first part can't stand in brackets.
 */
function toExpression(written: PathPart[], parts: (string | number)[]): string {
  return parts
    .map((part, index) => {
      const isPlain = part === written[index] && /^[A-Za-z_$][\w$]*$/.test(String(part));
      if (isPlain) return index === 0 ? part : `.${part}`;
      const text = typeof part === 'number' ? part : quoted(part);
      return index === 0 ? text : `[${text}]`;
    })
    .join('');
}

// A property expression has no way to write a text with both kinds of quotes. Different texts stay different.
function quoted(part: string): string {
  if (!part.includes('"')) return `"${part}"`;
  return `'${part.replaceAll('%', '%25').replaceAll("'", '%27')}'`;
}

function toTurns(value: unknown): TurnMessage[] {
  return Array.isArray(value) && value.every(isTurnMessage) ? value : [];
}

function isTurnMessage(value: unknown): value is TurnMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { role, content } = value as Record<string, unknown>;
  return (role === 'user' || role === 'assistant') && typeof content === 'string';
}

function lastTurns(messages: TurnMessage[], limit: number): TurnMessage[] {
  const questions = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  return limit === 0 || questions.length <= limit ? messages : messages.slice(questions.at(-limit));
}
