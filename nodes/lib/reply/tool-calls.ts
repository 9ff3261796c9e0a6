// Puts the calls of tools together, whatever they come in: the deltas of a stream, a whole message, the older
// `function_call`, records of the platform's own form.
import { isObject } from '../common/is-object.ts';
import { JsonCutter } from '../common/json-cutter.ts';
import { parseJson } from '../common/parse-json.ts';
import type { Redact } from '../common/redact.ts';

export interface ToolCall {
  id: string;
  type: string;
  /** `arguments` is the JSON text of an object, or blank where there were none; what else a model wrote stays so. */
  function: { name: string; arguments: string };
  /** What the service adds of its own, as it came: Gemini's `extra_content` holds a signature that it wants back. */
  [further: string]: unknown;
}

/** A call as a service gets it back: strict ones refuse arguments that are no object, and all that comes with them. */
export function asSentBack(call: ToolCall): ToolCall {
  const { name, arguments: text } = call.function;
  return isObject(parseJson(text)) ? call : { ...call, function: { name, arguments: '{}' } };
}

/** A call that may still grow. */
interface OpenCall {
  id: string;
  type: string;
  name: string;
  arguments: JsonCutter;
  /** Whether there were any, be they none: some services leave them out. */
  hasArguments: boolean;
  further: Record<string, unknown>;
}

/** Where the older `function_call` stands among the places that `index` counts. */
const FUNCTION_CALL = -1;

export class ToolCalls {
  readonly #calls: OpenCall[] = [];
  /** The call that a delta of this place goes on with. */
  readonly #places = new Map<number, OpenCall>();
  /** The last call of each id: some services give no place, or all calls the same. */
  readonly #ids = new Map<string, OpenCall>();
  #settled: ToolCall[] | undefined;

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** The calls as they are understood so far, in the order in which they came. */
  get list(): ToolCall[] {
    return this.#settled ?? this.#calls.flatMap(asUnderstood);
  }

  /** Adds the calls of a delta. Gives whether there were any. */
  addDelta({ tool_calls, function_call }: Record<string, unknown>): boolean {
    if (!tool_calls && !function_call) return false;
    const deltas = listOf(tool_calls);
    for (const [position, delta] of deltas.entries()) this.#add(delta, placeOf(delta) ?? position);
    // Some services write each call in both forms.
    if (deltas.length > 0 || !isObject(function_call)) return deltas.length > 0;
    this.#add(function_call, FUNCTION_CALL);
    return true;
  }

  /** Adds the calls of a whole message, each of which is one of its own, beyond those that are there. */
  addWhole({ tool_calls, function_call }: Record<string, unknown>): boolean {
    const named = listOf(tool_calls);
    const calls = named.length === 0 && isObject(function_call) ? [function_call] : named;
    const more = calls.slice(this.list.length);
    for (const [position, call] of more.entries()) this.#add(call, position, true);
    return more.length > 0;
  }

  /** No more will come: takes secrets out of what was put together. */
  settle(redact: Redact): void {
    this.#settled = this.list;
    for (const { function: called } of this.#settled) called.arguments = redact(called.arguments);
  }

  // Id, type and name come with a call's first delta only, its arguments in any number of pieces.
  #add(delta: Record<string, unknown>, place: number, isWhole = false): void {
    const {
      index: _counted,
      id: given,
      type,
      function: wrapped,
      name: bare,
      arguments: plain,
      ...more
    } = delta;
    // Some services send what belongs into `function` without it.
    const called = isObject(wrapped) ? wrapped : { name: bare, arguments: plain };
    const id = textOf(given);
    const name = textOf(called.name);
    let call = this.#openCall(place, id, name);
    if (!call || isWhole || beginsAnother(call, id, name)) {
      call = {
        id: '',
        type: 'function',
        name: '',
        arguments: new JsonCutter(),
        hasArguments: false,
        further: {},
      };
      this.#calls.push(call);
    }
    this.#places.set(place, call);
    if (id !== '') this.#ids.set(id, call);
    call.id ||= id;
    call.type = textOf(type) || call.type;
    call.name ||= name;
    call.hasArguments ||= called.arguments !== undefined;
    call.arguments.push(argumentsText(called.arguments));
    Object.assign(call.further, more);
  }

  /** The call that a delta may go on with: that of its place, unless its id says that another one is meant. */
  #openCall(place: number, id: string, name: string): OpenCall | undefined {
    const open = this.#places.get(place);
    const isOther = open ? open.id !== '' && open.id !== id : name === '';
    return (isOther && this.#ids.get(id)) || open;
  }
}

/** The place that a delta names; some services write the number as text. */
function placeOf({ index }: Record<string, unknown>): number | undefined {
  return index === undefined || index === null || Number.isNaN(Number(index)) ? undefined : Number(index);
}

/** A list of calls; some services send a single one without it. */
function listOf(calls: unknown): Record<string, unknown>[] {
  return (Array.isArray(calls) ? calls : [calls]).filter(isObject);
}

/**
 * Some services give all calls the same place: what has a name and an id of its own is another call, and so is, without
 * ids, what has a name when the arguments before it are complete. With one id for both, the arguments tell.
 */
function beginsAnother(call: OpenCall, id: string, name: string): boolean {
  if (name === '') return false;
  if (call.name !== '' && name !== call.name) return true;
  return id && call.id ? id !== call.id : isComplete(call.arguments);
}

function isComplete(written: JsonCutter): boolean {
  return written.isComplete || (written.values.length === 0 && written.rest.trim() === 'null');
}

/** The calls that one id stands for: one, unless there are several different sets of arguments. */
function asUnderstood({ id, type, name, arguments: written, hasArguments, further }: OpenCall): ToolCall[] {
  const sets = hasArguments ? argumentsOf(written) : [''];
  return sets.map((text) => ({ id, type, function: { name, arguments: text }, ...further }));
}

/** Some services begin with `{}`, or send all arguments again at the end: what brings nothing new is dropped. */
function argumentsOf({ values, rest, text: all }: JsonCutter): string[] {
  const sent = rest.trim() === '' ? values : [...values, rest];
  if (sent.length === 1) return [understood(sent[0] as string)];
  const known = new Set(['{}']);
  const filled = sent.map(understood).filter((text) => !known.has(sameFor(text)) && known.add(sameFor(text)));
  if (filled.length <= 1) return [filled[0] ?? '{}'];
  return filled.every((text) => isObject(parseJson(text))) ? filled : [all];
}

/** The same for arguments that differ in their white space and their order only. */
function sameFor(text: string): string {
  const value = parseJson(text);
  return value === undefined ? text : JSON.stringify(value, inOrder);
}

function inOrder(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

const MOST_LAYERS = 3;

/** The arguments as the text of an object: encoded twice they are decoded, none at all are `{}`. */
function understood(written: string): string {
  let text = written;
  let value = parseJson(text);
  for (let layer = 1; layer < MOST_LAYERS && typeof value === 'string'; layer++) {
    text = value;
    value = text.trim() === '' ? null : parseJson(text);
  }
  if (value === null || (Array.isArray(value) && value.length === 0)) return '{}';
  if (!isObject(value)) return written;
  return Object.keys(value).length === 0 ? '{}' : text;
}

// Some servers give them as the object that the text should stand for.
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
