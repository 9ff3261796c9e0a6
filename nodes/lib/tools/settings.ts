// The saved properties of a tool node, checked.
import { ChatError } from '../common/errors.ts';
import { readNumber } from '../common/read-number.ts';
import { TOOL_DEFAULTS, TOOL_NAME, type ToolSettings } from '../common/settings.ts';
import { toText } from '../common/to-text.ts';
import { type CheckSchema, compileSchema, parseSchema } from '../schema/compile.ts';
import type { FlowTool } from './registry.ts';

type ToolDescription = Pick<
  FlowTool,
  'name' | 'description' | 'parameters' | 'checkArguments' | 'timeout' | 'approval'
>;

/** @throws ChatError `config` that says what to change; whether the schema can be used shows with its first use */
export function readToolSettings(saved: Partial<ToolSettings>): ToolDescription {
  const name = toText(saved.name).trim();
  if (!TOOL_NAME.test(name)) throw new ChatError('tool_name', { name: name.slice(0, 80) });
  const schema = toText(saved.schema);
  // The API wants the field, also of a function without parameters.
  const parameters = schema.trim() === '' ? { type: 'object', properties: {} } : parseSchema(schema);
  let check: Promise<CheckSchema> | undefined;
  return {
    name,
    description: toText(saved.description).trim(),
    parameters,
    checkArguments: () => {
      check ??= compileSchema(parameters, 'tool_schema', { name });
      return check;
    },
    timeout:
      readNumber(saved, 'timeout', TOOL_DEFAULTS, { min: 0.001, max: 2_000_000 }, 'chat_number') * 1000,
    approval: saved.approval === true,
  };
}
