// What the form of a tool node asks of the runtime: what the deployed tool takes, and a call of it.
import type { NodeAPI } from 'node-red';
import { flowsReady } from './deployments.ts';
import { createDescribe } from './flow-runtime.ts';
import type { DeployedTool, ToolCallOrder, ToolCallOutcome } from './lib/common/editor-requests.ts';
import { asChatError } from './lib/common/errors.ts';
import { toolOf } from './lib/tools/registry.ts';
import { callForPerson } from './lib/tools/run-tool.ts';

export function registerToolRoutes(RED: NodeAPI): void {
  RED.httpAdmin.get(
    '/vivgrid-tool/:id',
    RED.auth.needsPermission('vivgrid-tool.read'),
    (request, response) => {
      response.json(describeTool(String(request.params.id)));
    },
  );
  // Answered when the call has ended; the editor ends the wait by closing the connection.
  RED.httpAdmin.post(
    '/vivgrid-tool/:id/call',
    RED.auth.needsPermission('vivgrid-tool.write'),
    async (request, response) => {
      const abort = new AbortController();
      response.on('close', () => abort.abort());
      const outcome = await call(RED, String(request.params.id), request.body as ToolCallOrder, abort.signal);
      if (!abort.signal.aborted) response.json(outcome);
    },
  );
}

function describeTool(id: string): DeployedTool {
  const tool = toolOf(id);
  return tool ? { outcome: 'tool', name: tool.name, parameters: tool.parameters } : { outcome: 'none' };
}

async function call(
  RED: NodeAPI,
  id: string,
  order: ToolCallOrder,
  signal: AbortSignal,
): Promise<ToolCallOutcome> {
  try {
    const options = { signal, flowsReady: () => flowsReady(RED) };
    const ended = await callForPerson(id, String(order.arguments), options);
    if (!ended) return { outcome: 'none' };
    const { text, ms, isError } = ended;
    return { outcome: isError ? 'error' : 'result', text, ms };
  } catch (error) {
    return { outcome: 'failed', message: createDescribe(RED)(asChatError(error)).message };
  }
}
