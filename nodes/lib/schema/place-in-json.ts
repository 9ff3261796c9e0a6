// Where in the text of a JSON document a value stands.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * The place of the value at a path such as `/properties/name`, in characters from the beginning of the text; nothing when
 * there is none.
 * @param text valid JSON
 */
export function placeInJson(text: string, path: string): { start: number; end: number } | undefined {
  const tokens = [...text.matchAll(TOKEN)];
  let next = 0;
  return readValue(path.split('/').slice(1));

  /** @param rest what is left of the path; nothing off the path */
  function readValue(rest: readonly string[] | undefined): { start: number; end: number } | undefined {
    const first = tokens[next++];
    if (!first) return undefined;
    const isObject = first[0] === '{';
    const isList = first[0] === '[';
    let found: { start: number; end: number } | undefined;
    for (let index = 0; (isObject || isList) && isOpen(); index++) {
      const name = isObject ? readName() : String(index);
      const inner = readValue(rest?.[0] === name ? rest.slice(1) : undefined);
      found ??= inner;
      if (tokens[next]?.[0] === ',') next++;
    }
    if (isObject || isList) next++;
    const last = tokens[next - 1] ?? first;
    return rest?.length === 0 ? { start: first.index, end: last.index + last[0].length } : found;
  }

  function isOpen(): boolean {
    const token = tokens[next]?.[0];
    return token !== undefined && token !== '}' && token !== ']';
  }

  /** The name, and the colon behind it. */
  function readName(): string {
    const name = JSON.parse(tokens[next]?.[0] ?? '""') as string;
    next += 2;
    return name;
  }
}
