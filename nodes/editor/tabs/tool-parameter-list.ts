// The table of a tool's parameters.
import {
  readValues,
  TOOL_PARAMETER_TYPES,
  type ToolParameter,
  type ToolParameterType,
} from '../../lib/tools/tool-schema.ts';
import type { Problem } from '../checks/problem.ts';
import { createRowList, type RowList, type RowView } from '../widgets/row-list.ts';

const NEW_PARAMETER: ToolParameter = {
  name: '',
  type: 'string',
  description: '',
  required: true,
  values: '',
};

/** The parameters of a tool. */
export function createToolParameterList(
  node: EditorNode,
  element: JQuery,
  rows: readonly ToolParameter[],
  onChange: () => void,
): RowList<ToolParameter> {
  const list: RowList<ToolParameter> = createRowList<ToolParameter>({
    list: element,
    rows,
    labelledBy: 'vivgrid-tool-parameters-label',
    addText: node._('vivgrid-tool.parameters.add'),
    moveText: node._('vivgrid-tool.parameters.move'),
    removeText: node._('vivgrid-tool.parameters.remove'),
    build: (container, row) => createParameterRow(node, container, row, onChange),
    onChange,
  });
  return {
    ...list,
    // A row that was added and left blank says nothing.
    rows: () =>
      list.rows().filter(({ name, description, values }) => `${name}${description}${values}`.trim() !== ''),
  };
}

/** What is wrong with the rows, in words. */
export function tableProblems(node: EditorNode, rows: readonly ToolParameter[]): Problem[] {
  const text = (key: string, name: string): Problem => ({
    severity: 'error',
    text: node._(`vivgrid-tool.parameters.${key}`, { name }),
  });
  const names = rows.map(({ name }) => name.trim());
  const problems = names.some((name) => name === '') ? [text('no-name', '')] : [];
  const double = new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index));
  for (const name of double) problems.push(text('twice', name));
  for (const { name, type, values } of rows) {
    if (!readValues(values, type)) problems.push(text(`values-wrong.${type.replace('[]', '')}`, name.trim()));
  }
  return problems;
}

function createParameterRow(
  node: EditorNode,
  container: JQuery,
  saved: Partial<ToolParameter>,
  onChange: () => void,
): RowView<ToolParameter> {
  const text = (key: string) => node._(`vivgrid-tool.parameters.${key}`);
  const given = { ...NEW_PARAMETER, ...saved };
  const first = $('<div class="vivgrid-tool-row">').appendTo(container);
  const second = $('<div class="vivgrid-tool-row">').appendTo(container);
  const name = field('name', given.name).addClass('vivgrid-tool-name').appendTo(first);
  const type = $('<select class="vivgrid-tool-type">').attr('aria-label', text('type')).appendTo(first);
  for (const value of TOOL_PARAMETER_TYPES) {
    $('<option>')
      .val(value)
      .text(text(`types.${value}`))
      .appendTo(type);
  }
  type.val(given.type);
  const label = $('<label class="vivgrid-tool-required">').appendTo(first);
  const required = $('<input type="checkbox">').prop('checked', given.required).appendTo(label);
  label.append($('<span>').text(text('required')));
  const description = field('description', given.description)
    .addClass('vivgrid-tool-description')
    .appendTo(second);
  const values = field('values', given.values).addClass('vivgrid-tool-values').appendTo(second);
  showFitting();
  container.on('input change', () => {
    showFitting();
    onChange();
  });

  function field(key: 'name' | 'description' | 'values', value: string): JQuery {
    return $('<input type="text" autocomplete="off">')
      .attr({ 'aria-label': text(key), placeholder: text(`${key}-placeholder`), title: text(key) })
      .val(value);
  }

  function currentType(): ToolParameterType {
    return type.val() as ToolParameterType;
  }

  // True and false are all that there is.
  function showFitting(): void {
    values.toggle(currentType() !== 'boolean');
  }

  return {
    row: () => ({
      name: String(name.val()),
      type: currentType(),
      description: String(description.val()),
      required: required.is(':checked'),
      values: currentType() === 'boolean' ? '' : String(values.val()),
    }),
    focus: () => name.trigger('focus'),
  };
}
