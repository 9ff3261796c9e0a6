// Whatever page or text a server answers with, as one line that fits a debug sidebar.

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: ' ',
};

/**
 * The text without markup, on one line, at most `limit` characters (the last one an ellipsis where it was cut).
 */
export function plainWords(text: string, limit: number): string {
  // Only the start can be shown, so a page of megabytes is not searched whole.
  const line = text
    .slice(0, 100_000)
    .replace(/<(script|style|head)\b[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<\/?[a-z!][^>]*(>|$)/gi, ' ')
    .replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_entity, name) => ENTITIES[name] ?? ' ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  return line.length > limit ? `${[...line.slice(0, limit - 1)].join('').trimEnd()}…` : line;
}
