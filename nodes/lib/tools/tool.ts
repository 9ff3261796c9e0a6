// A tool as the rounds see it, whoever answers its calls: a flow or an MCP server.

import { isObject } from '../common/is-object.ts';
import type { ToolActivity } from '../common/tool-activity.ts';
import type { CheckSchema } from '../schema/compile.ts';

/** A function that a model may call. */
export interface Tool {
  /** As the model calls it: `TOOL_NAME` describes what it may look like. */
  name: string;
  description: string;
  /** The JSON Schema of the arguments. */
  parameters: object;
  /** Who answers its calls, and the name of the MCP server, if it is one. */
  by: ToolActivity['by'];
  server?: string;
  /** Rejects with a ChatError `config` for a schema that can't be used. */
  checkArguments(): Promise<CheckSchema>;
  /**
   * Makes a call. What goes wrong with it is an outcome, too. Rejects when the message must fail: with a ChatError, or with
   * the signal's reason.
   * @param id the model's id for the call; two models may give the same one
   */
  call(args: Record<string, unknown>, id: string, signal: AbortSignal, caller: Caller): Promise<ToolOutcome>;
}

/** Who makes a call, and waits for its result. */
export interface Caller {
  /** The lane that waits with it, if any: the messages of its conversation, or of its node. */
  lane: string | undefined;
  /** The key of the open call that its own message came from, if any. */
  answers: string | undefined;
}

/** How a call ended: with a result, or with an error text for the model. */
export interface ToolOutcome {
  text: string;
  isError: boolean;
}

/** An outcome that tells the model what went wrong. */
export function failed(words: string): ToolOutcome {
  return { text: `Error: ${words}`, isError: true };
}

/** Whether these arguments may be given to a tool: what is wrong with them, if anything is. */
export async function findArgumentProblem(
  tool: Pick<Tool, 'checkArguments'>,
  args: unknown,
): Promise<string | undefined> {
  const check = await tool.checkArguments();
  // A schema may allow anything; what is called is a function with named arguments all the same.
  return check(args) ?? (isObject(args) ? undefined : '/ must be object');
}
