// What the routes see of an MCP node.
import type { Node } from 'node-red';

export interface McpNode extends Node<{ token?: string }> {
  /** The address as it is deployed. */
  url: string;
}
