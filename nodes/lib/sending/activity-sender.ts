// Sends what happens with tools to the last output.
import { type ChatSettings, countOutputs } from '../common/settings.ts';
import type { ToolActivity } from '../common/tool-activity.ts';
import { createCloner, type DeepClone, type FlowMessage } from './message.ts';

type ActivitySettings = Pick<ChatSettings, 'stream' | 'whole' | 'activity'>;

/** Sends nothing where the node has no output for tool calls. */
export function createActivitySender(
  message: FlowMessage,
  send: (messages: (FlowMessage | null)[]) => void,
  settings: ActivitySettings,
  deepClone: DeepClone,
): (activity: ToolActivity) => void {
  if (!settings.activity) return () => {};
  const clone = createCloner(message, deepClone);
  const before = Array(countOutputs(settings) - 1).fill(null);
  return (activity) => {
    // Of a call's two messages the first may be changed before the second is sent.
    send([...before, { ...clone(), payload: deepClone(activity) }]);
  };
}
