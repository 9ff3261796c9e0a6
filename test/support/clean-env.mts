/**
 * This process's environment without what would send a test's requests elsewhere, or a developer's token with
 * them: keys and settings of the services, and proxies.
 */
export function cleanEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VIVGRID|OPENAI|NODE_RED)_|_proxy$/i.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}
