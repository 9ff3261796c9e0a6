// Limits how often text is given on, without losing any of it.
import { LONGEST_TIMER } from '../common/longest-timer.ts';

export interface Pace {
  add(text: string, isReasoning: boolean): void;
  /** Gives on what is held back. */
  flush(): void;
  /** Forgets what is held back. */
  stop(): void;
}

/**
 * Gives text on at most once per interval: the first at once, what comes in between together at its end. Reasoning and
 * reply are kept apart; of the two, what was held back for longer goes first.
 * @param interval milliseconds; 0 = everything at once
 */
export function createPace(interval: number, give: (text: string, isReasoning: boolean) => void): Pace {
  if (interval <= 0) return { add: give, flush: () => {}, stop: () => {} };
  // In the order in which they began to be held.
  const held = new Map<boolean, string>();
  let timer: NodeJS.Timeout | undefined;
  const giveNext = (): void => {
    for (const [isReasoning, text] of held) {
      held.delete(isReasoning);
      give(text, isReasoning);
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
    add(text, isReasoning) {
      held.set(isReasoning, (held.get(isReasoning) ?? '') + text);
      if (timer) return;
      giveNext();
      wait();
    },
    flush() {
      while (held.size > 0) giveNext();
      stop();
    },
    stop,
  };
}
