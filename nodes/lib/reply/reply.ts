// Puts a reply together from what a service sends of it: the chunks of a stream, or a whole body.

import { isObject } from '../common/is-object.ts';
import type { Redact } from '../common/redact.ts';
import { failureIn, isBlank } from '../http/error-body.ts';
import { serviceFailure } from '../http/service-failure.ts';
import { Choice, type Give } from './choice.ts';

export type { Choice, Give, Piece } from './choice.ts';
export type { ToolCall } from './tool-calls.ts';

/** Counts and details as the service gave them. */
export type Usage = Record<string, unknown>;

export class Reply {
  id = '';
  model = '';
  created = 0;
  /** In order of their index; the first always exists. */
  readonly choices: Choice[] = [new Choice()];
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

  /** Whether a `finish_reason` came: without one a stream is not finished, however it ended. */
  get isFinished(): boolean {
    for (const { finishReason } of this.choices) if (finishReason === undefined) return false;
    return true;
  }

  /** Whether a whole message came: in a body of its own it is finished. */
  get isWhole(): boolean {
    return this.choices.some(({ isWhole }) => isWhole);
  }

  /** The finish reason of a choice that names a failure. */
  get failedBy(): string | undefined {
    return this.choices.find(({ hasFailed }) => hasFailed)?.finishReason;
  }

  /** Whether there is something that answers: reasoning alone does not. */
  get hasAnswer(): boolean {
    return this.choices.some(({ hasAnswer }) => hasAnswer);
  }

  /** Whether the model has begun: some text, reasoning, refusal or tool call came. */
  get hasBegun(): boolean {
    return this.choices.some(({ hasBegun }) => hasBegun);
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
    for (const choice of this.choices) choice.redact(this.#redact);
  }

  /**
   * Adds one chunk, or a whole `chat.completion`, or a list of them. Each piece of text that it brings is given on.
   * @returns whether it brought a piece of the reply, not merely a count or an end
   * @throws ChatError for what reports a failure
   */
  add(data: unknown, give: Give = () => {}): boolean {
    if (Array.isArray(data)) return data.map((item) => isObject(item) && this.add(item, give)).includes(true);
    if (!isObject(data)) return false;
    const failure = failureIn(data);
    if (failure) throw serviceFailure(failure);
    // A preamble chunk may have all of these empty.
    if (typeof data.id === 'string') this.id ||= data.id;
    if (typeof data.model === 'string') this.model ||= data.model;
    if (typeof data.created === 'number') this.created ||= data.created;
    this.#setUsage(data.usage ?? (data.x_groq as { usage?: unknown } | null | undefined)?.usage);
    if (Array.isArray(data.citations)) (this.choices[0] as Choice).citations = data.citations;
    return Array.isArray(data.choices) && this.#addChoices(data.choices, give);
  }

  /** No more will come: gives on what was held back. */
  end(give: Give): void {
    for (const choice of this.choices) choice.end(give);
  }

  /** Takes reasoning out of the texts of a complete reply whose model left the opening tag out. No more may come. */
  splitUnopened(): void {
    for (const choice of this.choices) choice.splitUnopened();
  }

  #addChoices(list: unknown[], give: Give): boolean {
    const areSame = !this.#hasOneChoice && haveSameIndex(list);
    let isPiece = false;
    for (const [position, data] of list.entries()) {
      if (!isObject(data)) continue;
      const { index, delta, message, usage } = data;
      // Only a stream's chunks may carry another index than the choice's.
      if (this.#hasOneChoice && position > 0 && isObject(message) && !isObject(delta)) continue;
      const place = typeof index === 'number' && !areSame ? index : position;
      const choice = this.#choice(this.#hasOneChoice ? 0 : place);
      isPiece = choice.add(data, give) || isPiece;
      if (usage) this.#setUsage(usage);
      // Routers put a failure of the provider behind them here.
      const failure = data.error ? failureIn({ error: data.error }) : undefined;
      if (failure) throw serviceFailure(failure);
    }
    return isPiece;
  }

  #setUsage(usage: unknown): void {
    // Some services end with counts that are all zero, or with none.
    if (isObject(usage) && !(this.#usage && isBlank(usage))) this.#usage = usage;
  }

  #choice(index: number): Choice {
    // An index out of all proportion must not make an array of its size.
    const place = Number.isInteger(index) && index >= 0 && index < 128 ? index : 0;
    while (this.choices.length <= place) this.choices.push(new Choice());
    return this.choices[place] as Choice;
  }
}

/** Some services number no choice but the first. */
function haveSameIndex(list: unknown[]): boolean {
  const indexes = list.filter(isObject).map(({ index }) => index);
  return new Set(indexes).size < indexes.length;
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
