// The address of an MCP server.

/** The address as it is asked; nothing for one that is no http(s) address, or has a user name in it. */
export function readMcpUrl(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text.trim()) || !URL.canParse(text.trim())) return undefined;
  const { href, username, password } = new URL(text.trim());
  return username === '' && password === '' ? href : undefined;
}
