// Conversations kept in a context property.
import { ChatError, wordsOf } from '../common/errors.ts';
import { readNumber } from '../common/read-number.ts';
import { CHAT_DEFAULTS, type ChatSettings } from '../common/settings.ts';
import type { ChatMessage } from '../request/build-messages.ts';
import type { TemplateSources } from '../request/render-template.ts';
import { noteChange } from './changes.ts';
import { compilePath, type PathParts, readProperty } from './conversation-path.ts';
import { lastTurns, messagesToSend, readTurns, type TurnMessage, withoutOldest } from './turns.ts';

/** Reads and writes context asynchronously; `key` is a Node-RED property expression. */
export interface ContextStore {
  context: TemplateSources['context'];
  setContext(scope: 'flow' | 'global', key: string, store: string | undefined, value: unknown): Promise<void>;
  pathParts: PathParts;
  /** Tells a context apart from all others; `parents` is how many steps the path takes outward, out of subflows. */
  contextId(scope: 'flow' | 'global', parents: number): string;
}

/** One conversation. */
export interface Conversation {
  /** Names the conversation among all of this runtime's. */
  id: string;
  /** Prompt tokens that the conversation may make a request grow to; 0 = no limit. */
  maxTokens: number;
  /**
   * The turns so far, as they go into a request; whatever else is found there counts as empty.
   * Rejects with a ChatError `parameter`.
   */
  read(): Promise<ChatMessage[]>;
  /**
   * Adds a turn to what is there by now.
   * @param excess characters of text by which the oldest turns are to be shortened. Rejects with the store's own error.
   */
  add(turn: TurnMessage[], excess: number): Promise<void>;
}

type ConversationSettings = Pick<
  ChatSettings,
  'conversation' | 'conversationType' | 'turns' | 'memoryTools' | 'memoryTokens'
>;

/** Finds a message's conversation. Rejects with a ChatError `parameter`, or `template` for the property's template. */
export function createConversationFinder(
  settings: ConversationSettings,
  sources: TemplateSources,
  context: ContextStore,
): (message: object) => Promise<Conversation> {
  const { conversation, conversationType: scope, memoryTools } = settings;
  const { store, template } = readProperty(conversation);
  const renderPath = compilePath(template, sources, context.pathParts);
  const count = (name: 'turns' | 'memoryTokens'): number =>
    readNumber(settings, name, CHAT_DEFAULTS, { min: 0, max: Infinity, isWhole: true }, 'chat_number');
  return async (message) => {
    const limit = count('turns');
    const { parents, parts, expression: key } = await renderPath(message);
    const stored = async (): Promise<TurnMessage[]> => readTurns(await context.context(scope, key, store));
    return {
      // Subflows may share what is in the flow around them, and `list[1]` is `list["1"]`.
      id: JSON.stringify([context.contextId(scope, parents), store ?? '', ...parts.map(String)]),
      maxTokens: count('memoryTokens'),
      read: async () => {
        try {
          return messagesToSend(lastTurns(await stored(), limit), memoryTools);
        } catch (error) {
          throw new ChatError('conversation_read', { path: conversation, words: wordsOf(error) });
        }
      },
      add: async (turn, excess) => {
        const all = lastTurns([...(await stored()), ...turn], limit);
        await context.setContext(scope, key, store, withoutOldest(all, excess, memoryTools));
        noteChange(context.contextId(scope, 0), conversation);
      },
    };
  };
}
