// Calls that wait for a person's yes. A message to the tool node's input answers one of them.
import { ChatError } from '../common/errors.ts';
import { isObject } from '../common/is-object.ts';
import { toText } from '../common/to-text.ts';
import { findArgumentProblem, type Tool } from './tool.ts';

/** A call that is held until it is answered, late, or of no more use. */
export interface HeldCall extends Pick<Tool, 'checkArguments'> {
  /** The tool node's. */
  nodeId: string;
  /** The model's id for the call. */
  id: string;
  /** Finds the way back; unique, and begins with `keyStart(nodeId)`. */
  key: string;
  /** @param args in place of the model's, if there are any */
  allow(args: Record<string, unknown> | undefined): void;
  /** @param reason blank if none was given */
  refuse(reason: string): void;
}

/** A message that answers, as far as it is looked at. */
export interface ApprovalMessage {
  payload?: unknown;
  /** With a `no`: for the model. */
  reason?: unknown;
  /** With a `yes`: in place of the model's. */
  arguments?: unknown;
  tool?: unknown;
  _vivgridCall?: unknown;
  _msgid?: unknown;
}

const held = new Map<string, HeldCall>();

/** How the keys of a node's calls begin: a late answer is known by it. */
export function keyStart(nodeId: string): string {
  return `${nodeId}.`;
}

/** Holds a call. Returns what lets it go. */
export function holdCall(call: HeldCall): () => void {
  held.set(call.key, call);
  return () => held.delete(call.key);
}

/** How many calls of a node wait. */
export function countHeld(nodeId: string): number {
  return [...held.values()].filter((call) => call.nodeId === nodeId).length;
}

/**
 * Answers the call that a message means. Late, double and stray answers do nothing.
 * Rejects with a ChatError `parameter` for a message that says neither yes nor no, that may mean several calls, or whose
 * arguments don't fit; the call goes on waiting then.
 * @returns whether a call was answered
 */
export async function answerHeldCall(nodeId: string, message: ApprovalMessage): Promise<boolean> {
  const call = findHeldCall(nodeId, message);
  if (!call) return false;
  if (!readAnswer(message.payload)) {
    const reason = toText(message.reason).trim();
    held.delete(call.key);
    call.refuse(reason);
    return true;
  }
  const args = isObject(message.arguments) ? message.arguments : undefined;
  const problem = args && (await findArgumentProblem(call, args));
  if (problem !== undefined) throw new ChatError('approval_arguments', { words: problem });
  // Another answer may have come, or the time run out, while the schema was compiled.
  if (!held.delete(call.key)) return false;
  call.allow(args);
  return true;
}

function findHeldCall(nodeId: string, message: ApprovalMessage): HeldCall | undefined {
  const calls = [...held.values()].filter((call) => call.nodeId === nodeId);
  const id = isObject(message.tool) ? toText(message.tool.id) : '';
  const named = id === '' ? calls : calls.filter((call) => call.id === id);
  const keys = [message._vivgridCall, message._msgid];
  const own = named.find(({ key }) => keys.includes(key));
  if (own) return own;
  // A message of a call that has ended answers no other one, even if it has the same id or is the only one left.
  const isOfCall = (key: unknown): boolean => typeof key === 'string' && key.startsWith(keyStart(nodeId));
  if (keys.some(isOfCall) && !keys.some((key) => held.has(String(key)))) return undefined;
  if (named.length > 1) throw new ChatError('approval_call', { count: named.length });
  return named[0];
}

const YES: ReadonlySet<string> = new Set(['true', 'yes']);
const NO: ReadonlySet<string> = new Set(['false', 'no']);

/** @throws ChatError `parameter` for what is neither yes nor no */
function readAnswer(payload: unknown): boolean {
  const words = typeof payload === 'string' || typeof payload === 'boolean' ? String(payload) : '';
  const answer = words.trim().toLowerCase();
  if (YES.has(answer)) return true;
  if (NO.has(answer)) return false;
  const value = isObject(payload) || Array.isArray(payload) ? typeof payload : toText(payload);
  throw new ChatError('approval_answer', { value: value.slice(0, 40) });
}
