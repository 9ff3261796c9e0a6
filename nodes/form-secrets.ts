// Which of the runtime's own secrets (a stored token, variables that stand for one) an open form may be tried with: they
// go only where the deployed node sends them. A changed address gets what was typed into the form and nothing else.
import { resolveVariables } from './lib/common/resolve-variables.ts';
import type { HeaderRow } from './lib/common/settings.ts';
import type { ConnectionSources } from './lib/http/connection-settings.ts';

/** A secret of the runtime's would go to an address that is not the deployed one. */
export const WITHHELD = Symbol('withheld');

type Env = (name: string) => unknown;

export interface FormOrder {
  /** Absent when the field still stands for the stored token. */
  token?: string | undefined;
  headers: readonly HeaderRow[];
  /** The deployed node, if there is one. */
  deployed: { credentials?: { token?: string } } | null;
  /** Whether the form's address is the deployed one. */
  isDeployedAddress: boolean;
  /** A variable that goes to one service only, and whether the form's address is that service's. */
  reserved?: { name: string; isAllowed: boolean };
}

export function secretsForForm({
  token,
  headers,
  deployed,
  isDeployedAddress,
  reserved,
}: FormOrder): typeof WITHHELD | ((env: Env) => Pick<ConnectionSources, 'token' | 'env'>) {
  if (token === undefined) {
    if (!isDeployedAddress) return WITHHELD;
    return (env) => ({ token: deployed?.credentials?.token, env });
  }
  const isAllowed = isDeployedAddress || reserved?.isAllowed === true;
  if (deployed && !isAllowed && headers.some(({ type }) => type === 'env')) return WITHHELD;
  return (env) => ({
    token: resolveVariables(token, env),
    env: (name) => (name === reserved?.name && !isAllowed ? '' : env(name)),
  });
}
