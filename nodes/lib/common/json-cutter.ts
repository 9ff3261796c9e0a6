// Finds out where JSON values end in a text that comes in pieces, without parsing any of it twice.

/**
 * Cuts a text into the JSON values at its top, by their brackets and quotes alone: whether each of them is JSON shows
 * when it is parsed. Each character is looked at once.
 */
export class JsonCutter {
  /** The values that are complete, each without white space around it. */
  readonly values: string[] = [];
  /** What comes after them. */
  rest = '';
  /** All that came. */
  text = '';
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** Whether something has come and nothing is open. */
  get isComplete(): boolean {
    return this.values.length > 0 && this.rest.trim() === '';
  }

  push(text: string): void {
    this.text += text;
    let start = 0;
    const take = (end: number): void => {
      const value = (this.rest + text.slice(start, end)).trim();
      if (value !== '') this.values.push(value);
      this.rest = '';
      start = end;
    };
    for (let at = 0; at < text.length; at++) {
      const character = text[at];
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (character === '\\') this.#isEscaped = true;
        else if (character === '"') {
          this.#isInString = false;
          if (this.#depth === 0) take(at + 1);
        }
      } else if (character === '"' || character === '{' || character === '[') {
        // A word or a number ends where something else begins.
        if (this.#depth === 0) take(at);
        if (character === '"') this.#isInString = true;
        else this.#depth++;
      } else if ((character === '}' || character === ']') && this.#depth > 0) {
        this.#depth--;
        if (this.#depth === 0) take(at + 1);
      }
    }
    this.rest += text.slice(start);
  }
}
