// One message's requests to its service, and what becomes visible of them meanwhile: chunks, tool calls, the status, what
// is kept for the editor.
import { ChatError } from '../common/errors.ts';
import type { ChatSettings } from '../common/settings.ts';
import type { ToolActivity } from '../common/tool-activity.ts';
import type { BuiltRequest, ChatRequest } from '../request/build-request.ts';
import { createActivitySender } from '../sending/activity-sender.ts';
import { addCosts } from '../service/cost.ts';
import type { Route } from '../service/route.ts';
import type { RoundsOptions } from '../tools/rounds.ts';
import type { Endings } from './endings.ts';
import type { FlowRuntime } from './flow-runtime.ts';
import type { Job } from './job.ts';

/** Asks for one request of a message. */
export type Ask = RoundsOptions['ask'];

/** One message's way of asking, and of telling what its tools do: the two send to the same outputs. */
export interface Asking {
  ask: Ask;
  onActivity(activity: ToolActivity): void;
}

/** What all messages of a node share. */
export interface NodeContext {
  settings: ChatSettings;
  runtime: FlowRuntime;
  endings: Endings;
}

/** Sends what happens with a message's tools, as long as that has not ended. */
function createActivity(job: Job, { settings, runtime }: NodeContext): (activity: ToolActivity) => void {
  const send = createActivitySender(job.message, job.send, settings, runtime.deepClone);
  return (activity) => {
    if (job.state === 'ended') return;
    job.record?.called(activity);
    send(activity);
  };
}

/** How a message's requests are made, and its job and its sender kept up to date. */
export function createAsking(job: Job, route: Route, built: BuiltRequest, context: NodeContext): Asking {
  const { settings, runtime, endings } = context;
  const { abort, sender } = job;
  const onActivity = createActivity(job, context);
  // Else the whole of a reply comes at once, and then the job is over.
  const streams = settings.stream || settings.activity;
  const showReceiving = (): void => {
    // What the flow got may have ended it.
    if (job.state === 'ended') return;
    job.isReceiving = true;
    job.record?.update({ state: 'receiving' });
    endings.changed();
  };
  const ask: Ask = async (request, spent) => {
    sender?.begin();
    job.before = { reply: job.reply, firstPiece: job.firstPiece };
    const asked = route.ask(request, {
      signal: abort.signal,
      spent,
      own: {
        streamOptions: !built.hasOwnStreamOptions,
        roundMessages: request.messages.length - built.request.messages.length,
      },
      hasSent: () => sender?.hasSent() ?? false,
      ...(settings.activity && { platform: { ownTools: namesOfTools(request), onActivity } }),
      onPiece: (piece, reply) => {
        if (job.state === 'ended') return;
        job.firstPiece ||= performance.now();
        job.reply = reply;
        // Nobody who looks on is in a hurry.
        sender?.piece(piece, reply);
        if (streams && !job.isReceiving) showReceiving();
      },
      onTry: (sent) => {
        job.attempts++;
        job.isReceiving = false;
        job.record?.tried(route.service, sent);
        endings.change(job, 'working');
      },
      onTryFailed: (failure) => recordFailure(job, failure, runtime),
      onWait: (tries, of) => {
        job.retry = tries > 1 ? { tries, of } : undefined;
        job.record?.update({ state: 'waiting' });
        endings.change(job, 'waiting');
      },
      onSpent: ({ cost }) => {
        job.cost = addCosts(job.cost, cost);
      },
    });
    try {
      const reply = await asked;
      if (!settings.stream) reply.splitUnopened();
      job.text += reply.text;
      return reply;
    } catch (error) {
      if (error instanceof ChatError) job.text += error.cause.text ?? '';
      throw error;
    }
  };
  return { ask, onActivity };
}

function recordFailure({ record }: Job, failure: ChatError, { describe }: FlowRuntime): void {
  if (!record) return;
  const { status } = failure.cause;
  record.tryFailed({
    code: failure.code,
    ...(status !== undefined && { status }),
    message: describe(failure).message,
  });
}

/** The functions that are not the platform's: those of flows, or of a `tools` parameter. */
function namesOfTools({ tools }: ChatRequest): Set<string> {
  const definitions = (Array.isArray(tools) ? tools : []) as ({ function?: { name?: string } } | null)[];
  return new Set(definitions.flatMap((definition) => definition?.function?.name ?? []));
}
