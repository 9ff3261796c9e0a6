// What a chat node shows under itself: changes are shown at once as long as they are few, and merged when they are not,
// because every change goes to every open editor.
import type { ErrorCode, ErrorKey } from '../common/errors.ts';

/**
 * - `asking`: nothing has come yet; `fallback` = the name of the fallback, where that is asked
 * - `waiting`: for a place in the queue, or because the service asked for it
 * - `retry`: waits for its next try: try `tries` `of` so many
 * - `several`: how many messages are in which state
 * - `failed`, `answered`: how the last message ended, until the next one comes
 */
export type ChatStatus =
  | { state: 'idle' }
  | { state: 'asking'; isLarge: boolean; fallback?: string }
  | { state: 'receiving' }
  | { state: 'waiting' }
  | { state: 'retry'; tries: number; of: number }
  | { state: 'several'; asking: number; receiving: number; waiting: number }
  | LastEnd;

/** `at`: to the minute, in milliseconds since 1970. `tokens` is absent where the service doesn't tell. */
export type LastEnd =
  | { state: 'failed'; code: ErrorCode; key: ErrorKey; at: number }
  | { state: 'answered'; tokens?: number; milliseconds: number };

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
