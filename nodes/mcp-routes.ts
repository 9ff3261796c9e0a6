// What the editor asks of an MCP server while its form is open: whether it works, and which tools it offers.
import type { NodeAPI } from 'node-red';
import { connectionsOf } from './connections.ts';
import { createDescribe } from './flow-runtime.ts';
import { secretsForForm, WITHHELD } from './form-secrets.ts';
import type { McpTestOrder, McpTestOutcome } from './lib/common/editor-requests.ts';
import { asChatError } from './lib/common/errors.ts';
import { resolveVariables } from './lib/common/resolve-variables.ts';
import { readMcpSettings } from './lib/tools/mcp-settings.ts';
import { readMcpUrl } from './lib/tools/mcp-url.ts';
import { testServer } from './lib/tools/test-server.ts';
import type { McpNode } from './mcp-node.ts';

export function registerMcpRoutes(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/vivgrid-mcp/test',
    RED.auth.needsPermission('vivgrid-mcp.write'),
    async (request, response) => {
      response.json(await test(RED, request.body as McpTestOrder));
    },
  );
}

async function test(RED: NodeAPI, order: McpTestOrder): Promise<McpTestOutcome> {
  try {
    const env = (name: string): unknown => RED.util.evaluateNodeProperty(name, 'env', {} as never, {});
    const settings = resolveVariables(order.settings, env);
    const deployed = RED.nodes.getNode(order.id) as McpNode | null;
    const isDeployedAddress = deployed !== null && sameAddress(deployed.url, settings.url);
    const { headers } = settings;
    const secrets = secretsForForm({ token: order.token, headers, deployed, isDeployedAddress });
    if (secrets === WITHHELD) return { outcome: 'withheld' };
    const server = readMcpSettings(settings, { ...connectionsOf(RED, settings), ...secrets(env) });
    return { outcome: 'works', ...(await testServer(server)) };
  } catch (error) {
    return { outcome: 'failed', message: createDescribe(RED)(asChatError(error)).message };
  }
}

function sameAddress(left: string, right: string): boolean {
  const [one, other] = [readMcpUrl(left), readMcpUrl(right)];
  return one !== undefined && one === other;
}
