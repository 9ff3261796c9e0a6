// What a `vivgrid-mcp` node does: checks the saved properties and holds the one connection that all chat nodes share.
import type { NodeAPI, NodeDef } from 'node-red';
import { connectionsOf } from './connections.ts';
import type { InstanceNode } from './flow-runtime.ts';
import type { Construct } from './lazily.ts';
import type { McpSettings } from './lib/common/settings.ts';
import { registerServer, unregisterServer } from './lib/tools/find-tools.ts';
import { McpServer } from './lib/tools/mcp-server.ts';
import { readMcpSettings } from './lib/tools/mcp-settings.ts';
import type { McpNode } from './mcp-node.ts';
import { registerMcpRoutes } from './mcp-routes.ts';

type McpDef = NodeDef & Partial<McpSettings>;

export function createMcpNode(RED: NodeAPI): Construct {
  function VivgridMcp(this: McpNode & InstanceNode, def: McpDef): void {
    RED.nodes.createNode(this, def);
    this.url = def.url ?? '';
    let server: McpServer | undefined;
    registerServer({
      nodeId: this.id,
      alias: this._alias,
      flowId: this.z ?? '',
      server: () => {
        server ??= new McpServer(
          readMcpSettings(def, {
            token: this.credentials?.token,
            env: (name) => RED.util.evaluateNodeProperty(name, 'env', this, {}),
            ...connectionsOf(RED, def),
          }),
        );
        return server;
      },
    });
    this.on('close', (done: () => void) => {
      unregisterServer(this.id);
      Promise.resolve(server?.close()).finally(done);
    });
  }
  registerMcpRoutes(RED);
  // The typings know no node with members of its own.
  return VivgridMcp as Construct;
}
