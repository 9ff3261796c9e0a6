// The tools that a chat node may offer to the model: those of flows, then those of MCP servers.
import { ChatError } from '../common/errors.ts';
import type { ChatSettings } from '../common/settings.ts';
import { findInInstance, type PlacedNode } from './instances.ts';
import type { McpServer } from './mcp-server.ts';
import { asTool, findTool } from './registry.ts';
import { failed, type Tool } from './tool.ts';
import { nameTools } from './tool-names.ts';

/** An MCP node. */
export interface ServerNode extends PlacedNode {
  /** The node's id; inside a subflow the instance's own. */
  nodeId: string;
  /** @throws ChatError `config` that says which setting to change */
  server(): McpServer;
}

const servers = new Map<string, ServerNode>();

export function registerServer(node: ServerNode): void {
  servers.set(node.nodeId, node);
}

export function unregisterServer(nodeId: string): void {
  servers.delete(nodeId);
}

/**
 * The tools that are chosen, looked up anew for each message.
 * Rejects with a ChatError: `config` for a node that is missing, or a name that two flows' tools have, `tool` for a server
 * that can't be asked.
 */
export async function findTools(
  chosen: Pick<ChatSettings, 'tools' | 'servers'>,
  flowId: string,
  signal: AbortSignal,
): Promise<Tool[]> {
  const flows = findFlowTools(chosen.tools, flowId);
  const nodes = chosen.servers.map((id) => {
    const node = findInInstance(servers, id, flowId);
    if (!node) throw new ChatError('mcp_missing', { id });
    return node;
  });
  const lists = await Promise.all(nodes.map((node) => toolsOf(node, signal)));
  const offered = lists.flat();
  const names = nameTools(
    offered.map(({ name, server = '' }) => ({ name, server })),
    flows.map(({ name }) => name),
  );
  return [...flows, ...offered.map((tool, index) => ({ ...tool, name: names[index] as string }))];
}

function findFlowTools(ids: readonly string[], flowId: string): Tool[] {
  const tools = ids.map((id) => {
    const tool = findTool(id, flowId);
    if (!tool) throw new ChatError('tool_missing', { id });
    return asTool(tool);
  });
  const names = tools.map(({ name }) => name);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) throw new ChatError('tool_name_twice', { name: double });
  return tools;
}

async function toolsOf(node: ServerNode, signal: AbortSignal): Promise<Tool[]> {
  const { name: server } = node.server();
  const offered = await node.server().tools(signal);
  return offered.map(({ tool, ...description }) => ({
    ...description,
    name: tool.name,
    by: 'mcp',
    server,
    async call(args, _id, callSignal) {
      // A deployment may have replaced the node since the model was told of it.
      const current = servers.get(node.nodeId);
      if (!current) return failed(`The MCP server ${server} is not there any more.`);
      return current.server().call(tool, args, callSignal);
    },
  }));
}
