// The base address as people paste it, brought to the one form that requests are built on.

export type BaseUrlProblem = 'blank' | 'scheme' | 'userinfo' | 'invalid';

/**
 * Accepts the API root, `…/v1`, or the full `…/chat/completions` address; an address with no path gets `/v1`.
 * `url` has no slash at its end; `query` holds the address's own query parameters, which every request carries.
 */
export function normalizeBaseUrl(
  text: string,
): { url: string; query: Record<string, string> } | { problem: BaseUrlProblem } {
  const trimmed = text.trim();
  if (trimmed === '') return { problem: 'blank' };
  if (!URL.canParse(trimmed)) return { problem: /^https?:/i.test(trimmed) ? 'invalid' : 'scheme' };
  const { protocol, username, password, origin, pathname, searchParams } = new URL(trimmed);
  if (protocol !== 'http:' && protocol !== 'https:') return { problem: 'scheme' };
  if (username || password) return { problem: 'userinfo' };
  const path = pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '');
  const isRoot = pathname.replace(/\/+$/, '') === '';
  return { url: origin + (isRoot ? '/v1' : path), query: Object.fromEntries(searchParams) };
}
