// What is wrong with the schema of a reply and its name, in words.

import type { ChatSettings } from '../../lib/common/settings.ts';
import { findSchemaProblem } from '../../lib/schema/shape.ts';
import { currentValue } from './open-form.ts';

/** The reason why a text is no schema, as far as that can be told without compiling it. */
export function schemaTextProblem(text: string): string | undefined {
  if (text.trim() === '') return words('missing');
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    return RED._('validator.errors.invalid-json', { error: (error as Error).message });
  }
  const problem = findSchemaProblem(schema);
  if (!problem) return undefined;
  const reason = words(`expected.${problem.expected}`);
  return problem.path === '' ? reason : `${problem.path}: ${reason}`;
}

/** The reason why the schema can't be used; `true` when it can, or when the format needs none. */
export function validateSchema(
  this: EditorNode & ChatSettings,
  value: unknown,
  _options: object,
): true | string {
  if (currentValue(this, 'format') !== 'json_schema') return true;
  const reason = schemaTextProblem(String(value ?? ''));
  return reason === undefined || `${this._('vivgrid-chat.label.schema')}: ${reason}`;
}

/** The name goes along with the schema; blank is the default's. */
export function validateSchemaName(
  this: EditorNode & ChatSettings,
  value: unknown,
  _options: object,
): true | string {
  if (currentValue(this, 'format') !== 'json_schema') return true;
  return /^[\w-]{0,64}$/.test(String(value ?? '').trim()) || words('name');
}

// Every node that has a schema says the same about it.
function words(key: string): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-chat:vivgrid-chat.schema.${key}`);
}
