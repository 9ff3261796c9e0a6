/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

// Shorter ones (a local server's dummy token, say) would tear holes in ordinary words.
const SHORTEST_SECRET = 8;

/** A function that replaces each of the secrets by asterisks, for everything that comes from a server. */
export function createRedactor(secrets: readonly string[]): Redact {
  const worth = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  const forms = [...new Set(worth.flatMap(formsOf))];
  return (text) =>
    forms.reduce((clean, form) => (clean.includes(form) ? clean.replaceAll(form, '***') : clean), text);
}

/** A secret as it is, as JSON writes it (some writers escape slashes), and as an address does. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret)];
}
