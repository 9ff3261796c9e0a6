// The names by which a model calls the tools of MCP servers: other names than those of the tools before them.

const LONGEST = 64;

/** A tool's own name, and that of the server it is of. */
export interface NamedTool {
  name: string;
  server: string;
}

/**
 * A name for each tool. The first of a name keeps it; a later one gets its server's name in front, and a number where
 * that is taken, too. All are as `TOOL_NAME` allows.
 * @param taken the names that are given already
 */
export function nameTools(tools: readonly NamedTool[], taken: readonly string[]): string[] {
  const names = new Set(taken);
  return tools.map(({ name, server }) => {
    const own = allowed(name);
    const free = freeName(own, `${allowed(server)}__${own}`, names);
    names.add(free);
    return free;
  });
}

function freeName(own: string, long: string, taken: ReadonlySet<string>): string {
  const candidates = [cut(own), cut(long)];
  const found = candidates.find((name) => !taken.has(name));
  if (found !== undefined) return found;
  for (let number = 2; ; number++) {
    const numbered = cut(long, `_${number}`);
    if (!taken.has(numbered)) return numbered;
  }
}

function cut(name: string, end = ''): string {
  return name.slice(0, LONGEST - end.length) + end;
}

function allowed(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_') || 'tool';
}
