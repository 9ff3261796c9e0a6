// What is wrong with the prompt, in words: for each row as it is typed, and for the node as a whole.

import type { MessageRow } from '../../lib/common/settings.ts';
import { checkTemplate, type TemplateProblem } from '../../lib/request/check-template.ts';
import { fillRows } from './fill-defaults.ts';
import type { Problem } from './problem.ts';
import { typedValueProblem } from './typed-value.ts';

export const NEW_MESSAGE: MessageRow = { role: 'user', type: 'mustache', content: '' };

/** What is wrong with a row of the prompt, or probably wrong, in words. */
export function messageProblems(node: EditorNode, { role, type, content }: MessageRow): Problem[] {
  if (role === 'history' && isText(type)) return [error(node._('vivgrid-chat.prompt.history-text'))];
  if (type === 'mustache') return templateProblems(node, content);
  const reason = content.trim() === '' ? undefined : typedValueProblem(content, type);
  return reason === undefined ? [] : [error(reason)];
}

/** What is wrong with a template, or probably wrong, in words. */
export function templateProblems(node: EditorNode, template: string): Problem[] {
  return checkTemplate(template).map((problem) => templateProblem(node, template, problem));
}

/** Reasons why the prompt can't be sent as it is; `true` when there are none. */
export function validateMessages(this: EditorNode, value: unknown, _options: object): true | string[] {
  if (!Array.isArray(value)) return true;
  const rows = fillRows(value, NEW_MESSAGE);
  const reasons = rows.flatMap((row, index) =>
    messageProblems(this, row)
      .filter(({ severity }) => severity === 'error')
      .map(({ text }) => `${this._('vivgrid-chat.prompt.row', { number: index + 1 })}: ${text}`),
  );
  const asks = rows.some(({ role, content }) => !INSTRUCTION_ROLES.has(role) && content.trim() !== '');
  if (!asks) reasons.push(this._('vivgrid-chat.prompt.nothing-to-send'));
  return reasons.length === 0 || reasons;
}

/** Types whose content is written out in the form, with line breaks; the others name a place to look. */
export function isText(type: MessageRow['type']): boolean {
  return type === 'mustache' || type === 'str';
}

/** Roles that tell the model how to behave, but ask it nothing. */
const INSTRUCTION_ROLES: ReadonlySet<MessageRow['role']> = new Set(['system', 'developer']);

function error(text: string): Problem {
  return { severity: 'error', text };
}

function templateProblem(node: EditorNode, template: string, problem: TemplateProblem): Problem {
  const { kind, severity, position, name, suggestion = '' } = problem;
  const line = template.slice(0, position).split('\n').length;
  return {
    severity,
    text: node._(`vivgrid-chat.template.${kind}`, { line, name, suggestion }),
    // Mustache's own words don't say where.
    ...(kind !== 'syntax' && { range: { start: position, end: endOfTag(template, position) } }),
  };
}

/** Behind the tag's end, or at the end of its line when it has none. */
function endOfTag(template: string, start: number): number {
  const [tag = ''] = /^\{\{.*?\}\}+|^.*/.exec(template.slice(start)) ?? [];
  return start + tag.length;
}
