// The request-body fields that the API documents, with their types and ranges: one table for the runtime, which
// coerces values by it, and for the editor, which offers the names and explains the ranges.

/** How a documented parameter is written in the request body. */
export type ParameterKind = 'number' | 'integer' | 'boolean' | 'string' | 'string[]' | 'object' | 'json';

export interface DocumentedParameter {
  kind: ParameterKind;
  min?: number;
  max?: number;
  /** Values the service documents; any other text goes as it is, since newer models know more. */
  known?: readonly string[];
  /** Whether an object is taken as well. */
  orObject?: boolean;
}

const INT32 = { min: -2147483648, max: 2147483647 };

/** Documented parameters by the API's own names, in the order in which the editor offers them. */
export const PARAMETERS: Readonly<Record<string, DocumentedParameter>> = {
  temperature: { kind: 'number', min: 0, max: 2 },
  top_p: { kind: 'number', min: 0, max: 1 },
  max_completion_tokens: { kind: 'integer', min: 1, max: INT32.max },
  reasoning_effort: { kind: 'string', known: ['none', 'low', 'medium', 'high'] },
  stop: { kind: 'string[]' },
  presence_penalty: { kind: 'number', min: -2, max: 2 },
  frequency_penalty: { kind: 'number', min: -2, max: 2 },
  seed: { kind: 'integer', ...INT32 },
  n: { kind: 'integer', min: 1, max: 16 },
  logprobs: { kind: 'boolean' },
  top_logprobs: { kind: 'integer', min: 0, max: 20 },
  logit_bias: { kind: 'object' },
  user: { kind: 'string' },
  verbosity: { kind: 'string', known: ['low', 'medium', 'high'] },
  metadata: { kind: 'object' },
  agent_context: { kind: 'json' },
  parallel_tool_calls: { kind: 'boolean' },
  tool_choice: { kind: 'string', known: ['auto', 'none', 'required'], orObject: true },
  response_format: { kind: 'object' },
};

/** Body fields that the form sets elsewhere: a parameter of that name would contradict it. */
export const OWNED_FIELDS: readonly string[] = ['model', 'messages', 'stream'];
