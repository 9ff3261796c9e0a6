// When conversations were last stored, since Node-RED started: what is stored has no times.

/** Milliseconds since 1970, by the context and the property: nodes that share them share it. */
const changes = new Map<string, number>();

export function noteChange(contextId: string, property: string): void {
  changes.set(keyOf(contextId, property), Date.now());
}

/** In milliseconds since 1970; nothing when that was before Node-RED started. */
export function lastChange(contextId: string, property: string): number | undefined {
  return changes.get(keyOf(contextId, property));
}

function keyOf(...parts: string[]): string {
  return JSON.stringify(parts);
}
