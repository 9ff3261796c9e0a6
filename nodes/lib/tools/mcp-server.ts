// An MCP server, as its config node describes it: its list of tools, kept for a while, and their calls.
import { unlessAborted } from '../common/unless-aborted.ts';
import { compileSchema } from '../schema/compile.ts';
import type { McpConnection, ServerTool } from './mcp-connection.ts';
import type { ServerSettings } from './mcp-settings.ts';
import { failed, type Tool, type ToolOutcome } from './tool.ts';

/** Milliseconds for which a list is taken for the server's, unless the server says that it changed. */
const FRESH = 5 * 60_000;

/** A tool of a server: without a name for the model, which depends on the tools beside it. */
export interface OfferedTool extends Pick<Tool, 'description' | 'parameters' | 'checkArguments'> {
  /** As the server describes it. */
  tool: ServerTool;
}

export class McpServer {
  readonly name: string;
  readonly #settings: ServerSettings;
  readonly #now: () => number;
  #connection: Promise<McpConnection> | undefined;
  #list: { tools: Promise<OfferedTool[]>; until: number } | undefined;
  #isClosed = false;

  /** @param now milliseconds of a clock that is never set back */
  constructor(settings: ServerSettings, now = (): number => performance.now()) {
    this.name = settings.name;
    this.#settings = settings;
    this.#now = now;
  }

  /** The tools that the server offers. Rejects with a ChatError, or with the signal's reason. */
  tools(signal: AbortSignal): Promise<OfferedTool[]> {
    // Others may wait for the same list.
    return unlessAborted(this.#currentList(), signal);
  }

  /** Makes a call. Rejects with a ChatError when the message must fail, or with the signal's reason. */
  async call(tool: ServerTool, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolOutcome> {
    if (this.#isClosed) return failed(`The MCP server ${this.name} is not there any more.`);
    const connection = await this.#connect();
    const { outcome, isListStale } = await connection.callTool(tool, args, signal);
    if (isListStale) this.#list = undefined;
    return outcome;
  }

  /** Ends the session, and closes every connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  #currentList(): Promise<OfferedTool[]> {
    if (this.#list && this.#now() < this.#list.until) return this.#list.tools;
    const list = { tools: this.#ask(), until: this.#now() + FRESH };
    this.#list = list;
    list.tools.catch(() => {
      if (this.#list === list) this.#list = undefined;
    });
    return list.tools;
  }

  async #ask(): Promise<OfferedTool[]> {
    const connection = await this.#connect();
    return (await connection.listTools()).map((tool) => this.#offered(tool));
  }

  #offered(tool: ServerTool): OfferedTool {
    const parameters = withProperties(tool.inputSchema);
    let check: ReturnType<Tool['checkArguments']> | undefined;
    return {
      tool,
      description: tool.description ?? tool.title ?? '',
      parameters,
      checkArguments: () => {
        // The server checks for itself what the checker doesn't understand.
        check ??= compileSchema(parameters, 'tool_schema', { name: tool.name }).catch(() => () => undefined);
        return check;
      },
    };
  }

  // The client's package is loaded with the first request, not when Node-RED starts.
  #connect(): Promise<McpConnection> {
    this.#connection ??= import('./mcp-connection.ts').then(
      ({ McpConnection }) =>
        new McpConnection(this.#settings, () => {
          this.#list = undefined;
        }),
    );
    return this.#connection;
  }
}

/** Services want the field, also of a function without parameters. */
function withProperties(schema: object): object {
  return 'properties' in schema ? schema : { ...schema, properties: {} };
}
