// The tools that flows offer, and how they are called. One registry for the whole process: a call's result may come back
// in any flow.
import { randomUUID } from 'node:crypto';
import { countHeld, holdCall, keyStart } from './approval.ts';
import { findInInstance, type PlacedNode } from './instances.ts';
import { openCalls } from './open-calls.ts';
import { type Caller, failed, type Tool, type ToolOutcome } from './tool.ts';

/** A function that a model may call, answered by a flow. */
export interface FlowTool
  extends PlacedNode,
    Pick<Tool, 'name' | 'description' | 'parameters' | 'checkArguments'> {
  /** The node's id; inside a subflow the instance's own. */
  nodeId: string;
  /** Milliseconds, from the call. */
  timeout: number;
  /** Whether a person is asked before the flow starts. */
  approval: boolean;
  /** Starts the flow. */
  start(args: unknown, call: ToolCallHandle): void;
  /** Asks a person whether the call may be made; gives the flow arguments of its own. */
  ask(args: unknown, call: ToolCallHandle): void;
  /** Shows how many calls wait for a person. */
  showHeld(count: number): void;
}

/** What a flow's message carries of its call. */
export interface ToolCallHandle {
  /** The model's id for the call; two models may give the same one. */
  id: string;
  /** Finds the way back; unique. */
  key: string;
}

const tools = new Map<string, FlowTool>();

export function registerTool(tool: FlowTool): void {
  tools.set(tool.nodeId, tool);
}

/** The tool is gone, or about to start anew: what its flow was doing is not waited for. */
export function unregisterTool(nodeId: string): void {
  const tool = tools.get(nodeId);
  if (!tool) return;
  tools.delete(nodeId);
  for (const call of [...openCalls.values()].filter((call) => call.nodeId === nodeId)) {
    call.settle(failed(`The tool ${tool.name} was stopped before it gave a result.`));
  }
}

/** The tool of a node id. */
export function findTool(id: string, flowId: string): FlowTool | undefined {
  return findInInstance(tools, id, flowId);
}

/** The tool of a running node. A node of a subflow's template runs in none but the instances, under other ids. */
export function toolOf(nodeId: string): FlowTool | undefined {
  return tools.get(nodeId);
}

/** The tool as the rounds see it. */
export function asTool(tool: FlowTool): Tool {
  const { name, description, parameters } = tool;
  return {
    name,
    description,
    parameters,
    by: 'flow',
    checkArguments: () => tool.checkArguments(),
    call: (args, id, signal, caller) => callTool(tool, args, id, signal, caller),
  };
}

/** Starts a tool's flow and waits for its result. Resolves in every case but an abort, which rejects. */
function callTool(
  tool: FlowTool,
  args: unknown,
  id: string,
  signal: AbortSignal,
  caller: Caller,
): Promise<ToolOutcome> {
  const key = keyStart(tool.nodeId) + randomUUID();
  // A deployment may have replaced the node since the model was told of it.
  const current = tools.get(tool.nodeId);
  if (!current) return Promise.resolve(failed(`The tool ${tool.name} is not there any more.`));
  return new Promise<ToolOutcome>((resolve, reject) => {
    let release: (() => void) | undefined;
    const onAbort = (): void => finish(() => reject(signal.reason));
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      openCalls.delete(key);
      release?.();
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const seconds = current.timeout / 1000;
    const late = (): ToolOutcome =>
      release
        ? failed(`Nobody answered within ${seconds} s whether the tool ${tool.name} may be used.`)
        : failed(`The tool ${tool.name} gave no result within ${seconds} s.`);
    const timer = setTimeout(() => finish(() => resolve(late())), current.timeout);
    const settle = (outcome: ToolOutcome): void => finish(() => resolve(outcome));
    openCalls.set(key, { nodeId: tool.nodeId, caller, settle });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
    } else if (current.approval) {
      release = holdForApproval(current, { id, key }, settle, (changed) => {
        release = undefined;
        current.start(changed ?? args, { id, key });
      });
      current.ask(args, { id, key });
    } else {
      current.start(args, { id, key });
    }
  });
}

/** Holds a call until a person has answered. Returns what lets it go, whatever becomes of it. */
function holdForApproval(
  tool: FlowTool,
  { id, key }: ToolCallHandle,
  settle: (outcome: ToolOutcome) => void,
  start: (changed: Record<string, unknown> | undefined) => void,
): () => void {
  const { nodeId, name } = tool;
  const free = holdCall({
    nodeId,
    id,
    key,
    checkArguments: () => tool.checkArguments(),
    allow(changed) {
      release();
      start(changed);
    },
    refuse: (reason) => settle(failed(refusal(name, reason))),
  });
  const release = (): void => {
    free();
    tool.showHeld(countHeld(nodeId));
  };
  tool.showHeld(countHeld(nodeId));
  return release;
}

function refusal(name: string, reason: string): string {
  return `The user did not allow the call of ${name}${reason === '' ? '.' : `: ${reason}`}`;
}
