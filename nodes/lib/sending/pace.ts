// Limits how often text is given on, without losing any of it.
import { LONGEST_TIMER } from '../common/longest-timer.ts';

/** What is held back is kept apart by its kind, an object of the caller's. */
export interface Pace<Kind> {
  add(text: string, kind: Kind): void;
  /** Gives on what is held back. */
  flush(): void;
  /** Forgets what is held back of a kind. */
  forget(kind: Kind): void;
  /** Forgets all that is held back. */
  stop(): void;
}

/**
 * Gives text on at most once per interval: the first at once, what comes in between together at its end. Of two kinds,
 * what was held back for longer goes first.
 * @param interval milliseconds; 0 = everything at once
 */
export function createPace<Kind>(interval: number, give: (text: string, kind: Kind) => void): Pace<Kind> {
  if (interval <= 0) return { add: give, flush: () => {}, forget: () => {}, stop: () => {} };
  // In the order in which they began to be held.
  const held = new Map<Kind, string>();
  let timer: NodeJS.Timeout | undefined;
  const giveNext = (): void => {
    for (const [kind, text] of held) {
      held.delete(kind);
      give(text, kind);
      return;
    }
  };
  const wait = (): void => {
    timer = setTimeout(
      () => {
        timer = undefined;
        if (held.size === 0) return;
        giveNext();
        wait();
      },
      Math.min(interval, LONGEST_TIMER),
    );
  };
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
    held.clear();
  };
  return {
    add(text, kind) {
      held.set(kind, (held.get(kind) ?? '') + text);
      if (timer) return;
      giveNext();
      wait();
    },
    flush() {
      while (held.size > 0) giveNext();
      stop();
    },
    forget: (kind) => void held.delete(kind),
    stop,
  };
}
