// What a delta or a message says, in whichever of their forms services write it.
import { isObject } from '../common/is-object.ts';

export type ReasoningField = 'reasoning_content' | 'reasoning';

/** The words of one delta or message. */
export interface Speech {
  text: string;
  reasoning: string;
  refusal: string;
  /** The field that held the reasoning, be it empty, if it was one of text. */
  reasoningField: ReasoningField | undefined;
}

export function readSpeech(added: Record<string, unknown>): Speech {
  const { content, refusal } = added;
  const reasoningField = fieldOf(added);
  const speech: Speech = {
    text: '',
    reasoning: reasoningField ? (added[reasoningField] as string) : '',
    refusal: typeof refusal === 'string' ? refusal : '',
    reasoningField,
  };
  if (typeof content === 'string') speech.text = content;
  // Some services send a piece that is a number as one.
  else if (typeof content === 'number') speech.text = String(content);
  else if (isObject(content) || isData(content)) speech.text = JSON.stringify(content);
  else if (Array.isArray(content)) addParts(speech, content);
  // Some say it twice, as text and in a form of their own.
  speech.reasoning ||= reasoningBeside(added);
  return speech;
}

/** What an item of a list has that is a part of a message. */
const PART_FIELDS: readonly string[] = ['type', 'text', 'thinking', 'thought', 'refusal'];

/** Whether it is a list of values, as asked for with a JSON format, and not of parts. */
function isData(content: unknown): boolean {
  if (!Array.isArray(content) || content.length === 0) return false;
  return content.every((item) =>
    isObject(item) ? !PART_FIELDS.some((field) => field in item) : /number|boolean/.test(typeof item),
  );
}

/** Some services fill both fields. */
function fieldOf({ reasoning_content, reasoning }: Record<string, unknown>): ReasoningField | undefined {
  if (typeof reasoning_content === 'string' && (reasoning_content || !reasoning)) return 'reasoning_content';
  return typeof reasoning === 'string' ? 'reasoning' : undefined;
}

function reasoningBeside(added: Record<string, unknown>): string {
  const { reasoning_details, thinking_blocks, reasoning_content, reasoning, thinking } = added;
  return (
    wordsIn(reasoning_details) ||
    wordsIn(thinking_blocks) ||
    wordsIn(reasoning_content) ||
    wordsIn(reasoning) ||
    wordsIn(thinking)
  );
}

// `{type: "text", text}`, `{type: "thinking", thinking: [{type: "text", text}]}`, `{type: "reasoning", summary: [{text}]}`
// and others of these kinds.
function addParts(speech: Speech, parts: unknown[]): void {
  for (const part of parts) {
    if (typeof part === 'string') speech.text += part;
    if (!isObject(part)) continue;
    const { type, text, thinking, thought, refusal, content } = part;
    const isReasoning = thought === true || /think|thought|reason/.test(String(type));
    if (isReasoning) speech.reasoning += wordsIn(part);
    else if (typeof refusal === 'string') speech.refusal += refusal;
    else {
      if (typeof text === 'string') speech.text += text;
      else if (/text/.test(String(type))) speech.text += wordsIn(isObject(text) ? text.value : content);
      speech.reasoning += wordsIn(thinking);
    }
  }
}

/** Where the words of an object of reasoning are. What else it holds is signatures, ciphers and names. */
const WORD_FIELDS: readonly string[] = ['text', 'thinking', 'reasoning', 'summary', 'content'];
const DEEPEST = 4;

function wordsIn(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return '';
  if (Array.isArray(value)) return value.map((item) => wordsIn(item, depth + 1)).join('');
  for (const field of WORD_FIELDS) {
    const words = wordsIn((value as Record<string, unknown>)[field], depth + 1);
    if (words !== '') return words;
  }
  return '';
}
