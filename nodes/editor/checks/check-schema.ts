// What is wrong with a schema, in words: of a reply with its name, and what is typed where one should be.

import type { ChatSettings } from '../../lib/common/settings.ts';
import { isExample } from '../../lib/schema/example.ts';
import { placeInJson } from '../../lib/schema/place-in-json.ts';
import { findSchemaProblem } from '../../lib/schema/shape.ts';
import { currentValue } from './open-form.ts';
import type { Problem } from './problem.ts';

/** What is wrong with the text of a schema, as far as that can be told without compiling it. */
export function schemaTextProblems(text: string): Problem[] {
  if (text.trim() === '') return [error(words('missing'))];
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (problem) {
    // Code editors for JSON mark the place themselves.
    return [error(RED._('validator.errors.invalid-json', { error: (problem as Error).message }))];
  }
  // It would let any reply pass, and nobody would know.
  const asExample = isExample(schema) ? [error(exampleWords())] : [];
  const problem = Array.isArray(schema) && asExample.length > 0 ? undefined : findSchemaProblem(schema);
  if (!problem) return asExample;
  const { path, expected } = problem;
  const reason = words(`expected.${expected}`);
  const range = path === '' ? undefined : placeInJson(text, path);
  return [{ ...error(path === '' ? reason : `${path}: ${reason}`), ...(range && { range }) }, ...asExample];
}

export function exampleWords(): string {
  return words('example');
}

/** The value that a text holds when it is an example in place of a schema. */
export function exampleIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isExample(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The reasons why the schema can't be used; `true` when it can, or when the format needs none. */
export function validateSchema(
  this: EditorNode & ChatSettings,
  value: unknown,
  _options: object,
): true | string[] {
  if (currentValue(this, 'format') !== 'json_schema') return true;
  const reasons = schemaTextProblems(String(value ?? ''));
  return (
    reasons.length === 0 || reasons.map((reason) => `${this._('vivgrid-chat.label.schema')}: ${reason.text}`)
  );
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

function error(text: string): Problem {
  return { severity: 'error', text };
}

// Every node that has a schema says the same about it.
function words(key: string): string {
  return RED._(`@vivgrid/node-red-vivgrid/vivgrid-chat:vivgrid-chat.schema.${key}`);
}
