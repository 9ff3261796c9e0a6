// What the output for tool calls tells of a call, whoever makes it.

/** One thing that happened with a tool: `payload` of the `activity` output. */
export interface ToolActivity {
  name: string;
  arguments: unknown;
  result?: unknown;
  state: 'started' | 'finished' | 'failed';
  by: 'flow' | 'platform' | 'mcp';
  /** The name of the MCP server that the tool is of. */
  server?: string;
  /** From the start to the end. */
  ms?: number;
}
