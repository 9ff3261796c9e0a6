// What is wrong with the attachments, in words.
import type { AttachmentRow } from '../../lib/common/settings.ts';
import { fillRows } from './fill-defaults.ts';
import { IS_VARIABLE, typedValueProblem } from './typed-value.ts';

/** What is not said in a saved row. */
export const ATTACHMENT_DEFAULTS: AttachmentRow = { value: '', type: 'msg' };

/** The reason why there can be no attachment; a blank row is fine: nothing is attached. */
export function attachmentProblem(node: EditorNode, { value, type }: AttachmentRow): string | undefined {
  const text = value.trim();
  if (text === '' || IS_VARIABLE.test(text)) return undefined;
  if (type !== 'str') return typedValueProblem(value, type);
  const isUrl = (/^https?:\/\//i.test(text) && URL.canParse(text)) || /^data:[^,]*,/i.test(text);
  return isUrl ? undefined : node._('vivgrid-chat.attachments.no-url');
}

/** Reasons why the attachments can't be sent as they are; `true` when there are none. */
export function validateAttachments(this: EditorNode, value: unknown, _options: object): true | string[] {
  if (!Array.isArray(value)) return true;
  const reasons = fillRows(value, ATTACHMENT_DEFAULTS).flatMap((row, index) => {
    const reason = attachmentProblem(this, row);
    const number = index + 1;
    return reason === undefined ? [] : [`${this._('vivgrid-chat.attachments.row', { number })}: ${reason}`];
  });
  return reasons.length === 0 || reasons;
}
