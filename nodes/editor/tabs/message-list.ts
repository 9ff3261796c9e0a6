// The prompt in the chat node's form: rows with a role and a typed content, templates in code editors of their own.
import { CONTENT_TYPES, type ContentType, type MessageRow, ROLES } from '../../lib/common/settings.ts';
import { isText, messageProblems, NEW_MESSAGE } from '../checks/check-messages.ts';
import { typedValueProblem } from '../checks/typed-value.ts';
import { createProblemList } from '../widgets/problem-list.ts';
import { createRowList, type RowList, type RowView } from '../widgets/row-list.ts';
import { createTextEditor, type TextEditor } from '../widgets/text-editor.ts';
import { checkTyped, keepUntouched, makeTyped } from '../widgets/typed-text.ts';

/** What only types that can hold an array are good for: a history that is put in. */
const HISTORY_TYPES: readonly ContentType[] = ['msg', 'flow', 'global', 'jsonata'];

/** The rows of the prompt, in `#node-input-messages-container`. */
export function createMessageList(
  node: EditorNode,
  rows: readonly MessageRow[],
  preview: () => void,
): RowList<MessageRow> {
  const list: RowList<MessageRow> = createRowList<MessageRow>({
    list: $('#node-input-messages-container'),
    rows,
    labelledBy: 'node-input-messages-label',
    addText: node._('vivgrid-chat.prompt.add'),
    buttons: [
      {
        id: 'vivgrid-chat-preview',
        label: node._('vivgrid-chat.preview.open'),
        title: node._('vivgrid-chat.preview.title'),
        icon: 'fa fa-eye',
        click: preview,
      },
    ],
    moveText: node._('vivgrid-chat.list.move'),
    removeText: node._('vivgrid-chat.prompt.remove'),
    build(container, row) {
      const view = createMessageRow(node, container, row, () => list.insertAfter(view, view.row()));
      return view;
    },
  });
  return list;
}

