/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

// Shorter ones (a local server's dummy token, say) would tear holes in ordinary words.
const SHORTEST_SECRET = 8;

/** A function that replaces each of the secrets by asterisks, for everything that comes from a server. */
export function createRedactor(secrets: readonly string[]): Redact {
  const worth = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  return (text) =>
    worth.reduce((clean, secret) => (clean.includes(secret) ? clean.replaceAll(secret, '***') : clean), text);
}
