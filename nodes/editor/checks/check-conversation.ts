// What is wrong with the property of a conversation, in words.
import type { ChatSettings } from '../../lib/common/settings.ts';
import { templateProblems } from './check-messages.ts';
import { currentValue } from './open-form.ts';
import type { Problem } from './problem.ts';
import { typedValueProblem } from './typed-value.ts';

/** What is wrong, or probably wrong, with the context property that holds the conversation. */
export function conversationProblems(node: EditorNode, value: string): Problem[] {
  const { key } = RED.utils.parseContextKey(value);
  const problems = templateProblems(node, key);
  if (problems.some(({ severity }) => severity === 'error')) return problems;
  // Only a message tells what sections and other delimiters come to.
  if (/\{\{\s*[#^/=!]/.test(key)) return problems;
  const reason = typedValueProblem(key.replace(VALUE_TAG, 'x'), 'flow');
  return reason === undefined ? problems : [{ severity: 'error', text: reason }];
}

/** The reason why no conversation can be kept there; `true` when one can, or when none is to be kept. */
export function validateConversation(
  this: EditorNode & ChatSettings,
  value: unknown,
  _options: object,
): true | string {
  if (!currentValue(this, 'memory')) return true;
  const error = conversationProblems(this, String(value ?? '')).find(({ severity }) => severity === 'error');
  return error === undefined || `${this._('vivgrid-chat.label.conversation')}: ${error.text}`;
}

/** What a tag puts in is one segment of the path, or a part of one, whatever it is. */
const VALUE_TAG = /\{\{\{[^}]*\}\}\}|\{\{[^}]*\}\}/g;
