// Mustache with the core Template node's names and look-up order: the message first, then `env.X`, `flow.x`,
// `flow[store].x`, `global.x`, then nothing. Three differences, on purpose: no HTML escaping, objects come out as
// JSON, partials are refused. Values are never rendered again.
import mustache from 'mustache';
import { ChatError, wordsOf } from '../common/errors.ts';
import { asData, toText } from '../common/to-text.ts';
import { flattenTokens, looksUp, parseTokens, type Token, UncachedWriter } from './template-tokens.ts';

/** Where a template's values come from, besides the message. */
export interface TemplateSources {
  env(name: string): unknown;
  /** `key` is a Node-RED property expression such as `list[1].name`. */
  context(scope: 'flow' | 'global', key: string, store: string | undefined): Promise<unknown>;
}

/**
 * Renders with a message. Rejects with a ChatError `template` when a value can't be had or written.
 * @param write makes a value into text, `toText` if not given
 */
export type Template = (
  message: object,
  sources: TemplateSources,
  write?: (value: unknown) => string,
) => Promise<string>;

/**
 * Parses a template once, for any number of renderings.
 * @param label names the template in errors
 * @throws ChatError `template` for a syntax error or a partial
 */
export function compileTemplate(source: string, label: string): Template {
  const tokens = parse(source, label);
  const references = outsideReferences(tokens);
  return async (message, sources, write = toText) => {
    try {
      const outside = new Map(
        await Promise.all(
          references.map(async ({ name, read }) => [name, await read(sources)] as [string, unknown]),
        ),
      );
      // The typings know only string tokens; what the writer's own parse gave is what it takes.
      const writer = write === toText ? textWriter : new PlainWriter(write);
      return writer.renderTokens(tokens as never, new MessageContext(message, outside), undefined, source);
    } catch (error) {
      throw new ChatError('template_value', { label, words: wordsOf(error) });
    }
  };
}

function parse(source: string, label: string): Token[] {
  let tokens: Token[];
  try {
    tokens = parseTokens(source);
  } catch (error) {
    throw new ChatError('template_syntax', { label, words: wordsOf(error) });
  }
  const partial = flattenTokens(tokens).find(([type]) => type === '>');
  if (partial) throw new ChatError('template_partial', { label, name: partial[1] });
  return tokens;
}

interface OutsideReference {
  name: string;
  read(sources: TemplateSources): unknown;
}

function outsideReferences(tokens: Token[]): OutsideReference[] {
  const names = new Set(
    flattenTokens(tokens)
      .filter(looksUp)
      .map(([, name]) => name),
  );
  return [...names].flatMap((name) => {
    const env = /^env\.(.+)/.exec(name)?.[1];
    if (env !== undefined) return [{ name, read: (sources) => sources.env(env) }];
    const [, scope, store, key] = /^(flow|global)(?:\[(\w+)\])?\.(.+)/.exec(name) ?? [];
    if (scope !== 'flow' && scope !== 'global') return [];
    return [{ name, read: (sources) => sources.context(scope, key as string, store) }];
  });
}

class MessageContext extends mustache.Context {
  readonly #outside: Map<string, unknown>;

  constructor(view: unknown, outside: Map<string, unknown>, parent?: mustache.Context) {
    super(view, parent);
    this.#outside = outside;
  }

  override lookup(name: string): unknown {
    let value: unknown = super.lookup(name);
    if (value === undefined) value = this.#lookUpWithin(name);
    return asData(value !== undefined ? value : this.#outside.get(name));
  }

  /** A path such as `map.key`, which goes through a Map or a Set. */
  #lookUpWithin(name: string): unknown {
    if (!name.includes('.')) return undefined;
    for (let context: mustache.Context | undefined = this; context; context = context.parent) {
      const value = name.split('.').reduce(ownValue, context.view);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  override push(view: unknown): mustache.Context {
    return new MessageContext(view, this.#outside, this);
  }
}

function ownValue(value: unknown, key: string): unknown {
  const data = asData(value);
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, key)) return undefined;
  return (data as Record<string, unknown>)[key];
}

class PlainWriter extends UncachedWriter {
  readonly #write: (value: unknown) => string;

  constructor(write: (value: unknown) => string) {
    super();
    this.#write = write;
  }

  override unescapedValue(token: string[], context: mustache.Context): string {
    return this.#write(context.lookup(token[1] as string));
  }

  override escapedValue(token: string[], context: mustache.Context): string {
    return this.unescapedValue(token, context);
  }
}

const textWriter = new PlainWriter(toText);
