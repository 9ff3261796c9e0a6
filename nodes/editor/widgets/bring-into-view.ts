/**
 * Scrolls what is around `start` as little as it takes to show `target`, which is in it or below it. Other than with
 * `scrollIntoView`, what is inside a code editor stays where the editor has put it.
 */
export function bringIntoView(target: Element | null | undefined, start: Element): void {
  if (!target) return;
  for (let box = start.parentElement; box; box = box.parentElement) {
    if (box.scrollHeight <= box.clientHeight || !/auto|scroll/.test(getComputedStyle(box).overflowY))
      continue;
    const { top, bottom } = target.getBoundingClientRect();
    const view = box.getBoundingClientRect();
    if (bottom > view.bottom) box.scrollTop += bottom - view.bottom + MARGIN;
    else if (top < view.top) box.scrollTop -= view.top - top + MARGIN;
  }
}

/** In pixels. */
const MARGIN = 6;
