// What is wrong with the parameters, in words: for each row as it is typed, and for the node as a whole.

import type { ParameterRow, ParameterType } from '../../lib/common/settings.ts';
import { coerceParameter } from '../../lib/request/coerce-parameter.ts';
import { OWNED_FIELDS, PARAMETERS } from '../../lib/request/parameters.ts';
import { fillRows } from './fill-defaults.ts';
import type { Problem } from './problem.ts';
import { IS_VARIABLE, typedValueProblem } from './typed-value.ts';

export const NEW_PARAMETER: ParameterRow = { name: '', value: '', type: 'num' };

/** What is wrong with a parameter row, in words. A row with a blank value is fine: it is not sent. */
export function parameterProblems(node: EditorNode, row: ParameterRow): Problem[] {
  const text = (key: string, values?: Record<string, string | number>) =>
    node._(`vivgrid-chat.parameters.${key}`, values);
  const { type } = row;
  const name = row.name.trim();
  const value = row.value.trim();
  if (name === '') return value === '' ? [] : [{ severity: 'error', text: text('no-name') }];
  if (OWNED_FIELDS.includes(name)) return [{ severity: 'error', text: text('owned', { name }) }];
  const hints: Problem[] = name === 'max_tokens' ? [{ severity: 'hint', text: text('max-tokens') }] : [];
  if (value === '' || IS_VARIABLE.test(value)) return hints;
  const reason = typedValueProblem(value, type) ?? literalProblem(node, name, value, type);
  return reason === undefined ? hints : [{ severity: 'error', text: reason }, ...hints];
}

/** Reasons why the parameters can't be sent as they are; `true` when there are none. */
export function validateParameters(
  this: EditorNode & { stream?: boolean },
  value: unknown,
  _options: object,
): true | string[] {
  if (!Array.isArray(value)) return true;
  const rows = fillRows(value, NEW_PARAMETER);
  const reasons = rows.flatMap((row) =>
    parameterProblems(this, row)
      .filter(({ severity }) => severity === 'error')
      .map(({ text }) => (row.name.trim() === '' ? text : `${row.name.trim()}: ${text}`)),
  );
  const names = rows.map(({ name }) => name.trim()).filter((name) => name !== '');
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    reasons.push(this._('vivgrid-chat.parameters.twice', { name }));
  }
  const copies = rows.find(({ name, type }) => name.trim() === 'n' && type === 'num');
  if (this.stream && Number(copies?.value) > 1) reasons.push(this._('vivgrid-chat.parameters.stream-n'));
  return reasons.length === 0 || reasons;
}

function literalProblem(
  node: EditorNode,
  name: string,
  value: string,
  type: ParameterType,
): string | undefined {
  const documented = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
  const read = LITERALS[type];
  if (!documented || !read) return undefined;
  const coerced = coerceParameter(read(value), documented);
  if (!('problem' in coerced)) return undefined;
  const { kind, min = '', max = '' } = documented;
  return coerced.problem === 'kind'
    ? node._(`vivgrid-chat.parameters.kinds.${kind}`)
    : node._('vivgrid-chat.parameters.range', { min, max });
}

/** The types whose value is written out in the form, and what the runtime makes of it. */
const LITERALS: Partial<Record<ParameterType, (value: string) => unknown>> = {
  num: Number,
  str: (value) => value,
  bool: (value) => /^true$/i.test(value),
  json: (value) => JSON.parse(value),
};
