// Puts a reply together from what a service sends of it: the chunks of a stream, or a whole body.

import { isObject } from '../common/is-object.ts';
import type { Redact } from '../common/redact.ts';
import { readErrorObject, serviceFailure } from '../http/error-body.ts';

export interface ToolCall {
  id: string;
  type: string;
  function: { name: string; arguments: string };
  /** What the service adds of its own, as it came: Gemini's `extra_content` holds a signature that it wants back. */
  [further: string]: unknown;
}

type ReasoningField = 'reasoning_content' | 'reasoning';

/** What is there of one choice. */
export interface Choice {
  text: string;
  reasoning: string;
  /** What the service calls it. */
  reasoningField: ReasoningField | undefined;
  /** OpenRouter's form of it, signatures included, as it came: some models want it back with their calls' results. */
  reasoningDetails: unknown[];
  refusal: string;
  /** In the order in which they came. */
  toolCalls: ToolCall[];
  /** The call that a delta of this index goes on with. */
  openCalls: Map<number, ToolCall>;
  finishReason: string | undefined;
}

/** New text of a reply, one of the two or both. */
export interface Piece {
  text: string;
  reasoning: string;
}

/** Counts and details as the service gave them. */
export type Usage = Record<string, unknown>;

export class Reply {
  id = '';
  model = '';
  created = 0;
  /** In order of their index; the first always exists. */
  readonly choices: Choice[] = [emptyChoice()];
  readonly #hasOneChoice: boolean;
  readonly #redact: Redact;
  readonly #spent: Usage | undefined;
  #usage: Usage | undefined;

  /**
   * @param n how many choices were asked for. With one, a chunk's `choices[].index` is not looked at: some services
   * put a tool call's index there.
   * @param spent the `usage` of the rounds of tools before
   */
  constructor(n = 1, redact: Redact = (text) => text, spent?: Usage) {
    this.#hasOneChoice = n <= 1;
    this.#redact = redact;
    this.#spent = spent;
  }

  /** Whether a `finish_reason` came: without one a reply is not finished, however it ended. */
  get isFinished(): boolean {
    return this.choices.every(({ finishReason }) => finishReason !== undefined);
  }

  /** Whether the model has begun: some text, reasoning, refusal or tool call came. */
  get hasBegun(): boolean {
    return this.choices.some(
      ({ text, reasoning, refusal, toolCalls }) => text || reasoning || refusal || toolCalls.length > 0,
    );
  }

  /** Of this reply and all rounds of tools before it. */
  get usage(): Usage | undefined {
    return sumUsage(this.#spent, this.#usage);
  }

  /** Of the request that this is the reply to alone. */
  get requestUsage(): Usage | undefined {
    return this.#usage;
  }

  get text(): string {
    return (this.choices[0] as Choice).text;
  }

  /** Takes secrets out of what was put together: no single piece may have held one. */
  redact(): void {
    for (const choice of this.choices) {
      choice.text = this.#redact(choice.text);
      choice.reasoning = this.#redact(choice.reasoning);
      choice.refusal = this.#redact(choice.refusal);
      for (const { function: called } of choice.toolCalls) called.arguments = this.#redact(called.arguments);
    }
  }

  /**
   * Adds one chunk, or a whole `chat.completion`. Gives the piece of text it brought, if any.
   * @throws ChatError for an error event
   */
  add(data: unknown): Piece | undefined {
    if (typeof data !== 'object' || data === null) return undefined;
    const chunk = data as Record<string, unknown>;
    if (chunk.error || chunk.object === 'error') throw serviceFailure(readErrorObject(chunk));
    // A preamble chunk may have all of these empty.
    if (typeof chunk.id === 'string') this.id ||= chunk.id;
    if (typeof chunk.model === 'string') this.model ||= chunk.model;
    if (typeof chunk.created === 'number') this.created ||= chunk.created;
    if (typeof chunk.usage === 'object' && chunk.usage !== null) this.#usage = chunk.usage as Usage;
    if (!Array.isArray(chunk.choices)) return undefined;
    const piece: Piece = { text: '', reasoning: '' };
    for (const [position, choice] of chunk.choices.entries()) {
      this.#addChoice(choice, position, piece);
      // Routers put a failure of the provider behind them here.
      if (isObject(choice?.error)) throw serviceFailure(readErrorObject(choice));
    }
    return piece.text || piece.reasoning ? piece : undefined;
  }

  #addChoice(data: unknown, position: number, piece: Piece): void {
    if (typeof data !== 'object' || data === null) return;
    const { index, delta, message, finish_reason } = data as Record<string, unknown>;
    // Only a stream's chunks may carry another index than the choice's.
    if (this.#hasOneChoice && message !== undefined && position > 0) return;
    const choice = this.#choice(this.#hasOneChoice ? 0 : typeof index === 'number' ? index : position);
    if (typeof finish_reason === 'string' && finish_reason !== '') choice.finishReason = finish_reason;
    const added = (delta ?? message) as Record<string, unknown> | undefined;
    if (typeof added !== 'object' || added === null) return;
    if (typeof added.refusal === 'string') choice.refusal += added.refusal;
    if (Array.isArray(added.tool_calls)) addToolCalls(choice, added.tool_calls, delta === undefined);
    const field = reasoningField(added);
    if (field) choice.reasoningField = field;
    if (Array.isArray(added.reasoning_details)) choice.reasoningDetails.push(...added.reasoning_details);
    const { text, reasoning } = pieceOf(added, field);
    choice.text += text;
    choice.reasoning += reasoning;
    piece.text += text;
    piece.reasoning += reasoning;
  }

  #choice(index: number): Choice {
    // An index out of all proportion must not make an array of its size.
    const place = Number.isInteger(index) && index >= 0 && index < 128 ? index : 0;
    while (this.choices.length <= place) this.choices.push(emptyChoice());
    return this.choices[place] as Choice;
  }
}

