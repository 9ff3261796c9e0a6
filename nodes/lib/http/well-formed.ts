// Every text that leaves is well-formed: half a surrogate pair, as a cut text ends with, is refused by strict services.

/** How `JSON.stringify` writes half a pair, as `\ud83d` or `\udc00`, and nothing else. */
const START = '\\ud';
const LENGTH = '\\ud83d'.length;

/**
 * The same JSON with U+FFFD for each half of a surrogate pair. Most bodies have nothing to look at.
 * @param json as `JSON.stringify` wrote it
 */
export function wellFormedJson(json: string): string {
  let written = '';
  let done = 0;
  for (let place = json.indexOf(START); place !== -1; place = json.indexOf(START, place + 1)) {
    if (isEscaped(json, place)) continue;
    written += `${json.slice(done, place)}\ufffd`;
    done = place + LENGTH;
  }
  return done === 0 ? json : written + json.slice(done);
}

/** Whether a backslash is the second of two, which stand for one in the text. */
function isEscaped(json: string, place: number): boolean {
  let before = 0;
  while (json[place - 1 - before] === '\\') before++;
  return before % 2 === 1;
}
