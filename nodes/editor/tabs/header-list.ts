// The extra request headers in the config node's form.
import type { HeaderRow } from '../../lib/common/settings.ts';
import { fillRows } from '../checks/fill-defaults.ts';
import { createProblemList } from '../widgets/problem-list.ts';
import { createRowList, type RowList, type RowView } from '../widgets/row-list.ts';
import { keepUntouched, makeTyped } from '../widgets/typed-text.ts';

export const NEW_HEADER: HeaderRow = { name: '', value: '', type: 'str' };

/** The extra request headers, in `#node-config-input-headers-container`. */
export function createHeaderList(rows: readonly HeaderRow[]): RowList<HeaderRow> {
  const list: RowList<HeaderRow> = createRowList<HeaderRow>({
    list: $('#node-config-input-headers-container'),
    rows,
    labelledBy: 'node-config-input-headers-label',
    addText: inWords('add'),
    moveText: inWords('move'),
    removeText: inWords('remove'),
    build: (container, row) => createHeaderRow(container, row),
  });
  list.height('auto');
  return {
    ...list,
    rows: () => list.rows().filter((row) => !isBlank(row)),
  };
}

function createHeaderRow(container: JQuery, saved: Partial<HeaderRow>): RowView<HeaderRow> {
  const { name, type, value } = { ...NEW_HEADER, ...saved };
  const row = $('<div class="vivgrid-header">').appendTo(container);
  const nameInput = $('<input type="text" class="vivgrid-header-name" autocomplete="off" spellcheck="false">')
    .attr({ 'aria-label': inWords('name'), placeholder: inWords('name') })
    .val(name)
    .appendTo(row);
  const valueCell = $('<div class="vivgrid-header-value">').appendTo(row);
  const valueInput = $('<input type="text" style="width: 100%">')
    .attr('aria-label', inWords('value'))
    .appendTo(valueCell);
  makeTyped(valueInput, { types: ['str', 'env'], default: type });
  valueInput.typedInput('value', value);
  const typedValue = keepUntouched(valueInput, value);
  const problems = createProblemList(container);
  row.on('input', check);
  check();

  function current(): HeaderRow {
    return {
      ...saved,
      name: String(nameInput.val()),
      value: typedValue(),
      type: valueInput.typedInput('type') as HeaderRow['type'],
    };
  }

  function check(): void {
    const reason = isBlank(current()) ? undefined : nameProblem(current());
    problems.show(reason === undefined ? [] : [{ severity: 'error', text: reason }]);
  }

  return { row: current, focus: () => nameInput.trigger('focus') };
}

/** A row that was added and left blank says nothing. */
function isBlank({ name, value }: HeaderRow): boolean {
  return name.trim() === '' && value.trim() === '';
}

function nameProblem({ name }: HeaderRow): string | undefined {
  return IS_HEADER_NAME.test(name.trim()) ? undefined : inWords('invalid', { name: name.trim() });
}

/** Reasons why the headers can't be sent as they are; `true` when there are none. */
export function validateHeaders(this: EditorNode, value: unknown, _options: object): true | string[] {
  if (!Array.isArray(value)) return true;
  const reasons = fillRows(value, NEW_HEADER)
    .map(nameProblem)
    .filter((reason) => reason !== undefined);
  return reasons.length === 0 || reasons;
}

/** A token of RFC 9110. */
const IS_HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

// With the namespace: nodes of several types have headers.
function inWords(key: string, values?: Record<string, string>): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-config:vivgrid-config.headers.${key}`, values);
}
