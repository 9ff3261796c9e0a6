// The list of attachments in the chat node's form.
import { ATTACHMENT_TYPES, type AttachmentRow, type AttachmentType } from '../../lib/common/settings.ts';
import { ATTACHMENT_DEFAULTS, attachmentProblem } from '../checks/check-attachments.ts';
import { createProblemList } from '../widgets/problem-list.ts';
import { createRowList, type RowList, type RowView } from '../widgets/row-list.ts';
import { checkTyped, keepUntouched, makeTyped } from '../widgets/typed-text.ts';

/** Where a picture mostly is: what a camera or a file node has put into the message. */
const NEW_ATTACHMENT: AttachmentRow = { value: 'payload', type: 'msg' };

/** What is shown to the model with the prompt, in `#node-input-attachments-container`. */
export function createAttachmentList(
  node: EditorNode,
  rows: readonly AttachmentRow[],
): RowList<AttachmentRow> {
  const list: RowList<AttachmentRow> = createRowList<AttachmentRow>({
    list: $('#node-input-attachments-container'),
    rows,
    labelledBy: 'node-input-attachments-label',
    addText: node._('vivgrid-chat.attachments.add'),
    moveText: node._('vivgrid-chat.list.move'),
    removeText: node._('vivgrid-chat.attachments.remove'),
    build: (container, row) => createAttachmentRow(node, container, row),
    onChange: () => RED.tray.resize(),
  });
  list.height('auto');

  return {
    ...list,
    // A row that was added and left blank says nothing.
    rows: () => list.rows().filter(({ value }) => value.trim() !== ''),
  };
}

function createAttachmentRow(
  node: EditorNode,
  container: JQuery,
  saved: Partial<AttachmentRow>,
): RowView<AttachmentRow> {
  const isNew = Object.keys(saved).length === 0;
  const { value, type } = { ...(isNew ? NEW_ATTACHMENT : ATTACHMENT_DEFAULTS), ...saved };
  const input = $('<input type="text" style="width: 100%">')
    .attr('aria-label', node._('vivgrid-chat.attachments.value'))
    .appendTo(container);
  const problems = createProblemList(container);
  makeTyped(input, { types: ATTACHMENT_TYPES, default: type });
  input.typedInput('value', value);
  checkTyped(input, (value, type) => attachmentProblem(node, { value, type: type as AttachmentType }));
  const typedValue = keepUntouched(input, value);
  input.on('change', check);
  container.on('input', check);
  check();

  function current(): AttachmentRow {
    return { ...saved, value: typedValue(), type: input.typedInput('type') as AttachmentType };
  }

  function check(): void {
    const reason = attachmentProblem(node, current());
    problems.show(reason === undefined ? [] : [{ severity: 'error', text: reason }]);
  }

  return { row: current, focus: () => input.typedInput('focus') };
}
