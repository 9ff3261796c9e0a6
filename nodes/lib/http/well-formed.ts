// Every text that leaves is well-formed: half a surrogate pair, as a cut text ends with, is refused by strict services.

const HALF_OR_OTHER_ESCAPE = /\\(?:ud[89a-f][0-9a-f]{2}|.)/g;

/**
 * The same JSON with U+FFFD for each half of a surrogate pair. `JSON.stringify` writes only such halves as escapes of
 * that form, so that there is nothing to look for in most bodies.
 * @param json as `JSON.stringify` wrote it
 */
export function wellFormedJson(json: string): string {
  if (!json.includes('\\ud')) return json;
  // Every escape is read, so that the second of two backslashes is not taken for the beginning of another.
  return json.replace(HALF_OR_OTHER_ESCAPE, (found) => (found.startsWith('\\ud') ? '\ufffd' : found));
}
