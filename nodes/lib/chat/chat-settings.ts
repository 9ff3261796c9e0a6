// The saved properties of a chat node, complete and of the types that the rest of the code relies on.
import { CHAT_DEFAULTS, type ChatSettings } from '../common/settings.ts';
import { toText } from '../common/to-text.ts';

/**
 * Fills in what flows saved by an earlier version, or written by hand, lack. What should be text becomes text: in the
 * place of `${NAME}` Node-RED puts a number or an object where the variable of a group or subflow holds one.
 */
export function readChatSettings(saved: Partial<ChatSettings>): ChatSettings {
  const given = Object.entries(saved)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [
      name,
      typeof CHAT_DEFAULTS[name as keyof ChatSettings] === 'string' ? toText(value) : value,
    ]);
  const settings: ChatSettings = { ...CHAT_DEFAULTS, ...Object.fromEntries(given) };
  return {
    ...settings,
    messages: settings.messages.map((row) => ({ ...row, content: toText(row.content) })),
    attachments: settings.attachments.map((row) => ({ ...row, value: toText(row.value) })),
    parameters: settings.parameters.map((row) => ({
      ...row,
      name: toText(row.name),
      value: toText(row.value),
    })),
    // In the instance of a subflow Node-RED writes a list of one id as that id alone.
    tools: [settings.tools].flat(),
    servers: [settings.servers].flat(),
  };
}
