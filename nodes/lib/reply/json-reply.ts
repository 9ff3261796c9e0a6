// Replies in JSON: what the request asks for, and the check of what came.
import { ChatError, wordsOf } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';
import { parseJson } from '../common/parse-json.ts';
import type { ChatSettings } from '../common/settings.ts';
import { type CheckSchema, compileSchema, parseSchema } from '../schema/compile.ts';
import type { Choice } from './reply.ts';

/** What a chat node's `format` means for its requests and replies. */
export interface ReplyFormat {
  /** The `response_format` of the request, if it has one. */
  request: object | undefined;
  /**
   * The value that the flow gets for a reply's text.
   * @throws ChatError `invalid_json` or `schema`, with the text in its cause
   */
  read(choice: Choice): unknown;
}

type FormatSettings = Pick<ChatSettings, 'format' | 'schema' | 'schemaName'>;

/** Prepares the format once per node. Rejects with a ChatError `config` for a schema that can't be used. */
export async function createReplyFormat({
  format,
  schema,
  schemaName,
}: FormatSettings): Promise<ReplyFormat> {
  if (format === 'text') return { request: undefined, read: ({ text }) => text };
  if (format === 'json_object') return { request: { type: 'json_object' }, read: unlessCalls(parseReply) };
  const parsed = parseSchema(schema);
  const check = await compileSchema(parsed, 'schema_invalid');
  return {
    request: { type: 'json_schema', json_schema: { name: schemaName.trim() || 'reply', schema: parsed } },
    read: unlessCalls((choice) => checked(parseReply(choice), check, choice)),
  };
}

// Calls of tools that the flow answers by itself come without a text.
function unlessCalls(read: (choice: Choice) => unknown): (choice: Choice) => unknown {
  return (choice) => (choice.text === '' && choice.toolCalls.length > 0 ? '' : read(choice));
}

function parseReply({ text, refusal, finishReason }: Choice): unknown {
  const value = findJson(text.trim());
  if (value !== undefined) return value;
  const words = refusal || problemOf(withoutFence(text.trim()));
  throw new ChatError('invalid_json', { words, finish_reason: finishReason ?? '' }, { cause: { text } });
}

function problemOf(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return wordsOf(error);
  }
}

function checked(value: unknown, check: CheckSchema, { text }: Choice): unknown {
  const problem = check(value);
  if (problem !== undefined) throw new ChatError('schema', { words: problem }, { cause: { text } });
  return value;
}

/** The JSON in a text: all of it, or what stands out among a model's other words. `undefined` when there is none. */
function findJson(text: string): unknown {
  for (const find of PLACES) {
    const value = find(text);
    if (value !== undefined) return value;
  }
  return undefined;
}

const PLACES: readonly ((text: string) => unknown)[] = [
  parseJson,
  (text) => parseJson(withoutFence(text)),
  (text) => parseJson(onlyFenced(text) ?? ''),
  (text) => findBracketed(text, /[[{]/, '}', ']'),
  // Behind a note such as `[1]`.
  (text) => findBracketed(text, /\{|\[(?=\s*[[{])/, '}', ']'),
  (text) => findBracketed(text, /\{/, '}'),
  (text) => findBracketed(text, /\[/, ']'),
];

/** What the only code fence in the text holds. */
function onlyFenced(text: string): string | undefined {
  const found: string[][] = [];
  let closing: RegExp | undefined;
  for (const line of text.split('\n')) {
    if (closing) {
      if (closing.test(line)) closing = undefined;
      else found.at(-1)?.push(line);
      continue;
    }
    const [, fence] = /^\s*(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
    if (fence === undefined) continue;
    closing = new RegExp(`^\\s*${fence}[${fence[0]}]*\\s*$`);
    found.push([]);
  }
  return found.length === 1 && closing === undefined ? found[0]?.join('\n') : undefined;
}

/** From the first opening bracket to the last closing one. `as [1] says` is no JSON. */
function findBracketed(text: string, opening: RegExp, ...closing: string[]): unknown {
  const start = text.search(opening);
  const end = Math.max(...closing.map((bracket) => text.lastIndexOf(bracket)));
  if (start === -1 || end < start) return undefined;
  const value = parseJson(text.slice(start, end + 1));
  return isObject(value) || (Array.isArray(value) && value.some(isObject)) ? value : undefined;
}

// Many models put JSON into a markdown code fence whatever they are told.
function withoutFence(text: string): string {
  const [fence] = /^(?:`{3,}|~{3,})/.exec(text) ?? [];
  if (fence === undefined || text.length < 2 * fence.length || !text.endsWith(fence)) return text;
  return text.slice(fence.length, -fence.length).replace(LANGUAGE, '');
}

// On the fence's own line, or right before the value.
const LANGUAGE = /^[^\S\n]*[A-Za-z][^\s{["]*(?=[\s{["])/;
