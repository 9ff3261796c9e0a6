// A schema of an object as a small table: what a tool takes, or what a reply holds. The schema is what is saved.
import { isObject } from '../common/is-object.ts';

export type FieldType = 'string' | 'number' | 'integer' | 'boolean' | 'string[]' | 'number[]';

export const FIELD_TYPES: readonly FieldType[] = [
  'string',
  'number',
  'integer',
  'boolean',
  'string[]',
  'number[]',
];

/** One row of the table. */
export interface SchemaField {
  name: string;
  type: FieldType;
  description: string;
  required: boolean;
  /** The allowed values, separated by commas or as a JSON array; blank = any. */
  values: string;
}

/** A schema as a table, or the reason why it is none. */
export type SchemaTable =
  | { fields: SchemaField[]; kept: KeptKeywords }
  | { problem: 'json'; words: string }
  | { problem: 'object' }
  | { problem: 'keyword'; name: string; where: string };

/** What the table does not show and does not touch. */
export interface KeptKeywords {
  $schema?: unknown;
  additionalProperties?: unknown;
}

type Schema = Record<string, unknown>;

/** What of a schema the table can't show: the first keyword or value that it has no place for. */
class NoPlace extends Error {
  readonly where: string;

  constructor(name: string, where: string) {
    super(name);
    this.where = where;
  }
}

/** Blank text is a table without rows. */
export function readSchemaTable(text: string): SchemaTable {
  if (text.trim() === '') return { fields: [], kept: {} };
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    return { problem: 'json', words: (error as Error).message };
  }
  if (!isObject(schema) || schema.type !== 'object') return { problem: 'object' };
  try {
    return readObject(schema);
  } catch (error) {
    if (!(error instanceof NoPlace)) throw error;
    return { problem: 'keyword', name: error.message, where: error.where };
  }
}

/** The schema of a table, as text; none for a table without rows. */
export function writeSchemaTable(fields: readonly SchemaField[], kept: KeptKeywords): string {
  const { $schema, ...others } = kept;
  if (fields.length === 0 && Object.keys(kept).length === 0) return '';
  const required = fields.filter((field) => field.required).map(({ name }) => name.trim());
  const properties = fields.map((field) => [field.name.trim(), writeProperty(field)]);
  const schema = {
    ...($schema !== undefined && { $schema }),
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    ...others,
  };
  return JSON.stringify(schema, undefined, 2);
}

/** The allowed values of a row; `undefined` for text that is no list of the row's type. */
export function readValues(text: string, type: FieldType): (string | number)[] | undefined {
  const values = listIn(text.trim());
  if (!values) return undefined;
  if (type === 'boolean') return values.length === 0 ? [] : undefined;
  if (type === 'string' || type === 'string[]') return values.map(String);
  const numbers = values.map((value) => (String(value).trim() === '' ? Number.NaN : Number(value)));
  const isFine = type === 'integer' ? Number.isInteger : Number.isFinite;
  return numbers.every(isFine) ? numbers : undefined;
}

function listIn(text: string): (string | number)[] | undefined {
  if (!text.startsWith('[')) {
    const values = text.split(',').map((value) => value.trim());
    return values.filter((value) => value !== '');
  }
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every(isPlainValue) ? list : undefined;
  } catch {
    return undefined;
  }
}

function writeValues(values: readonly (string | number)[]): string {
  const isSimple = values.every((value) => {
    const text = String(value);
    return text !== '' && text === text.trim() && !text.includes(',') && !text.startsWith('[');
  });
  return isSimple ? values.join(', ') : JSON.stringify(values);
}

function readObject(schema: Schema): SchemaTable {
  const { type: _type, properties = {}, required = [], $schema, additionalProperties, ...others } = schema;
  refuseRest(others, '');
  if (!isObject(properties)) throw new NoPlace('properties', '');
  if (!Array.isArray(required) || !required.every((name) => Object.hasOwn(properties, name)))
    throw new NoPlace('required', '');
  if (additionalProperties !== undefined && typeof additionalProperties !== 'boolean')
    throw new NoPlace('additionalProperties', '');
  const fields = Object.entries(properties).map(([name, property]) => ({
    ...readProperty(name, property),
    required: required.includes(name),
  }));
  const kept = {
    ...($schema !== undefined && { $schema }),
    ...(additionalProperties !== undefined && { additionalProperties }),
  };
  return { fields, kept };
}

function readProperty(name: string, property: unknown): Omit<SchemaField, 'required'> {
  if (!isObject(property)) throw new NoPlace(JSON.stringify(property), name);
  const { description = '', ...rest } = property;
  if (typeof description !== 'string') throw new NoPlace('description', name);
  const isList = rest.type === 'array';
  const { type: _array, items, ...aroundItems } = rest;
  if (isList) refuseRest(aroundItems, name);
  if (isList && !isObject(items)) throw new NoPlace('array', name);
  const { type, enum: values = [], ...others } = (isList ? items : rest) as Schema;
  refuseRest(others, name);
  const rowType = `${type}${isList ? '[]' : ''}` as FieldType;
  if (!FIELD_TYPES.includes(rowType)) throw new NoPlace(JSON.stringify(type ?? 'type'), name);
  if (!Array.isArray(values) || !values.every((value) => fits(value, rowType)))
    throw new NoPlace('enum', name);
  return { name, type: rowType, description, values: writeValues(values) };
}

function writeProperty({ type, description, values }: SchemaField): Schema {
  const list = readValues(values, type) ?? [];
  const isList = type.endsWith('[]');
  const value = { type: type.replace('[]', ''), ...(list.length > 0 && { enum: list }) };
  return {
    ...(isList ? { type: 'array' } : { type: value.type }),
    ...(description.trim() && { description: description.trim() }),
    ...(isList ? { items: value } : value),
  };
}

function fits(value: unknown, type: FieldType): value is string | number {
  if (type === 'boolean') return false;
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type.replace('[]', '');
}

function refuseRest(rest: Schema, where: string): void {
  const [name] = Object.keys(rest);
  if (name !== undefined) throw new NoPlace(name, where);
}

function isPlainValue(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
