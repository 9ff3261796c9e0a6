// Which context property a message's conversation is in: the template's path, each value that is put in one segment of it.
import { randomBytes } from 'node:crypto';
import { ChatError, wordsOf } from '../common/errors.ts';
import { toText } from '../common/to-text.ts';
import { compileTemplate, type Template, type TemplateSources } from '../request/render-template.ts';

/** A name or an index, or what a reference such as `[msg.topic]` refers to. */
export type PathPart = string | number | { value: unknown };

/**
 * The parts of a property expression. Without a message, what a reference refers to stays open.
 * @throws for one that is none, or that refers to what the message lacks
 */
export type PathParts = (expression: string, message?: object) => PathPart[];

/** No segments of a path: blank ones, and those that lead out of the context. */
export const FORBIDDEN: ReadonlySet<unknown> = new Set(['', '__proto__', 'constructor', 'prototype']);

/** The store and the template of a property, as core's typed input saves them. */
export function readProperty(property: string): { store: string | undefined; template: string } {
  const [, store, template = ''] = /^(?:#:\((\S+?)\)::)?([\s\S]*)$/.exec(property) ?? [];
  return { store, template };
}

/** A property: the steps outward that its path begins with, its other parts, and all of it as an expression. */
export interface Path {
  parents: number;
  parts: (string | number)[];
  expression: string;
}

/**
 * Each value that the template puts in stays within one segment of the path, whatever characters it has. So the values
 * are held back while the path is taken apart: a mark stands for each of them.
 */
export function compilePath(
  template: string,
  sources: TemplateSources,
  pathParts: PathParts,
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

function quoted(part: string): string {
  const name = storedName(part);
  const quote = name.includes('"') ? "'" : '"';
  return `${quote}${name}${quote}`;
}

/**
 * A name as it is stored. A property expression has no way to write a text with both kinds of quotes; different texts
 * stay different.
 */
export function storedName(part: string): string {
  return part.includes('"') ? part.replaceAll('%', '%25').replaceAll("'", '%27') : part;
}
