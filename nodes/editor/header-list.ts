import type { HeaderRow } from '../lib/settings.ts';
import { createRowList, type RowList, type RowView } from './row-list.ts';
import { keepUntouched } from './typed-text.ts';

/** The extra request headers, in `#node-config-input-headers-container`. */
export function createHeaderList(node: EditorNode, rows: readonly HeaderRow[]): RowList<HeaderRow> {
  const list: RowList<HeaderRow> = createRowList<HeaderRow>({
    list: $('#node-config-input-headers-container'),
    rows,
    labelledBy: 'node-config-input-headers-label',
    addText: node._('vivgrid-config.headers.add'),
    moveText: node._('vivgrid-config.headers.move'),
    removeText: node._('vivgrid-config.headers.remove'),
    build: (container, row) => createHeaderRow(node, container, row),
  });
  return {
    ...list,
    // A row that was added and left blank says nothing.
    rows: () => list.rows().filter(({ name, value }) => name.trim() !== '' || value.trim() !== ''),
  };
}

function createHeaderRow(node: EditorNode, container: JQuery, saved: Partial<HeaderRow>): RowView<HeaderRow> {
  const text = (key: string) => node._(`vivgrid-config.headers.${key}`);
  const { name = '', type = 'str', value = '' } = saved;
  const row = $('<div class="vivgrid-header">').appendTo(container);
  const nameInput = $('<input type="text" class="vivgrid-header-name" autocomplete="off" spellcheck="false">')
    .attr({ 'aria-label': text('name'), placeholder: text('name') })
    .val(name)
    .appendTo(row);
  const valueCell = $('<div class="vivgrid-header-value">').appendTo(row);
  const valueInput = $('<input type="text" style="width: 100%">')
    .attr('aria-label', text('value'))
    .appendTo(valueCell);
  valueInput.typedInput({ types: ['str', 'env'], default: type });
  valueInput.typedInput('value', value);
  const typedValue = keepUntouched(valueInput, value);
  return {
    row: () => ({
      ...saved,
      name: String(nameInput.val()),
      value: typedValue(),
      type: valueInput.typedInput('type') as HeaderRow['type'],
    }),
    focus: () => nameInput.trigger('focus'),
  };
}

/** Reasons why the headers can't be sent as they are; `true` when there are none. */
export function validateHeaders(this: EditorNode, value: unknown, _options: object): true | string[] {
  if (!Array.isArray(value)) return true;
  const reasons = (value as HeaderRow[])
    .map(({ name }) => name.trim())
    .filter((name) => !IS_HEADER_NAME.test(name))
    .map((name) => this._('vivgrid-config.headers.invalid', { name }));
  return reasons.length === 0 || reasons;
}

/** A token of RFC 9110. */
const IS_HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
