// Environment variables in settings that come from an open form. In deployed ones Node-RED has replaced them already.

/**
 * Replaces each text that is `${NAME}`, or `$(NAME)` as it once was, as a whole, in lists and objects too. One that is
 * not set stays as it is.
 */
export function resolveVariables<Value>(value: Value, env: (name: string) => unknown): Value {
  return resolve(value, env) as Value;
}

function resolve(value: unknown, env: (name: string) => unknown): unknown {
  if (typeof value === 'string') {
    const [, braced, old] = /^\$(?:\{(\S+)\}|\((\S+)\))$/.exec(value) ?? [];
    const name = braced ?? old;
    const found = name === undefined ? undefined : env(name);
    return found === undefined || found === '' ? value : found;
  }
  if (Array.isArray(value)) return value.map((item) => resolve(item, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolve(item, env)]));
}
