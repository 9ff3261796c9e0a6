// A limit on silence, not on length: it goes off when nothing was heard for the whole time.

export class SilenceWatch {
  readonly #onSilence: () => void;
  #limit: number;
  #lastHeard = performance.now();
  #timer: NodeJS.Timeout;

  /** @param limit milliseconds of silence allowed, at most 2^31 - 1 */
  constructor(limit: number, onSilence: () => void) {
    this.#limit = limit;
    this.#onSilence = onSilence;
    this.#timer = setTimeout(() => this.#check(), limit);
  }

  /** Something was heard. Costs next to nothing, so that it can be called for every piece of a stream. */
  heard(): void {
    this.#lastHeard = performance.now();
  }

  /** From now on a shorter silence is enough. */
  shorten(limit: number): void {
    if (limit >= this.#limit) return;
    this.#limit = limit;
    clearTimeout(this.#timer);
    this.#check();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #check(): void {
    const left = this.#lastHeard + this.#limit - performance.now();
    if (left <= 0) this.#onSilence();
    else this.#timer = setTimeout(() => this.#check(), Math.ceil(left));
  }
}
