// With which failures of its service a message goes to another one.
import type { ChatError, ErrorCode } from '../common/errors.ts';

/** Failures of a service that another one need not share. */
const MOVES_ON: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'network',
  'timeout',
  'server',
  'rate_limit',
  'payment',
  'auth',
  'incomplete',
  'budget',
  'queue_full',
]);

/** Whether another service may answer what one has failed with. */
export function movesOn(error: ChatError): boolean {
  return (MOVES_ON.has(error.code) && error.key !== 'unexpected') || isUnknownModel(error);
}

/** 404, or OpenAI's name for it under any status. */
function isUnknownModel({ code, cause }: ChatError): boolean {
  if (code !== 'bad_request') return false;
  return cause.status === 404 || cause.code === 'model_not_found' || cause.type === 'model_not_found';
}
