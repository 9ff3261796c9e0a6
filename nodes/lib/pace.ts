// Limits how often text is given on, without losing any of it.

export interface Pace {
  add(text: string, isReasoning: boolean): void;
  /** Gives on what is held back. */
  flush(): void;
  /** Forgets what is held back. */
  stop(): void;
}

/**
 * Gives text on at most once per interval: the first at once, what comes in between together at its end. Reasoning and
 * reply are kept apart and in order.
 * @param interval milliseconds; 0 = everything at once
 */
export function createPace(interval: number, give: (text: string, isReasoning: boolean) => void): Pace {
  if (interval <= 0) return { add: give, flush: () => {}, stop: () => {} };
  let held = '';
  let isHeldReasoning = false;
  let timer: NodeJS.Timeout | undefined;
  const giveHeld = (): void => {
    const text = held;
    held = '';
    if (text !== '') give(text, isHeldReasoning);
  };
  const wait = (): void => {
    timer = setTimeout(() => {
      timer = undefined;
      if (held === '') return;
      giveHeld();
      wait();
    }, interval);
  };
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
    held = '';
  };
  return {
    add(text, isReasoning) {
      if (isReasoning !== isHeldReasoning) giveHeld();
      isHeldReasoning = isReasoning;
      held += text;
      if (timer) return;
      giveHeld();
      wait();
    },
    flush() {
      giveHeld();
      stop();
    },
    stop,
  };
}
