// What the Conversation tab of a chat node's form asks of the runtime: what is stored, and to forget it.
import type { NodeAPI } from 'node-red';
import { createDescribe } from './flow-runtime.ts';
import type { ConversationsOutcome } from './lib/common/editor-requests.ts';
import { asChatError } from './lib/common/errors.ts';
import type { ConversationKeeper } from './lib/memory/stored-conversations.ts';

/** @param keeperOf the conversations of a deployed node, if it has a memory */
export function registerConversationRoutes(
  RED: NodeAPI,
  keeperOf: (id: string) => ConversationKeeper | undefined,
): void {
  RED.httpAdmin.get(
    '/vivgrid-chat/:id/conversations',
    RED.auth.needsPermission('vivgrid-chat.read'),
    async (request, response) => {
      response.json(await answer(keeperOf(String(request.params.id))));
    },
  );
  RED.httpAdmin.post(
    '/vivgrid-chat/:id/conversations/forget',
    RED.auth.needsPermission('vivgrid-chat.write'),
    async (request, response) => {
      const keeper = keeperOf(String(request.params.id));
      response.json(await answer(keeper, () => keeper?.forget()));
    },
  );

  async function answer(
    keeper: ConversationKeeper | undefined,
    first: () => Promise<void> | undefined = async () => {},
  ): Promise<ConversationsOutcome> {
    if (!keeper) return { outcome: 'none' };
    try {
      await first();
      const { count, changed } = await keeper.look();
      if (count === undefined) return { outcome: 'unknown' };
      return { outcome: 'stored', count, ...(changed !== undefined && { changed }) };
    } catch (error) {
      return { outcome: 'failed', message: createDescribe(RED)(asChatError(error)).message };
    }
  }
}
