// The sender that fits a chat node's settings: complete, streamed, or both.
import { readNumber } from '../common/read-number.ts';
import type { Redactor } from '../common/redact.ts';
import { CHAT_DEFAULTS, type ChatSettings } from '../common/settings.ts';
import type { FlowMessage } from './message.ts';
import {
  createChunkSender,
  type MessageTools,
  type ReplySender,
  WholeSender,
  withWhole,
} from './reply-sender.ts';

type SenderSettings = Pick<ChatSettings, 'stream' | 'whole' | 'chunks' | 'reasoning' | 'interval' | 'tools'>;

/** @throws ChatError `config` for an `interval` that is not a number */
export function createSender(
  message: FlowMessage,
  setOutput: (message: FlowMessage, value: unknown) => void,
  send: (messages: FlowMessage | (FlowMessage | null)[]) => void,
  settings: SenderSettings,
  redactor: Redactor,
  tools: MessageTools,
): ReplySender {
  const { stream, whole, chunks, reasoning } = settings;
  if (!stream) return new WholeSender(message, setOutput, send);
  const interval = readNumber(settings, 'interval', CHAT_DEFAULTS, { min: 0, max: Infinity }, 'chat_number');
  const options = { chunks, reasoning, interval, redactor, hasTools: settings.tools.length > 0 };
  const chunkSender = createChunkSender(message, setOutput, send, options, tools);
  if (!whole) return chunkSender;
  const sendWhole = (finished: FlowMessage): void => send([null, finished]);
  return withWhole(chunkSender, new WholeSender(message, setOutput, sendWhole));
}