function createMessageRow(
  node: EditorNode,
  container: JQuery,
  saved: Partial<MessageRow>,
  duplicate: () => void,
): RowView<MessageRow> {
  const text = (key: string) => node._(`vivgrid-chat.prompt.${key}`);
  const { role, type, content } = { ...NEW_MESSAGE, ...saved };
  let written = isText(type) ? content : '';
  let editor: TextEditor | undefined;

  const row = $('<div class="vivgrid-message">').appendTo(container);
  const head = $('<div class="vivgrid-message-head">').appendTo(row);
  const collapse = iconButton('fa-angle-down', text('collapse')).addClass('vivgrid-collapse').appendTo(head);
  const roleSelect = $('<select class="vivgrid-role">').attr('aria-label', text('role')).appendTo(head);
  for (const value of new Set([...ROLES, role])) {
    $('<option>')
      .val(value)
      .text(text(`roles.${value}`))
      .appendTo(roleSelect);
  }
  roleSelect.val(role);
  const input = $('<input type="text" class="vivgrid-content">')
    .attr('aria-label', text('content'))
    .appendTo(head);
  const summary = $('<span class="vivgrid-summary">').hide().appendTo(head);
  const expand = iconButton('fa-expand', RED._('node-red:common.label.expand'))
    .addClass('vivgrid-expand')
    .appendTo(head);
  const copy = iconButton('fa-clone', text('duplicate')).appendTo(head);

  const body = $('<div class="vivgrid-message-body">').appendTo(row);
  const tip = $('<div class="vivgrid-row-tip">').text(text('history-tip')).appendTo(row);
  const problems = createProblemList(row);

  makeTyped(input, { types: typesFor(role), default: type });
  if (!isText(type)) input.typedInput('value', content);
  checkTyped(input, contentProblem);
  const typedContent = keepUntouched(input, content);
  showType();

  input.on('change', () => {
    showType();
    check();
  });
  head.on('input', check);
  roleSelect.on('change', () => {
    const current = input.typedInput('type') as ContentType;
    const types = typesFor(roleSelect.val() as MessageRow['role'], current);
    input.typedInput('types', types);
    checkTyped(input, contentProblem);
    showType();
    check();
  });
  collapse.on('click', () => setCollapsed(!row.hasClass('vivgrid-collapsed')));
  expand.on('click', () => editor?.expand());
  copy.on('click', duplicate);

  function typesFor(role: MessageRow['role'], keep: ContentType = type): (string | TypedInputType)[] {
    const isFitting = (candidate: ContentType) => role !== 'history' || HISTORY_TYPES.includes(candidate);
    // A type that does not fit but was saved stays, with a reason under the row, rather than change in silence.
    const types = CONTENT_TYPES.filter(
      (candidate) => isFitting(candidate) || (candidate === keep && !isText(keep)),
    );
    return types.map((candidate) => TEXT_TYPES(node)[candidate] ?? candidate);
  }

  function currentType(): ContentType {
    return input.typedInput('type') as ContentType;
  }

  function showType(): void {
    const mode = { mustache: 'handlebars', str: 'text' }[currentType() as string] as
      | 'handlebars'
      | 'text'
      | undefined;
    if (editor && editor.element.data('mode') !== mode) closeEditor();
    if (mode && !editor) openEditor(mode);
    row.toggleClass('vivgrid-written', mode !== undefined);
    tip.toggle(roleSelect.val() === 'history');
    body.toggle(mode !== undefined);
    expand.toggle(mode !== undefined);
    collapse.css('visibility', mode ? 'visible' : 'hidden');
    if (!mode) setCollapsed(false);
  }

  function openEditor(mode: 'handlebars' | 'text'): void {
    editor = createTextEditor({
      container: body,
      value: written,
      mode,
      label: text('content'),
      expandTitle: text(`roles.${roleSelect.val()}`),
      onChange: check,
    });
    editor.element.data('mode', mode);
  }

  function closeEditor(): void {
    written = editor?.value() ?? written;
    editor?.destroy();
    editor = undefined;
  }

  function setCollapsed(collapsed: boolean): void {
    if (collapsed === row.hasClass('vivgrid-collapsed')) return;
    row.toggleClass('vivgrid-collapsed', collapsed);
    collapse.attr('aria-expanded', String(!collapsed));
    collapse.find('i').toggleClass('fa-angle-down', !collapsed).toggleClass('fa-angle-right', collapsed);
    summary.text(editor?.value() ?? '');
  }

  function current(): MessageRow {
    return {
      ...saved,
      role: roleSelect.val() as MessageRow['role'],
      type: currentType(),
      content: editor ? editor.value() : typedContent(),
    };
  }

  function check(): void {
    const found = messageProblems(node, current());
    problems.show(found);
    editor?.mark(found);
  }

  check();

  return {
    row: current,
    focus: () => roleSelect.trigger('focus'),
    destroy: closeEditor,
  };
}

/** A blank place adds nothing to the prompt. */
function contentProblem(value: string, type: string): string | undefined {
  return value.trim() === '' ? undefined : typedValueProblem(value, type);
}

/** Content that is written in the row's own editor: the typed input shows the type alone. */
function TEXT_TYPES(node: EditorNode): Partial<Record<ContentType, TypedInputType>> {
  return {
    mustache: {
      value: 'mustache',
      label: node._('vivgrid-chat.prompt.types.mustache'),
      icon: 'fa fa-file-code-o',
      hasValue: false,
    },
    str: {
      value: 'str',
      label: node._('vivgrid-chat.prompt.types.str'),
      icon: 'red/images/typedInput/az.svg',
      hasValue: false,
    },
  };
}

function iconButton(icon: string, title: string): JQuery {
  const button = $('<button type="button" class="red-ui-button red-ui-button-small">').attr(
    'aria-label',
    title,
  );
  button.append($('<i class="fa" aria-hidden="true">').addClass(icon));
  RED.popover.tooltip(button, title);
  return button;
}
