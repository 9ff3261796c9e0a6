// What is wrong with the address of an MCP server, in words.
import { readMcpUrl } from '../../lib/tools/mcp-url.ts';

/** The reason why a server can't be asked at this address; `true` when it can. */
export function validateMcpUrl(this: EditorNode, value: unknown, _options: object): true | string {
  const url = String(value ?? '').trim();
  // An address from the environment is not known here.
  if (/\$\{[^}]+\}/.test(url) || readMcpUrl(url) !== undefined) return true;
  return this._(`vivgrid-mcp.validate.url-${url === '' ? 'blank' : 'wrong'}`);
}
