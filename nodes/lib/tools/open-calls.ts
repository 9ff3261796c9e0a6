// The calls that are out in the tools' flows: what their messages are known by, and who waits for their results.
import type { Caller, ToolOutcome } from './tool.ts';

export interface OpenCall {
  /** The tool node's. */
  nodeId: string;
  caller: Caller;
  settle(outcome: ToolOutcome): void;
}

/** A message of a tool's flow, as far as it tells which call it belongs to. */
interface CallMessage {
  _vivgridCall?: unknown;
  /** A function node that makes a new message keeps this one property of the old. */
  _msgid?: unknown;
}

/** By their keys. */
export const openCalls = new Map<string, OpenCall>();

/** The key of the call that a message belongs to, as long as that is open. */
export function openCallOf({ _vivgridCall, _msgid }: CallMessage): string | undefined {
  if (openCalls.size === 0) return undefined;
  return [_vivgridCall, _msgid].find((key): key is string => typeof key === 'string' && openCalls.has(key));
}

/**
 * Gives a result to the call that it belongs to. A result for a call that has ended, or that never was, is let go.
 * @returns whether there was such a call
 */
export function settleCall(message: CallMessage, outcome: ToolOutcome): boolean {
  const call = find(openCallOf(message));
  call?.settle(outcome);
  return call !== undefined;
}

/** Whether a lane waits for the result of this call, be it through further calls. */
export function isAwaited(key: string | undefined, lane: string | undefined): boolean {
  if (lane === undefined) return false;
  for (let call = find(key); call; call = find(call.caller.answers))
    if (call.caller.lane === lane) return true;
  return false;
}

function find(key: string | undefined): OpenCall | undefined {
  return key === undefined ? undefined : openCalls.get(key);
}
