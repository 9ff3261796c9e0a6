// The parameters in the chat node's form: a name, offered from a list or typed freely, and a typed value.

import { PARAMETER_TYPES, type ParameterRow, type ParameterType } from '../../lib/common/settings.ts';
import { PARAMETERS, type ParameterKind } from '../../lib/request/parameters.ts';
import { NEW_PARAMETER, parameterProblems } from '../checks/check-parameters.ts';
import { choiceType } from '../widgets/choice-type.ts';
import { createCompletion, openOnClick, type Suggestion } from '../widgets/completion.ts';
import { createProblemList } from '../widgets/problem-list.ts';
import { createRowList, type RowList, type RowView } from '../widgets/row-list.ts';
import { keepUntouched, makeTyped } from '../widgets/typed-text.ts';

/** The type that a documented parameter's literal is written in. */
const TYPE_OF_KIND: Readonly<Record<ParameterKind, ParameterType>> = {
  number: 'num',
  integer: 'num',
  boolean: 'bool',
  string: 'str',
  'string[]': 'str',
  object: 'json',
  json: 'json',
};

/** What a list without rows offers at once. */
const OFTEN_USED = ['temperature', 'max_completion_tokens', 'reasoning_effort'] as const;

/** The request parameters, in `#node-input-parameters-container`. */
export function createParameterList(node: EditorNode, rows: readonly ParameterRow[]): RowList<ParameterRow> {
  const list: RowList<ParameterRow> = createRowList<ParameterRow>({
    list: $('#node-input-parameters-container'),
    rows,
    labelledBy: 'node-input-parameters-label',
    addText: node._('vivgrid-chat.parameters.add'),
    moveText: node._('vivgrid-chat.list.move'),
    removeText: node._('vivgrid-chat.parameters.remove'),
    build: (container, row) =>
      createParameterRow(node, container, row, () => list.rows().map(({ name }) => name.trim())),
  });
  for (const name of OFTEN_USED) {
    $('<button type="button" class="red-ui-button red-ui-button-small">')
      .append('<i class="fa fa-plus" aria-hidden="true"></i> ', $('<span>').text(name))
      .on('click', () =>
        list.add({ ...NEW_PARAMETER, name, type: TYPE_OF_KIND[PARAMETERS[name]?.kind ?? 'number'] }),
      )
      .appendTo('#vivgrid-chat-parameters-often');
  }
  return {
    ...list,
    // A row that was added and left blank says nothing.
    rows: () => list.rows().filter(({ name, value }) => name.trim() !== '' || value.trim() !== ''),
  };
}

function createParameterRow(
  node: EditorNode,
  container: JQuery,
  saved: Partial<ParameterRow>,
  usedNames: () => string[],
): RowView<ParameterRow> {
  const text = (key: string) => node._(`vivgrid-chat.parameters.${key}`);
  const { name, type, value } = { ...NEW_PARAMETER, ...saved };

  const row = $('<div class="vivgrid-parameter">').appendTo(container);
  const nameInput = $(
    '<input type="text" class="vivgrid-parameter-name" autocomplete="off" spellcheck="false">',
  )
    .attr({ 'aria-label': text('name'), placeholder: text('name') })
    .val(name)
    .appendTo(row);
  const valueCell = $('<div class="vivgrid-parameter-value">').appendTo(row);
  const valueInput = $('<input type="text" style="width: 100%">')
    .attr('aria-label', text('value'))
    .appendTo(valueCell);
  const help = $('<div class="vivgrid-parameter-help">').appendTo(container);
  const problems = createProblemList(container);

  const completion = createCompletion(unusedNames);
  nameInput.autoComplete({ search: completion.search, minLength: 0 });
  openOnClick(nameInput, completion);
  let knownName = name.trim();
  makeTyped(valueInput, { types: typesFor(knownName), default: type });
  valueInput.typedInput('value', value);
  const typedValue = keepUntouched(valueInput, value);

  nameInput.on('change keyup blur input', () => {
    const newName = nameOf();
    if (newName === knownName) return;
    knownName = newName;
    offerTypes();
    describe();
  });
  valueInput.on('change', describe);
  valueCell.on('input', describe);

  function nameOf(): string {
    return String(nameInput.val()).trim();
  }

  function unusedNames(): Suggestion[] {
    const used = usedNames();
    return Object.keys(PARAMETERS)
      .filter((candidate) => candidate === nameOf() || !used.includes(candidate))
      .map((candidate) => ({ value: candidate, help: helpFor(candidate) }));
  }

  function helpFor(parameter: string): string {
    const documented = PARAMETERS[parameter];
    if (!documented) return '';
    const { min, max } = documented;
    const hasRange = min !== undefined && max !== undefined && max - min < 1e6;
    const range = hasRange ? ` (${node._('vivgrid-chat.parameters.from-to', { min, max })})` : '';
    return text(`help.${parameter}`) + range;
  }

  function typesFor(parameter: string): (string | TypedInputType)[] {
    const known = Object.hasOwn(PARAMETERS, parameter) ? PARAMETERS[parameter]?.known : undefined;
    return PARAMETER_TYPES.map((candidate) =>
      candidate === 'str' && known ? choiceType(() => known.map((value) => ({ value }))) : candidate,
    );
  }

  function offerTypes(): void {
    const hasValue = typedValue().trim() !== '';
    valueInput.typedInput('types', typesFor(knownName));
    const kind = PARAMETERS[knownName]?.kind;
    if (kind && !hasValue) valueInput.typedInput('type', TYPE_OF_KIND[kind]);
  }

  function current(): ParameterRow {
    return {
      ...saved,
      name: nameOf() === name.trim() ? name : nameOf(),
      value: typedValue(),
      type: valueInput.typedInput('type') as ParameterType,
    };
  }

  function describe(): void {
    help.text(Object.hasOwn(PARAMETERS, knownName) ? helpFor(knownName) : '');
    problems.show(parameterProblems(node, current()));
  }

  describe();

  return {
    row: current,
    focus: () => (nameOf() === '' ? nameInput.trigger('focus') : valueInput.typedInput('focus')),
  };
}
