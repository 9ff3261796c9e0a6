// The parts that the build makes files of their own from, which are loaded when they are needed. Not with `import()`: a
// node has to be there as soon as it is made.

/** What the nodes do. */
export function loadRuntime(): typeof import('./runtime.ts') {
  return require('./runtime.ts');
}

/** What the nodes of MCP servers do: few flows have one. */
export function loadMcp(): typeof import('./mcp.ts') {
  return require('./mcp.ts');
}
