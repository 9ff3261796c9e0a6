// How mustache takes a template apart: for rendering it, and for checking it while it is typed.
import mustache from 'mustache';

export type Token = [type: string, name: string, start: number, end: number, ...rest: unknown[]];

/** Mustache's own cache never forgets a template: with it, every keystroke in a form would be kept. */
export class UncachedWriter extends mustache.Writer {
  templateCache = undefined;
}

const writer = new UncachedWriter();

/** @throws mustache's own Error for a syntax error, such as "Unclosed tag at 9" */
export function parseTokens(template: string): Token[] {
  return writer.parse(template) as Token[];
}

/** All tokens, those within sections too. */
export function flattenTokens(tokens: readonly Token[]): Token[] {
  // A section's fifth element holds its children; a partial's is a text.
  return tokens.flatMap((token) => [token, ...(Array.isArray(token[4]) ? flattenTokens(token[4]) : [])]);
}

const TYPES_WITH_NAME: ReadonlySet<string> = new Set(['name', '&', '#', '^']);

/** Whether it looks a name up: a value, escaped or not, or a section. Not text, comments and changes of the delimiters. */
export function looksUp([type]: Token): boolean {
  return TYPES_WITH_NAME.has(type);
}
