// Tells reasoning that a model writes into its text, between tags at the beginning, from the text itself.

/** What a text comes to: new reasoning, then new text in the pieces that it came in. */
export interface Split {
  reasoning: string;
  texts: string[];
}

const NAMES: readonly string[] = ['think', 'thinking', 'thought', 'reasoning'];
const OPENING: readonly string[] = NAMES.map((name) => `<${name}>`);

/**
 * Takes a text in pieces and gives each on once it is known what it is: at once, but for what may be the beginning of
 * a tag. A text that begins with no such tag comes out in the pieces that it came in.
 */
export class ReasoningTag {
  /** Nothing is looked for any more: a text is a text. */
  isDone = false;
  /** What was taken out of the text, tags and white space included. */
  taken = '';
  /** Pieces that may yet turn out to be text. */
  #held: string[] = [];
  /** The beginning of the text, after white space, as long as it may be a tag. */
  #start = '';
  #closing: string | undefined;
  /** The end of the reasoning so far, where it may be the beginning of the closing tag. */
  #tail = '';
  /** White space at the beginning of the reasoning: if nothing else comes, there is none. */
  #blank: string | undefined = '';
  #isClosed = false;

  /** Pieces whose meaning isn't known yet, as one text. */
  get held(): string {
    return this.#held.join('');
  }

  push(piece: string): Split {
    if (this.isDone) return { reasoning: '', texts: [piece] };
    if (this.#isClosed) return this.#afterwards(piece, '');
    if (this.#closing !== undefined) return this.#within(piece);
    this.#held.push(piece);
    this.#start += this.#start === '' ? piece.trimStart() : piece;
    const opening = OPENING.find((tag) => this.#start.startsWith(tag));
    if (opening !== undefined) return this.#open(opening);
    return OPENING.some((tag) => tag.startsWith(this.#start)) ? NOTHING : this.end();
  }

  /** No more will come: what was held is what it was. */
  end(): Split {
    const texts = this.#held;
    const reasoning = this.#isClosed ? '' : this.#reasoning(this.#tail);
    this.#held = [];
    this.#tail = '';
    this.isDone = true;
    return { reasoning, texts };
  }

  #open(opening: string): Split {
    const after = this.#start.slice(opening.length);
    this.taken = this.held.slice(0, this.held.length - after.length);
    this.#held = [];
    this.#start = '';
    this.#closing = opening.replace('<', '</');
    return this.#within(after);
  }

  #within(piece: string): Split {
    const closing = this.#closing as string;
    this.taken += piece;
    const open = this.#tail + piece;
    const end = open.indexOf(closing);
    if (end === -1) {
      const length = overlap(open, closing);
      this.#tail = open.slice(open.length - length);
      return { reasoning: this.#reasoning(open.slice(0, open.length - length)), texts: [] };
    }
    const after = open.slice(end + closing.length);
    this.taken = this.taken.slice(0, this.taken.length - after.length);
    this.#tail = '';
    this.#isClosed = true;
    return this.#afterwards(after, this.#reasoning(open.slice(0, end)));
  }

  /** The white space after the closing tag belongs to the reasoning, but says nothing. */
  #afterwards(piece: string, reasoning: string): Split {
    const text = piece.trimStart();
    this.taken += piece.slice(0, piece.length - text.length);
    if (text === '') return { reasoning, texts: [] };
    this.isDone = true;
    return { reasoning, texts: [text] };
  }

  #reasoning(text: string): string {
    if (this.#blank === undefined) return text;
    const all = this.#blank + text;
    this.#blank = text.trim() === '' ? all : undefined;
    return this.#blank === undefined ? all : '';
  }
}

const NOTHING: Split = { reasoning: '', texts: [] };

/** How many characters at the end of the text are the beginning of the tag. */
function overlap(text: string, tag: string): number {
  let length = Math.min(text.length, tag.length - 1);
  while (length > 0 && !text.endsWith(tag.slice(0, length))) length--;
  return length;
}

/**
 * The same for a text that has come whole: here a closing `</think>` whose opening tag a model left out counts as if
 * the text began with it.
 */
export function splitWhole(text: string): Split {
  const closed = text.indexOf('</think>');
  if (closed === -1 && !/^\s*</.test(text)) return { reasoning: '', texts: [text] };
  const tag = new ReasoningTag();
  const isUnopened =
    closed !== -1 &&
    !OPENING.some((opening) => {
      const opened = text.indexOf(opening);
      return opened !== -1 && opened < closed;
    });
  const first = tag.push(isUnopened ? `<think>${text}` : text);
  const last = tag.isDone ? NOTHING : tag.end();
  return { reasoning: first.reasoning + last.reasoning, texts: [...first.texts, ...last.texts] };
}
