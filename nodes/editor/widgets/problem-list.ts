// The list of reasons below a field: what is wrong with it, and what is probably wrong.
import type { Problem } from '../checks/problem.ts';

/** A place under a row that says what is wrong with it. Read out by screen readers when it changes. */
export function createProblemList(container: JQuery): {
  element: JQuery;
  show(problems: readonly Problem[]): void;
} {
  const element = $('<div class="vivgrid-problems" role="status">').appendTo(container);
  return {
    element,
    show(problems) {
      element.empty();
      for (const { severity, text } of problems) {
        const icon = severity === 'error' ? 'fa-exclamation-circle' : 'fa-lightbulb-o';
        $('<div>')
          .addClass(`vivgrid-problem-${severity}`)
          .append($('<i class="fa" aria-hidden="true">').addClass(icon), $('<span>').text(text))
          .appendTo(element);
      }
    },
  };
}
