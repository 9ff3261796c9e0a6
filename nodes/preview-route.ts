// Shows in an open form which request a message would lead to, as the runtime itself builds it.
import type { NodeAPI } from 'node-red';
import { createDescribe } from './flow-runtime.ts';
import type { TryOptions, TryResult } from './lib/chat/try-request.ts';
import { withBuffers } from './lib/common/bytes.ts';
import type { FlowError } from './lib/common/describe-error.ts';
import type { PreviewOrder, PreviewOutcome, TryEvent } from './lib/common/editor-requests.ts';
import { jsonForEditor } from './lib/common/json-for-editor.ts';
import type { Snapshot } from './lib/common/snapshot.ts';
import type { ChatRequest } from './lib/request/build-request.ts';
import type { FlowMessage } from './lib/sending/message.ts';

/** A message that came to a node, and when, in milliseconds since 1970. */
export interface SeenMessage {
  snapshot: Snapshot;
  at: number;
}

export function registerPreviewRoute(
  RED: NodeAPI,
  options: {
    lastSeen(id: string): SeenMessage | undefined;
    preview(id: string, order: PreviewOrder, message: FlowMessage): Promise<ChatRequest>;
    try(id: string, order: PreviewOrder, message: FlowMessage, options: TryOptions): Promise<TryResult>;
  },
): void {
  RED.httpAdmin.post(
    '/vivgrid-chat/:id/preview',
    RED.auth.needsPermission('vivgrid-chat.write'),
    async (request, response, next) => {
      try {
        const outcome = await preview(String(request.params.id), request.body as PreviewOrder);
        response.type('json').send(jsonForEditor(outcome));
      } catch (error) {
        // Express looks at no promise, and one that rejects would end Node-RED.
        next(error);
      }
    },
  );

  // One line of JSON for each thing that happens; the editor ends it by closing the connection.
  RED.httpAdmin.post(
    '/vivgrid-chat/:id/try',
    RED.auth.needsPermission('vivgrid-chat.write'),
    async (request, response) => {
      const abort = new AbortController();
      response.on('close', () => abort.abort());
      response.type('application/x-ndjson');
      const tell = (event: TryEvent): void => void response.write(`${JSON.stringify(event)}\n`);
      const order = request.body as PreviewOrder;
      const id = String(request.params.id);
      const message = exampleOf(order) ?? options.lastSeen(id)?.snapshot.message ?? {};
      const describe = createDescribe(RED);
      try {
        const result = await options.try(id, order, message, {
          signal: abort.signal,
          onPiece: (piece) => tell({ event: 'piece', ...piece }),
          onState: (state) => tell({ event: 'state', state }),
          describe: (error) => describe(error).message,
        });
        tell({ event: 'done', ...result });
      } catch (error) {
        const { message: words, code } = error as FlowError;
        if (!abort.signal.aborted) tell({ event: 'failed', code, message: words });
      }
      response.end();
    },
  );

  async function preview(id: string, order: PreviewOrder): Promise<PreviewOutcome> {
    const example = exampleOf(order);
    const seen = example ? undefined : options.lastSeen(id);
    const message = example ?? seen?.snapshot.message;
    if (!message) return { outcome: 'no-message' };
    const about = seen && { seen: seen.at, cut: seen.snapshot.cut, seenMessage: seen.snapshot.message };
    try {
      const request = await options.preview(id, order, message);
      return { outcome: 'request', request, isDeployed: RED.nodes.getNode(id) !== null, ...about };
    } catch (error) {
      return { outcome: 'failed', message: (error as Error).message, ...about };
    }
  }
}

/** The message of an order, as it was before it was copied from the last one in the editor. */
function exampleOf({ message }: PreviewOrder): FlowMessage | undefined {
  return message && (withBuffers(message) as FlowMessage);
}
