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
  const words = text
    .slice(0, 100_000)
    .replace(/<(script|style|head)\b[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<\/?[a-z!][^>]*(>|$)/gi, ' ')
    // What a page shows as markup must not become some.
    .replace(/&(amp|lt(?!;[a-zA-Z!/])|gt|quot|#39|nbsp);/g, (_entity, name) => ENTITIES[name] ?? ' ');
  return oneLine(words, limit);
}

/** The text on one line, at most `limit` characters (the last one an ellipsis where it was cut). */
export function oneLine(text: string, limit: number): string {
  const line = text
    .slice(0, 100_000)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  if (line.length <= limit) return line;
  // Half a character is dropped with the rest.
  const kept = line.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '');
  return `${kept.trimEnd()}…`;
}
