// JSON of what flows pass on, for the editor to show.

/** A value as JSON, whatever it holds: bigints as text, and `[circular]` where an object is met within itself. */
export function jsonForEditor(value: unknown): string {
  // The objects that the one being written stands in, from the outside in.
  const around: unknown[] = [];
  return (
    JSON.stringify(value, function (this: unknown, _key, item: unknown) {
      if (typeof item === 'bigint') return String(item);
      if (typeof item !== 'object' || item === null) return item;
      while (around.length > 0 && around.at(-1) !== this) around.pop();
      if (around.includes(item)) return '[circular]';
      around.push(item);
      return item;
    }) ?? 'null'
  );
}
