// Shows in an open form which request a message would lead to, as the runtime itself builds it.
import type { NodeAPI } from 'node-red';
import type { PreviewOrder, PreviewOutcome } from './lib/common/editor-requests.ts';
import type { Snapshot } from './lib/common/snapshot.ts';
import type { ChatRequest } from './lib/request/build-request.ts';
import type { FlowMessage } from './lib/sending/message.ts';

/** A message that came to a node, and when, in milliseconds since 1970. */
export interface SeenMessage extends Snapshot {
  at: number;
}

export function registerPreviewRoute(
  RED: NodeAPI,
  options: {
    lastSeen(id: string): SeenMessage | undefined;
    preview(id: string, order: PreviewOrder, message: FlowMessage): Promise<ChatRequest>;
  },
): void {
  RED.httpAdmin.post(
    '/vivgrid-chat/:id/preview',
    RED.auth.needsPermission('vivgrid-chat.write'),
    async (request, response) => {
      response.json(await preview(String(request.params.id), request.body as PreviewOrder));
    },
  );

  async function preview(id: string, order: PreviewOrder): Promise<PreviewOutcome> {
    const seen = order.message ? undefined : options.lastSeen(id);
    const message = order.message ?? seen?.message;
    if (!message) return { outcome: 'no-message' };
    const about = seen && { seen: seen.at, cut: seen.cut };
    try {
      const request = await options.preview(id, order, message);
      return { outcome: 'request', request, isDeployed: RED.nodes.getNode(id) !== null, ...about };
    } catch (error) {
      return { outcome: 'failed', message: (error as Error).message, ...about };
    }
  }
}
