// The list of reasons below a field: what is wrong with it, and what is probably wrong.
import type { Problem } from '../checks/problem.ts';
import { bringIntoView } from './bring-into-view.ts';

/** Raised in a form, with jQuery, when a check has looked at a part of it. */
export const CHECKED = 'vivgrid-checked';

/** A place under a row that says what is wrong with it. Read out by screen readers when it changes. */
export function createProblemList(container: JQuery): {
  element: JQuery;
  show(problems: readonly Problem[]): void;
} {
  const element = $('<div class="vivgrid-problems" role="status">').appendTo(container);
  let shown = '';
  return {
    element,
    show(problems) {
      element.trigger(CHECKED);
      const texts = problems.map(({ severity, text }) => `${severity} ${text}`).join('\n');
      if (texts === shown) return;
      shown = texts;
      element.empty().append(...problems.map(itemOf));
      const isEdited = container[0]?.contains(document.activeElement);
      if (isEdited && problems.length > 0) bringIntoView(element[0], element[0] as Element);
    },
  };
}

function itemOf({ severity, text, remedy }: Problem): JQuery {
  const icon = severity === 'error' ? 'fa-exclamation-circle' : 'fa-lightbulb-o';
  const item = $('<div>')
    .addClass(`vivgrid-problem-${severity}`)
    .append($('<i class="fa" aria-hidden="true">').addClass(icon), $('<span>').text(text));
  if (remedy) {
    $('<button type="button" class="red-ui-button red-ui-button-small vivgrid-remedy">')
      .text(remedy.label)
      .on('click', () => remedy.apply())
      .appendTo(item);
  }
  return item;
}
