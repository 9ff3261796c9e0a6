// One message on its way to its end.
import type { Conversation } from '../memory/conversation.ts';
import type { Reply } from '../reply/reply.ts';
import type { FlowMessage } from '../sending/message.ts';
import { describeReply, type ReplyDetails, timingOf } from '../sending/reply-details.ts';
import type { ReplySender } from '../sending/reply-sender.ts';
import type { ExchangeRecord } from '../service/exchange-log.ts';
import type { Route } from '../service/route.ts';
import { openCallOf } from '../tools/open-calls.ts';
import type { Caller } from '../tools/tool.ts';
import { type ChatFailure, takeFailureOff } from './arrival.ts';
import type { Done, Send } from './flow-runtime.ts';

/**
 * - `queued`: waits for its turn, then builds its request
 * - `working`: the service is asked, or tools are at work
 * - `waiting`: waits for another try, or because the service asked for it
 * - `ended`: by its reply, an error, a reset, a mode or a redeploy; nothing follows
 */
export type JobState = 'queued' | 'working' | 'waiting' | 'ended';

export interface Job extends Caller {
  readonly message: FlowMessage;
  /** What templates and typed values see of it. */
  readonly view: FlowMessage;
  /** The failure of a chat node that it came back from. */
  readonly failure: ChatFailure | undefined;
  readonly send: Send;
  readonly done: Done;
  /** Aborted when the job is ended in the middle of its work. */
  readonly abort: AbortController;
  state: JobState;
  /** Milliseconds, as `performance.now()` tells them; 0 = not yet. */
  readonly arrived: number;
  started: number;
  firstPiece: number;
  /** How often the model was asked, over all rounds. */
  attempts: number;
  /** How often it was asked again for JSON that fits. */
  repairs: number;
  /** What all requests have cost; `undefined` when that is not known of one. */
  cost: number | undefined;
  conversation?: Conversation;
  route?: Route;
  /** Something of the reply to the last request has come. */
  isReceiving?: boolean;
  /** What the job waits for in `waiting`; absent where the service asked it to wait before its first try. */
  retry?: { tries: number; of: number } | undefined;
  /** Near or over the size that the service takes. */
  isLarge?: boolean;
  sender?: ReplySender;
  /** What is kept of it for the editor. */
  record?: ExchangeRecord;
  /** The last reply that something came of. */
  reply: Reply | undefined;
  /** What was there before the request that is being made. */
  before?: Pick<Job, 'reply' | 'firstPiece'>;
  /** What had arrived of all requests that have ended: one for each round of tools, and one for each repair. */
  text: string;
}

export function createJob(message: FlowMessage, send: Send, done: Done): Job {
  const { view, failure } = takeFailureOff(message);
  return {
    message,
    view,
    failure,
    lane: undefined,
    answers: openCallOf(message),
    send,
    done,
    abort: new AbortController(),
    state: 'queued',
    arrived: performance.now(),
    started: 0,
    firstPiece: 0,
    reply: undefined,
    attempts: 0,
    repairs: 0,
    text: '',
    cost: 0,
  };
}

/** What the job's messages tell of its reply, up to this moment. */
export function detailsOf(job: Job, reply: Reply): ReplyDetails {
  const { attempts, repairs, cost, route } = job;
  const details = describeReply(reply, route?.service.name);
  if (cost !== undefined) details.cost = cost;
  details.attempts = attempts;
  if (repairs > 0) details.repairs = repairs;
  details.timing = timingOf(job);
  return details;
}
