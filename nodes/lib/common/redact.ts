/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** Takes secrets out of everything that comes from a server. */
export interface Redactor {
  redact: Redact;
  /** No way to write a secret is longer. */
  reach: number;
}

// Shorter ones (a local server's dummy token, say) would tear holes in ordinary words.
const SHORTEST_SECRET = 8;
/** Of one character: its three bytes in an address. */
const LONGEST_FORM = 9;
const SHORT_FORMS: Readonly<Record<string, string[]>> = { '/': ['\\/'], ' ': ['+'] };

/** A redactor that replaces each of the secrets by asterisks. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const worth = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  // One may be the start of another.
  const [longest, ...others] = worth.sort((a, b) => b.length - a.length);
  if (longest === undefined) return { redact: (text) => text, reach: 0 };
  const anySecret = new RegExp([longest, ...others].map(patternOf).join('|'), 'g');
  return { redact: (text) => text.replace(anySecret, '***'), reach: LONGEST_FORM * longest.length };
}

// Writers of JSON and of addresses are free to escape any character or none.
function patternOf(secret: string): string {
  return Array.from(secret, (character) => `(?:${formsOf(character).map(escaped).join('|')})`).join('');
}

/** A character as it is, as JSON may write it, and as an address does. */
function formsOf(character: string): string[] {
  const json = JSON.stringify(character).slice(1, -1);
  const codes = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  const escapes = codes.map((code) => `\\u${code}`).join('');
  const inCapitals = codes.map((code) => `\\u${code.toUpperCase()}`).join('');
  const inAddress = encodeURIComponent(character);
  const forms = [character, json, ...(SHORT_FORMS[character] ?? []), escapes, inCapitals, inAddress];
  if (inAddress !== character) forms.push(inAddress.toLowerCase());
  return [...new Set(forms)];
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
