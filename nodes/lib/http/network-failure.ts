// What a failed connection means, by the code that Node or undici gives it.
import { ChatError, type ErrorKey } from '../common/errors.ts';
import type { Redact } from '../common/redact.ts';

const KEY_OF_CODE: Readonly<Record<string, ErrorKey>> = {
  ECONNREFUSED: 'network_refused',
  ENOTFOUND: 'network_unknown_host',
  EAI_AGAIN: 'network_unknown_host',
  SELF_SIGNED_CERT_IN_CHAIN: 'network_certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'network_certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'network_certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'network_certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'network_certificate',
  CERT_HAS_EXPIRED: 'network_certificate',
  CERT_NOT_YET_VALID: 'network_certificate',
  CERT_UNTRUSTED: 'network_certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'network_certificate',
};

/** The ChatError `network` for whatever a request threw before an answer came. */
export function networkFailure(error: unknown, baseUrl: string, redact: Redact): ChatError {
  const root = rootOf(error);
  const code = 'code' in root && typeof root.code === 'string' ? root.code : '';
  const key = KEY_OF_CODE[code] ?? 'network';
  const words = redact(root.message || code || root.name);
  return new ChatError(
    key,
    { host: new URL(baseUrl).host, words },
    { cause: code ? { code } : {}, retryable: key !== 'network_certificate' },
  );
}

function rootOf(error: unknown): Error {
  let root = error instanceof Error ? error : new Error(String(error));
  while (root.cause instanceof Error) root = root.cause;
  // Node tries all of a host's addresses and bundles what they failed with.
  if (root instanceof AggregateError && root.errors[0] instanceof Error) return root.errors[0];
  return root;
}
