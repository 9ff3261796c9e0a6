// A try of an MCP server's settings before they are deployed.
import { McpServer } from './mcp-server.ts';
import type { ServerSettings } from './mcp-settings.ts';

/** Milliseconds: nobody looks at a form for longer. */
const PATIENCE = 20_000;

/** Lists all of the server's tools, whichever are to be offered, and says how long it took. Rejects with a ChatError. */
export async function testServer(
  settings: ServerSettings,
): Promise<{ tools: { name: string; description: string }[]; ms: number }> {
  const timeout = Math.min(settings.timeout, PATIENCE);
  const server = new McpServer({ ...settings, timeout, isOffered: () => true });
  const began = performance.now();
  try {
    const tools = await server.tools(new AbortController().signal);
    const ms = Math.round(performance.now() - began);
    return { tools: tools.map(({ tool, description }) => ({ name: tool.name, description })), ms };
  } finally {
    await server.close();
  }
}
