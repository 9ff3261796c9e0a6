// One of the replies that a request is answered with, put together from deltas and whole messages.
import { isObject } from '../common/is-object.ts';
import type { Redact } from '../common/redact.ts';
import { type Audio, AudioPieces, type Picture, readPictures } from './media.ts';
import { type ReasoningField, readSpeech, type Speech } from './read-speech.ts';
import { ReasoningTag, type Split, splitWhole } from './reasoning-tag.ts';
import { type ToolCall, ToolCalls } from './tool-calls.ts';

/** New text of a reply, one of the two or both. */
export interface Piece {
  text: string;
  reasoning: string;
}

export type Give = (piece: Piece) => void;

/** Finish reasons that name a failure, not an end. */
const FAILURES: ReadonlySet<string> = new Set([
  'error',
  'abort',
  'aborted',
  'network_error',
  'insufficient_system_resource',
  'timeout',
]);

export class Choice {
  /** What the model says, without reasoning between tags. */
  text = '';
  reasoning = '';
  /** What the service calls it. */
  reasoningField: ReasoningField | undefined;
  /** OpenRouter's form of it, signatures included, as it came: some models want it back with their calls' results. */
  readonly reasoningDetails: unknown[] = [];
  refusal = '';
  readonly images: Picture[] = [];
  readonly annotations: unknown[] = [];
  citations: unknown[] = [];
  logprobs: Record<string, unknown> | undefined;
  finishReason: string | undefined;
  /** Whether a whole message came, not only deltas. */
  isWhole = false;
  readonly #calls = new ToolCalls();
  readonly #tag = new ReasoningTag();
  #audio: AudioPieces | undefined;
  #hasDeltas = false;
  /** Whether the text came whole, and was taken apart so. */
  #isSplit = false;
  /** The text of a whole message, tags included. */
  #wholeText: string | undefined;
  /** Half a character that waits for its other half, at the end of the text and of the reasoning. */
  #halfOfText = '';
  #halfOfReasoning = '';
  #hasHalf = false;

  /** In the order in which they came. */
  get toolCalls(): ToolCall[] {
    return this.#calls.list;
  }

  get audio(): Audio | undefined {
    return this.#audio?.audio;
  }

  /** Whether the finish reason is that of a failure. */
  get hasFailed(): boolean {
    return this.finishReason !== undefined && FAILURES.has(this.finishReason.toLowerCase());
  }

  /** Whether there is something that answers: reasoning alone does not. */
  get hasAnswer(): boolean {
    const { text, refusal, images } = this;
    return text !== '' || refusal !== '' || !this.#calls.isEmpty || images.length > 0 || !!this.#audio;
  }

  get hasBegun(): boolean {
    return this.hasAnswer || this.reasoning !== '' || this.#tag.held !== '';
  }

  /**
   * Adds what a chunk or a whole reply holds for this choice.
   * @returns whether that was a piece of the reply: not merely a count or an end
   */
  add({ delta, message, finish_reason, logprobs }: Record<string, unknown>, give: Give): boolean {
    // What failed has failed, whatever a router in between says at the end.
    if (isNamed(finish_reason) && !this.hasFailed) this.finishReason = finish_reason;
    const isWhole = !isObject(delta) && isObject(message);
    if (isObject(logprobs)) this.#addLogprobs(logprobs, isWhole);
    const added = isWhole ? message : delta;
    if (!isObject(added)) return false;
    const speech = readSpeech(added);
    if (isWhole) this.#keepBeyond(speech);
    else this.#hasDeltas = true;
    this.refusal += speech.refusal;
    if (speech.reasoningField) this.reasoningField = speech.reasoningField;
    const hasWords = speech.text !== '' || speech.reasoning !== '' || speech.refusal !== '';
    this.#say(speech, isWhole, give);
    const hasCalls = isWhole ? this.#calls.addWhole(added) : this.#calls.addDelta(added);
    const hasMedia = this.#addMedia(added, isWhole);
    this.#addLists(added, isWhole);
    if (isWhole) this.isWhole = true;
    return hasWords || hasCalls || hasMedia;
  }

