// The saved properties of a tool node, checked.
import { ChatError, wordsOf } from './errors.ts';
import { readNumber } from './read-number.ts';
import { type CheckSchema, compileSchema } from './schema.ts';
import { TOOL_DEFAULTS, type ToolSettings } from './settings.ts';
import type { FlowTool } from './tool-registry.ts';

/** A function's name, as the API allows it. */
export const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

type ToolDescription = Pick<FlowTool, 'name' | 'description' | 'parameters' | 'checkArguments' | 'timeout'>;

/** @throws ChatError `config` that says what to change; the schema is compiled only when the tool is called */
export function readToolSettings(saved: Partial<ToolSettings>): ToolDescription {
  const name = (saved.name ?? '').trim();
  if (!TOOL_NAME.test(name)) throw new ChatError('tool_name', { name: name.slice(0, 80) });
  const parameters = readSchema(saved.schema ?? '');
  let check: Promise<CheckSchema> | undefined;
  return {
    name,
    description: (saved.description ?? '').trim(),
    parameters,
    checkArguments: () => {
      check ??= compileSchema(parameters, 'schema_invalid');
      return check;
    },
    timeout:
      readNumber(saved, 'timeout', TOOL_DEFAULTS, { min: 0.001, max: 2_000_000 }, 'setting_number') * 1000,
  };
}

// A function without parameters still needs a schema (vivgrid-api.md, "Request").
function readSchema(text: string): object {
  if (text.trim() === '') return { type: 'object', properties: {} };
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw new ChatError('schema_no_json', { words: wordsOf(error) });
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new ChatError('schema_no_json', { words: 'it must be an object' });
  }
  return schema;
}
