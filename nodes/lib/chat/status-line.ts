// What a chat node shows under itself: changes are shown at once as long as they are few, and merged when they are not,
// because every change goes to every open editor.
import type { ErrorCode } from '../common/errors.ts';

export type ChatStatus =
  | { state: 'idle' }
  | { state: 'working'; running: number; queued: number; isLarge: boolean }
  | { state: 'waiting' }
  | { state: 'failed'; code: ErrorCode };

/** Changes that may be shown at once before they are spread over time. */
const BURST = 8;
/** Milliseconds for one more. */
const REFILL = 500;

/** A count as it is shown: of many only the tens, or each message that ends would be a change. */
export function shownCount(count: number): number {
  return count <= 20 ? count : Math.ceil(count / 10) * 10;
}

export class StatusLine {
  readonly #read: () => ChatStatus;
  readonly #show: (status: ChatStatus) => void;
  #shown = JSON.stringify({ state: 'idle' } satisfies ChatStatus);
  #credit = BURST;
  #creditedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param read tells the status as it is; asked only when it can be shown */
  constructor(read: () => ChatStatus, show: (status: ChatStatus) => void) {
    this.#read = read;
    this.#show = show;
  }

  /** The status may have changed. */
  changed(): void {
    if (!this.#timer) this.#update();
  }

  /** Nothing more is shown. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #update(): void {
    const status = this.#read();
    const wanted = JSON.stringify(status);
    if (wanted === this.#shown) return;
    const now = performance.now();
    this.#credit = Math.min(BURST, this.#credit + (now - this.#creditedAt) / REFILL);
    this.#creditedAt = now;
    if (this.#credit < 1) {
      this.#timer = setTimeout(
        () => {
          this.#timer = undefined;
          this.#update();
        },
        Math.ceil((1 - this.#credit) * REFILL),
      );
      return;
    }
    this.#credit--;
    this.#shown = wanted;
    this.#show(status);
  }
}
