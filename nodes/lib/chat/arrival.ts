// A message that comes back from a Catch node after a failure of a chat node: what the failure put into it is taken off,
// so that it goes on as it was before.
import { isObject } from '../common/is-object.ts';
import type { FlowMessage } from '../sending/message.ts';

const CHAT_NODE = 'vivgrid-chat';

export interface Arrival {
  /** What templates and typed values see: the message, and the failure as its `error`. */
  view: FlowMessage;
  /** The failure as Node-RED described it. Put back before the message fails again, it goes on with its count of rounds. */
  failure?: ChatFailure;
}

/** `msg.error` after a failure of a chat node. */
export interface ChatFailure {
  source: Record<string, unknown>;
  cause?: unknown;
}

/** Takes off the error, its status, and the sequence that it broke, behind which the outer one comes to light again. */
export function takeFailureOff(message: FlowMessage): Arrival {
  while (isObject(message.parts) && message.parts.broken === true) {
    const { parts: outer } = message.parts;
    if (outer === undefined) delete message.parts;
    else message.parts = outer;
  }
  const { error, _error: earlier } = message;
  if (isChatFailure(earlier)) delete message._error;
  if (!isChatFailure(error)) return { view: message };
  delete message.error;
  const status = isObject(error.cause) ? error.cause.status : undefined;
  if (status !== undefined && message.statusCode === status) delete message.statusCode;
  return { view: { ...message, error }, failure: error };
}

function isChatFailure(error: unknown): error is ChatFailure {
  return isObject(error) && isObject(error.source) && error.source.type === CHAT_NODE;
}
