/** Milliseconds: Node's timers take no more. */
export const LONGEST_TIMER = 2 ** 31 - 1;