function emptyChoice(): Choice {
  return {
    text: '',
    reasoning: '',
    reasoningField: undefined,
    reasoningDetails: [],
    refusal: '',
    toolCalls: [],
    openCalls: new Map(),
    finishReason: undefined,
  };
}

/** Where a delta or message holds reasoning, be it empty; some services fill both fields. */
function reasoningField({
  reasoning_content,
  reasoning,
}: Record<string, unknown>): ReasoningField | undefined {
  if (typeof reasoning_content === 'string' && (reasoning_content || !reasoning)) return 'reasoning_content';
  return typeof reasoning === 'string' ? 'reasoning' : undefined;
}

function pieceOf(added: Record<string, unknown>, field: ReasoningField | undefined): Piece {
  const { content } = added;
  const piece = { text: '', reasoning: field ? (added[field] as string) : '' };
  if (typeof content === 'string') piece.text = content;
  // Some services send a piece that is a number as one.
  else if (typeof content === 'number') piece.text = String(content);
  else if (Array.isArray(content)) addParts(piece, content);
  return piece;
}

// Some services send content as parts: `{type: "text", text}` and `{type: "thinking", thinking: [{type: "text", text}]}`.
function addParts(piece: Piece, parts: unknown[]): void {
  for (const part of parts) {
    if (typeof part !== 'object' || part === null) continue;
    const { text, thinking } = part as Record<string, unknown>;
    if (typeof text === 'string') piece.text += text;
    if (Array.isArray(thinking)) {
      for (const thought of thinking) if (typeof thought?.text === 'string') piece.reasoning += thought.text;
    }
  }
}

interface ToolCallDelta {
  [further: string]: unknown;
  index?: unknown;
  id?: unknown;
  type?: unknown;
  function?: { name?: unknown; arguments?: unknown };
}

// Id, type and name come with a call's first delta only, its arguments in any number of pieces. Some services give all
// calls the same index, or none: what has a name and an id of its own is another call. In a whole message each is.
function addToolCalls(
  { toolCalls, openCalls }: Choice,
  deltas: (ToolCallDelta | null)[],
  isWhole: boolean,
): void {
  for (const [position, delta] of deltas.entries()) {
    if (typeof delta !== 'object' || delta === null) continue;
    const { index: counted, id: called, type, function: part, ...further } = delta;
    const id = textOf(called);
    const name = textOf(part?.name);
    const index = typeof counted === 'number' && !isWhole ? counted : position;
    let call = openCalls.get(index);
    if (!call || (name && id && call.id && id !== call.id)) {
      call = { id: '', type: 'function', function: { name: '', arguments: '' } };
      toolCalls.push(call);
      openCalls.set(index, call);
    }
    call.id ||= id;
    call.type = textOf(type) || call.type;
    call.function.name ||= name;
    call.function.arguments += argumentsOf(part?.arguments);
    Object.assign(call, further);
  }
}

// Some servers give them as the object that the text should stand for.
function argumentsOf(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : textOf(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Of several requests, as of one: counts are added up wherever they stand; anything else is the last one's. */
function sumUsage(before: Usage | undefined, now: Usage | undefined): Usage | undefined {
  if (!before || !now) return now ?? before;
  const sum: Usage = { ...before, ...now };
  for (const [name, value] of Object.entries(now)) {
    const earlier = before[name];
    if (typeof value === 'number' && typeof earlier === 'number') sum[name] = earlier + value;
    else if (isObject(value) && isObject(earlier)) sum[name] = sumUsage(earlier, value);
    else if (value === null) sum[name] = earlier ?? null;
  }
  return sum;
}
