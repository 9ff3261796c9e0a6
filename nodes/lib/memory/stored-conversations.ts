// All the conversations that a chat node has stored: how many, when the last one changed, and how they are forgotten.
// Contexts have no list of what a node put there, so they are looked for where the node's property says.
import { randomBytes } from 'node:crypto';
import { ChatError, wordsOf } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';
import type { ChatSettings } from '../common/settings.ts';
import { toText } from '../common/to-text.ts';
import type { TemplateSources } from '../request/render-template.ts';
import { flattenTokens, looksUp, parseTokens } from '../request/template-tokens.ts';
import { lastChange } from './changes.ts';
import type { ContextStore } from './conversation.ts';
import { FORBIDDEN, type PathPart, readProperty, storedName } from './conversation-path.ts';
import { readTurns } from './turns.ts';

/** Where conversations are: the parts of a path, one that each message fills in as `ANY`. */
type Place = (string | number | typeof ANY)[];

const ANY = Symbol('any');

export interface StoredConversations {
  /** Absent where the property does not tell them apart from what else is in the context. */
  count?: number;
  /** When one was last stored, in milliseconds since 1970; absent if that was before Node-RED started. */
  changed?: number;
}

export interface ConversationKeeper {
  /** Rejects with a ChatError `parameter`. */
  look(): Promise<StoredConversations>;
  /** Deletes each of them; what is being answered meanwhile is stored as usual. Rejects as `look` does. */
  forget(): Promise<void>;
}

export function createConversationKeeper(
  settings: Pick<ChatSettings, 'conversation' | 'conversationType'>,
  sources: TemplateSources,
  context: ContextStore,
): ConversationKeeper {
  const { conversation: path, conversationType: scope } = settings;
  const { store, template } = readProperty(path);

  /** The expressions of what is stored; nothing where that can't be told. */
  async function find(): Promise<string[] | undefined> {
    const place = findPlace(template, sources, context);
    if (!place) return undefined;
    const open = place.indexOf(ANY);
    const fixed = (open === -1 ? place : place.slice(0, open)) as (string | number)[];
    const found = await context.context(scope, expressionOf(fixed) as string, store);
    return pathsIn(found, fixed, place.slice(fixed.length)).flatMap((parts) => expressionOf(parts) ?? []);
  }

  async function orFail<T>(key: 'conversation_read' | 'conversation_write', work: () => Promise<T>) {
    try {
      return await work();
    } catch (error) {
      throw error instanceof ChatError ? error : new ChatError(key, { path, words: wordsOf(error) });
    }
  }

  return {
    async look() {
      const found = await orFail('conversation_read', find);
      const changed = lastChange(context.contextId(scope, 0), path);
      return { ...(found && { count: found.length }), ...(changed !== undefined && { changed }) };
    },
    async forget() {
      const found = (await orFail('conversation_read', find)) ?? [];
      // One by one: an object that is written as a whole takes back what a message has just stored in it.
      for (const expression of found)
        await orFail('conversation_write', () => context.setContext(scope, expression, store, undefined));
    },
  };
}

/**
 * Where the conversations of a property are. Nothing where a tag is only a part of a segment, or the first one, where
 * anything may stand; where only a message tells what a section comes to; and out of a subflow.
 */
function findPlace(template: string, { env }: TemplateSources, context: ContextStore): Place | undefined {
  const mark = `v${randomBytes(8).toString('hex')}n`;
  try {
    const tokens = parseTokens(template);
    const isPlain = flattenTokens(tokens).every(([type]) => type !== '#' && type !== '^' && type !== '>');
    if (!isPlain) return undefined;
    const values: (string | typeof ANY)[] = [];
    const path = tokens.map((token) => {
      const [type, name] = token;
      if (!looksUp(token)) return type === 'text' ? name : '';
      // What other properties hold changes from message to message, and need not be this node's alone.
      if (/^(flow|global)(\[\w+\])?\./.test(name)) throw new Error(name);
      const variable = /^env\.(.+)/.exec(name)?.[1];
      return `${mark}${values.push(variable === undefined ? ANY : toText(env(variable))) - 1}_`;
    });
    const parts = context.pathParts(path.join('').trim());
    const place = parts.map((part) => partOf(part, mark, values));
    const isTold = place[0] !== ANY && place[0] !== '$parent' && !place.includes(undefined);
    return isTold ? (place as Place) : undefined;
  } catch {
    // No template, or no property: the form says so itself.
    return undefined;
  }
}

/** A part with its values put in; nothing where it is not the message's alone. */
function partOf(
  part: PathPart,
  mark: string,
  values: readonly (string | typeof ANY)[],
): Place[number] | undefined {
  if (typeof part === 'object') return ANY;
  if (typeof part === 'number') return part;
  const marks = new RegExp(`${mark}(\\d+)_`, 'g');
  const [first] = [...part.matchAll(marks)];
  const isAlone = first?.[0] === part;
  if (isAlone && values[Number(first[1])] === ANY) return ANY;
  let isTold = true;
  const text = part.replace(marks, (_mark, index) => {
    const value = values[Number(index)];
    isTold &&= typeof value === 'string';
    return String(value);
  });
  return isTold && !FORBIDDEN.has(text) ? storedName(text) : undefined;
}

/** The paths of the conversations in a value that itself is at a path. */
function pathsIn(
  value: unknown,
  at: readonly (string | number)[],
  [part, ...rest]: Place,
): (string | number)[][] {
  if (part === undefined) return readTurns(value).length > 0 ? [[...at]] : [];
  if (!isObject(value)) return [];
  const names = part === ANY ? Object.keys(value) : [String(part)];
  return names
    .filter((name) => Object.hasOwn(value, name) && !FORBIDDEN.has(name))
    .flatMap((name) => pathsIn(value[name], [...at, name], rest));
}

/** Nothing for a name with both kinds of quotes: no expression has a way to write it, so none of these was stored here. */
function expressionOf(parts: readonly (string | number)[]): string | undefined {
  const written = parts.map((part, index) => {
    if (typeof part === 'number') return `[${part}]`;
    if (/^[A-Za-z_$][\w$]*$/.test(part)) return index === 0 ? part : `.${part}`;
    const quote = part.includes('"') ? "'" : '"';
    if (part.includes(quote)) return undefined;
    return index === 0 ? `${quote}${part}${quote}` : `[${quote}${part}${quote}]`;
  });
  return written.includes(undefined) ? undefined : written.join('');
}
