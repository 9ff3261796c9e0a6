/** Things as they happen, and a way to wait for them that needs no clock. */
export class Collector<T> {
  readonly items: T[] = [];
  readonly #waiting = new Set<() => void>();

  add(item: T): void {
    this.items.push(item);
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves with all items once the condition holds for them. The test's own time limit ends a vain wait. */
  until(condition: (items: T[]) => boolean): Promise<T[]> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition(this.items)) return;
        this.#waiting.delete(check);
        resolve(this.items);
      };
      this.#waiting.add(check);
      check();
    });
  }

  count(number: number): Promise<T[]> {
    return this.until((items) => items.length >= number);
  }
}
