// The arguments of a function as the fields of a form: what its schema says of each, and what is typed into them.
import { isObject } from '../common/is-object.ts';
import { parseJson } from '../common/parse-json.ts';

/** `choice` = one of the allowed values; `list` = values separated by commas; `json` = whatever no other kind is for. */
export type ArgumentKind = 'string' | 'number' | 'boolean' | 'choice' | 'list' | 'json';

export interface ArgumentField {
  name: string;
  description: string;
  required: boolean;
  kind: ArgumentKind;
  /** The allowed values of a `choice`. */
  values: (string | number)[];
  /** Whether a `list` is one of numbers. */
  ofNumbers: boolean;
}

/** A field for each property of an object's schema; nothing where the schema names none, but may take some. */
export function argumentFields(schema: object): ArgumentField[] | undefined {
  const { type, properties, required, ...rest } = schema as Record<string, unknown>;
  if (!isObject(properties)) return undefined;
  // An object that is described in another way, too, has properties that are not in the list.
  const isWhole = ['$ref', 'allOf', 'anyOf', 'oneOf', 'patternProperties', 'if'].every(
    (key) => !(key in rest),
  );
  if (!isWhole) return undefined;
  const names: unknown[] = Array.isArray(required) ? required : [];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: names.includes(name),
    ...describe(isObject(property) ? property : {}),
  }));
}

function describe(property: Record<string, unknown>): Omit<ArgumentField, 'name' | 'required'> {
  const { type, enum: allowed, items, description } = property;
  const of = (kind: ArgumentKind, values: (string | number)[] = [], ofNumbers = false) => ({
    description: typeof description === 'string' ? description : '',
    kind,
    values,
    ofNumbers,
  });
  if (Array.isArray(allowed)) return allowed.every(isPlainValue) ? of('choice', allowed) : of('json');
  if (type === 'integer' || type === 'number') return of('number');
  if (type === 'string' || type === 'boolean') return of(type);
  const itemType = type === 'array' && isObject(items) ? items.type : undefined;
  if (itemType === 'string') return of('list');
  return itemType === 'integer' || itemType === 'number' ? of('list', [], true) : of('json');
}

/**
 * The arguments that were typed, by the names of their fields. A blank one is left out. What doesn't fit is taken as a
 * text, for the tool's own check to refuse.
 */
export function readArguments(
  fields: readonly ArgumentField[],
  typed: (name: string) => string,
): Record<string, unknown> {
  const filled = fields.filter(({ name }) => typed(name).trim() !== '');
  // Defined, not set: a property may have any name.
  return Object.fromEntries(filled.map((field) => [field.name, readArgument(field, typed(field.name))]));
}

function readArgument({ kind, values, ofNumbers }: ArgumentField, text: string): unknown {
  switch (kind) {
    case 'string':
      return text;
    case 'choice':
      return values.find((value) => String(value) === text) ?? text;
    case 'number':
      return numberOr(text);
    case 'list': {
      const list = text.trim().startsWith('[') ? parseJson(text) : undefined;
      if (Array.isArray(list)) return list;
      const items = text.split(',').map((item) => item.trim());
      return items.filter((item) => item !== '').map((item) => (ofNumbers ? numberOr(item) : item));
    }
    case 'boolean':
    case 'json': {
      const value = parseJson(text);
      return value === undefined ? text : value;
    }
  }
}

function numberOr(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function isPlainValue(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
