// One call of a tool: looked at before it is made, whether a model or a person in the editor makes it.
import { randomUUID } from 'node:crypto';
import { parseJson } from '../common/parse-json.ts';
import { unlessAborted } from '../common/unless-aborted.ts';
import { asTool, toolOf } from './registry.ts';
import { type Caller, failed, findArgumentProblem, type Tool, type ToolOutcome } from './tool.ts';

export interface RunOptions {
  signal: AbortSignal;
  caller: Caller;
  /** What to wait for before a tool is called; `undefined` while no flows are being deployed. */
  flowsReady(): Promise<void> | undefined;
}

/**
 * Makes a call that names a tool, which there may be none of. Rejects as the tool's `call` does.
 * @param args `undefined` for what is not valid JSON
 */
export async function runTool(
  tool: Tool | undefined,
  name: string,
  args: unknown,
  id: string,
  { signal, caller, flowsReady }: RunOptions,
): Promise<ToolOutcome> {
  if (!tool) return failed(`There is no tool named ${name}.`);
  if (args === undefined) return failed('The arguments are no valid JSON.');
  const problem = await findArgumentProblem(tool, args);
  if (problem !== undefined) return failed(`The arguments are wrong: ${problem}.`);
  const ready = flowsReady();
  if (ready) await unlessAborted(ready, signal);
  return tool.call(args as Record<string, unknown>, id, signal, caller);
}

/**
 * Calls a tool for nobody's message, as a model would: checked, asked about and timed out in the same way.
 * @param text the arguments, as JSON
 * @returns how it ended and how long that took, in milliseconds; nothing when there is no such tool.
 * Rejects with a ChatError `config` for a schema that can't be used, or with the signal's reason.
 */
export async function callForPerson(
  nodeId: string,
  text: string,
  options: Omit<RunOptions, 'caller'>,
): Promise<(ToolOutcome & { ms: number }) | undefined> {
  const tool = toolOf(nodeId);
  if (!tool) return undefined;
  const began = performance.now();
  const caller: Caller = { lane: undefined, answers: undefined };
  const id = randomUUID().replaceAll('-', '').slice(0, 9);
  const outcome = await runTool(asTool(tool), tool.name, parseJson(text), id, { ...options, caller });
  return { ...outcome, ms: Math.round(performance.now() - began) };
}
