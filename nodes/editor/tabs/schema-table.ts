// The table of a schema: a row for each property of the object.
import { FIELD_TYPES, type FieldType, readValues, type SchemaField } from '../../lib/schema/table.ts';
import type { Problem } from '../checks/problem.ts';
import { createRowList, type RowList, type RowView } from '../widgets/row-list.ts';

const NEW_FIELD: SchemaField = {
  name: '',
  type: 'string',
  description: '',
  required: true,
  values: '',
};

/** The properties of an object that a schema describes, as rows. */
export function createSchemaTable(
  element: JQuery,
  rows: readonly SchemaField[],
  words: { add: string; remove: string },
  onChange: () => void,
): RowList<SchemaField> {
  const list: RowList<SchemaField> = createRowList<SchemaField>({
    list: element,
    rows,
    labelledBy: 'vivgrid-schema-label',
    addText: words.add,
    moveText: schemaWords('parameters.move'),
    removeText: words.remove,
    build: (container, row) => createFieldRow(container, row, onChange),
    onChange,
  });
  return {
    ...list,
    // A row that was added and left blank says nothing.
    rows: () =>
      list.rows().filter(({ name, description, values }) => `${name}${description}${values}`.trim() !== ''),
  };
}

/** Every form with a schema says the same about it. */
export function schemaWords(key: string, values?: Record<string, string | number>): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-tool:vivgrid-tool.${key}`, values);
}

/** What is wrong with the rows, in words. */
export function tableProblems(rows: readonly SchemaField[]): Problem[] {
  const text = (key: string, name: string): Problem => ({
    severity: 'error',
    text: schemaWords(`parameters.${key}`, { name }),
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

function createFieldRow(
  container: JQuery,
  saved: Partial<SchemaField>,
  onChange: () => void,
): RowView<SchemaField> {
  const text = (key: string) => schemaWords(`parameters.${key}`);
  const given = { ...NEW_FIELD, ...saved };
  const first = $('<div class="vivgrid-field-row">').appendTo(container);
  const second = $('<div class="vivgrid-field-row">').appendTo(container);
  const name = field('name', given.name).addClass('vivgrid-field-name').appendTo(first);
  const type = $('<select class="vivgrid-field-type">').attr('aria-label', text('type')).appendTo(first);
  for (const value of FIELD_TYPES) {
    $('<option>')
      .val(value)
      .text(text(`types.${value}`))
      .appendTo(type);
  }
  type.val(given.type);
  const label = $('<label class="vivgrid-field-required">').appendTo(first);
  const required = $('<input type="checkbox">').prop('checked', given.required).appendTo(label);
  label.append($('<span>').text(text('required')));
  const description = field('description', given.description)
    .addClass('vivgrid-field-description')
    .appendTo(second);
  const values = field('values', given.values).addClass('vivgrid-field-values').appendTo(second);
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

  function currentType(): FieldType {
    return type.val() as FieldType;
  }

  // True and false are all that there is.
  function showFitting(): void {
    values.toggle(currentType() !== 'boolean');
    const kind = currentType().startsWith('string') ? 'values-placeholder' : 'numbers-placeholder';
    values.attr('placeholder', text(kind));
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