  /** No more will come: gives on what was held back. */
  end(give: Give): void {
    if (!this.#tag.isDone) this.#giveSplit(this.#tag.end(), give);
    const piece = { text: this.#halfOfText, reasoning: this.#halfOfReasoning };
    this.#halfOfText = '';
    this.#halfOfReasoning = '';
    if (piece.text !== '' || piece.reasoning !== '') give(piece);
  }

  /** Takes reasoning out of the text of a complete reply whose model left the opening tag out. No more may come. */
  splitUnopened(): void {
    if (this.#isSplit || this.#tag.taken !== '' || !this.text.includes('</think>')) return;
    this.#isSplit = true;
    const { reasoning, texts } = splitWhole(this.text);
    this.reasoning += reasoning;
    this.text = texts.join('');
  }

  /** Takes secrets out of what was put together: no single piece may have held one. No more may come. */
  redact(redact: Redact): void {
    this.text = redact(this.text);
    this.reasoning = redact(this.reasoning);
    this.refusal = redact(this.refusal);
    this.#calls.settle(redact);
    this.#audio?.redact(redact);
  }

  // A whole message after deltas is the same reply again.
  #keepBeyond(speech: Speech): void {
    const soFar = this.#wholeText ?? this.#tag.taken + this.text + this.#tag.held;
    this.#wholeText = speech.text;
    speech.text = this.#beyond(speech.text, soFar);
    speech.reasoning = this.#beyond(speech.reasoning, this.reasoning);
    speech.refusal = this.#beyond(speech.refusal, this.refusal);
  }

  #beyond(whole: string, soFar: string): string {
    if (whole.startsWith(soFar)) return whole.slice(soFar.length);
    return this.#hasDeltas ? '' : whole;
  }

  #say({ text, reasoning }: Speech, isWhole: boolean, give: Give): void {
    if (this.#tag.isDone || text === '') {
      this.#giveOn(text, reasoning, give);
      return;
    }
    this.#giveOn('', reasoning, give);
    const isFresh = isWhole && !this.#hasDeltas;
    this.#giveSplit(isFresh ? splitWhole(text) : this.#tag.push(text), give);
    if (isFresh) this.#tag.isDone = this.#isSplit = true;
  }

  #giveSplit({ reasoning, texts }: Split, give: Give): void {
    const [first = '', ...others] = texts;
    this.#giveOn(first, reasoning, give);
    for (const text of others) this.#giveOn(text, '', give);
  }

  #giveOn(text: string, reasoning: string, give: Give): void {
    if (text === '' && reasoning === '') return;
    this.text += text;
    this.reasoning += reasoning;
    if (!this.#hasHalf && !endsInHalf(text) && !endsInHalf(reasoning)) {
      give({ text, reasoning });
      return;
    }
    const piece = { text: this.#halfOfText + text, reasoning: this.#halfOfReasoning + reasoning };
    this.#halfOfText = endsInHalf(piece.text) ? piece.text.slice(-1) : '';
    this.#halfOfReasoning = endsInHalf(piece.reasoning) ? piece.reasoning.slice(-1) : '';
    this.#hasHalf = this.#halfOfText !== '' || this.#halfOfReasoning !== '';
    if (this.#halfOfText !== '') piece.text = piece.text.slice(0, -1);
    if (this.#halfOfReasoning !== '') piece.reasoning = piece.reasoning.slice(0, -1);
    if (piece.text !== '' || piece.reasoning !== '') give(piece);
  }

  #addMedia(added: Record<string, unknown>, isWhole: boolean): boolean {
    const pictures = added.images || Array.isArray(added.content) ? readPictures(added) : [];
    const hasMore = extend(this.images, pictures, isWhole);
    if (!isObject(added.audio)) return hasMore;
    this.#audio ??= new AudioPieces();
    if (isWhole) this.#audio.addWhole(added.audio);
    else this.#audio.addDelta(added.audio);
    return true;
  }

  #addLists({ reasoning_details, annotations, citations }: Record<string, unknown>, isWhole: boolean): void {
    if (Array.isArray(reasoning_details)) extend(this.reasoningDetails, reasoning_details, isWhole);
    if (Array.isArray(annotations)) extend(this.annotations, annotations, isWhole);
    if (Array.isArray(citations)) extend(this.citations, citations, isWhole);
  }

  /** Lists of tokens are put together, whatever they are called. */
  #addLogprobs(added: Record<string, unknown>, isWhole: boolean): void {
    this.logprobs ??= {};
    for (const [name, value] of Object.entries(added)) {
      const known = this.logprobs[name];
      if (Array.isArray(value) && Array.isArray(known)) extend(known, value, isWhole);
      else if (value !== null || known === undefined) this.logprobs[name] = value;
    }
  }
}

/** Some services send blanks, or the word, where others send null. */
function isNamed(reason: unknown): reason is string {
  return typeof reason === 'string' && reason !== '' && reason !== 'null';
}

/** Adds to a list; a whole list only beyond what is there. */
function extend(list: unknown[], more: readonly unknown[], isWhole: boolean): boolean {
  const fresh = isWhole ? more.slice(list.length) : more;
  for (const item of fresh) list.push(item);
  return fresh.length > 0;
}

function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
