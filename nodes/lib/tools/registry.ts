// The tools that flows offer, and the calls that are out in their flows. One registry for the whole process: a call's
// result may come back in any flow.
import { randomUUID } from 'node:crypto';
import type { CheckSchema } from '../schema/compile.ts';

/** A function that a model may call, answered by a flow. */
export interface FlowTool {
  /** The node's id; inside a subflow the instance's own. */
  nodeId: string;
  /** The id of the node in the subflow's template, if the node is part of one. */
  alias: string | undefined;
  /** The flow, or the subflow instance, that the node is in. */
  flowId: string;
  name: string;
  description: string;
  /** The JSON schema of the arguments. */
  parameters: object;
  /** Rejects with a ChatError `config` for a schema that can't be used. */
  checkArguments(): Promise<CheckSchema>;
  /** Milliseconds. */
  timeout: number;
  /** Starts the flow. */
  start(args: unknown, call: ToolCallHandle): void;
}

/** What a flow's message carries of its call. */
export interface ToolCallHandle {
  /** The model's id for the call; two models may give the same one. */
  id: string;
  /** Finds the way back; unique. */
  key: string;
}

/** How a call ended: with a result, or with an error text for the model. */
export interface ToolOutcome {
  text: string;
  isError: boolean;
}

const tools = new Map<string, FlowTool>();
const calls = new Map<string, { nodeId: string; settle: (outcome: ToolOutcome) => void }>();

export function registerTool(tool: FlowTool): void {
  tools.set(tool.nodeId, tool);
}

/** The tool is gone, or about to start anew: what its flow was doing is not waited for. */
export function unregisterTool(nodeId: string): void {
  const tool = tools.get(nodeId);
  if (!tool) return;
  tools.delete(nodeId);
  for (const call of [...calls.values()].filter((call) => call.nodeId === nodeId)) {
    call.settle(failed(`The tool ${tool.name} was stopped before it gave a result.`));
  }
}

/**
 * The tool of a node id. A chat node inside a subflow holds the ids of the subflow's template: the tool of its own
 * instance is meant.
 */
export function findTool(id: string, flowId: string): FlowTool | undefined {
  const direct = tools.get(id);
  if (direct) return direct;
  const instances = [...tools.values()].filter(({ alias }) => alias === id);
  return (
    instances.find((tool) => tool.flowId === flowId) ?? (instances.length === 1 ? instances[0] : undefined)
  );
}

/**
 * Gives a result to the call that it belongs to. A result for a call that has ended, or that never was, is let go.
 * @returns whether there was such a call
 */
export function settleCall(key: unknown, outcome: ToolOutcome): boolean {
  const call = typeof key === 'string' ? calls.get(key) : undefined;
  call?.settle(outcome);
  return call !== undefined;
}

/** Starts a tool's flow and waits for its result. Resolves in every case but an abort, which rejects. */
export function callTool(
  tool: FlowTool,
  args: unknown,
  id: string,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const key = randomUUID();
  // A deployment may have replaced the node since the model was told of it.
  const current = tools.get(tool.nodeId);
  if (!current) return Promise.resolve(failed(`The tool ${tool.name} is not there any more.`));
  return new Promise<ToolOutcome>((resolve, reject) => {
    const onAbort = (): void => finish(() => reject(signal.reason));
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      calls.delete(key);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const timer = setTimeout(
      () =>
        finish(() =>
          resolve(failed(`The tool ${tool.name} gave no result within ${current.timeout / 1000} s.`)),
        ),
      current.timeout,
    );
    calls.set(key, { nodeId: tool.nodeId, settle: (outcome) => finish(() => resolve(outcome)) });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else current.start(args, { id, key });
  });
}

/** An outcome that tells the model what went wrong. */
export function failed(words: string): ToolOutcome {
  return { text: `Error: ${words}`, isError: true };
}
