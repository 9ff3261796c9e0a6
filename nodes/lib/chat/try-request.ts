// A request tried from the editor: asked through the service's queue and limits like any other, but for no flow.
import { asChatError, type ChatError } from '../common/errors.ts';
import type { Redactor } from '../common/redact.ts';
import { unlessAborted } from '../common/unless-aborted.ts';
import type { Reply, ToolCall } from '../reply/reply.ts';
import { describeReply, type ReplyDetails, timingOf } from '../sending/reply-details.ts';
import type { ChatService } from '../service/chat-service.ts';
import { addCosts } from '../service/cost.ts';
import { Excerpt } from '../service/excerpt.ts';
import { Route } from '../service/route.ts';
import type { Prepared } from './work.ts';

/** What is there of the reply. `at` = where in the text so far the new text goes; what stood behind it is gone. */
export interface TryPiece {
  kind: 'text' | 'reasoning';
  at: number;
  text: string;
}

export interface TryOptions {
  signal: AbortSignal;
  onPiece(piece: TryPiece): void;
  onState(state: 'queued' | 'asking' | 'waiting'): void;
  describe(error: ChatError): string;
}

export interface TryResult {
  details: ReplyDetails;
  /** The text's value, where the format is JSON and it fits. */
  value?: unknown;
  /** Why the text is not the JSON that it should be. */
  problem?: string;
  /** The calls that the model would make. */
  calls: Pick<ToolCall, 'function'>[];
}

/** Characters of the reply's details that the editor gets to see. */
const DETAILS = 64 * 1024;
/** Milliseconds from one update to the next. */
const INTERVAL = 80;

/** Rejects with a ChatError, or with the signal's reason once that is aborted. */
export async function tryRequest(
  prepared: Prepared,
  service: ChatService,
  options: TryOptions,
): Promise<TryResult> {
  const { signal, describe, onState } = options;
  const { built, format } = prepared;
  const { n = 1 } = built.request;
  const streamed = { stream: true as const, stream_options: { include_usage: true } };
  const request = { ...(n > 1 ? {} : streamed), ...built.request };
  const route = new Route({ first: service, fallback: undefined, describe, onMove: () => {} });
  const arrived = performance.now();
  let started = arrived;
  let firstPiece = 0;
  let cost: number | undefined = 0;
  let attempts = 0;
  const shown = createPieces(service.redactor, options.onPiece);
  const end = (): void => {
    shown.stop();
    route.leave();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    onState('queued');
    await unlessAborted(route.join(undefined), signal);
    started = performance.now();
    const reply = await route.ask(request, {
      signal,
      own: { streamOptions: !built.hasOwnStreamOptions, roundMessages: 0 },
      hasSent: () => false,
      onPiece: (_piece, soFar) => {
        firstPiece ||= performance.now();
        shown.update(soFar);
      },
      onTry: () => {
        attempts++;
        onState('asking');
      },
      onWait: () => onState('waiting'),
      onSpent: (spent) => {
        cost = addCosts(cost, spent.cost);
      },
    });
    const timing = timingOf({ arrived, started, firstPiece });
    // A chat node does so where it doesn't stream.
    if (!prepared.stream) reply.splitUnopened();
    shown.finish(reply);
    const details = {
      // Pictures and sounds are named, not sent.
      ...(new Excerpt(DETAILS).copy(describeReply(reply)) as ReplyDetails),
      service: service.name,
      attempts,
      timing,
      ...(cost !== undefined && { cost }),
    };
    return { details, ...readValue(reply, format, describe), calls: reply.choices[0]?.toolCalls ?? [] };
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

function readValue(
  reply: Reply,
  format: Prepared['format'],
  describe: TryOptions['describe'],
): Pick<TryResult, 'value' | 'problem'> {
  if (!format.request) return {};
  try {
    const values = reply.choices.map((choice) => format.read(choice));
    return { value: values.length > 1 ? values : values[0] };
  } catch (error) {
    return { problem: describe(asChatError(error)) };
  }
}

/** Gives on what has come, a few times a second: no single piece may have held a secret that two of them make. */
function createPieces({ redact }: Redactor, onPiece: TryOptions['onPiece']) {
  const sent = { text: '', reasoning: '' };
  let latest: Reply | undefined;
  let timer: NodeJS.Timeout | undefined;

  function show(): void {
    timer = undefined;
    const choice = latest?.choices[0];
    if (!choice) return;
    for (const kind of ['reasoning', 'text'] as const) {
      const now = redact(choice[kind]);
      if (now === sent[kind]) continue;
      const at = commonLength(sent[kind], now);
      sent[kind] = now;
      onPiece({ kind, at, text: now.slice(at) });
    }
  }

  return {
    update(reply: Reply): void {
      latest = reply;
      if (!timer) timer = setTimeout(show, INTERVAL);
    },
    finish(reply: Reply): void {
      clearTimeout(timer);
      latest = reply;
      show();
    },
    stop(): void {
      clearTimeout(timer);
    },
  };
}

function commonLength(one: string, other: string): number {
  let length = Math.min(one.length, other.length);
  if (other.startsWith(one)) return one.length;
  while (!other.startsWith(one.slice(0, length))) length = Math.floor(length / 2);
  return length;
}
