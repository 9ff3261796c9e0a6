// What a message tells about its reply besides the text: `msg.vivgrid`.
import type { Audio, Picture } from '../reply/media.ts';
import type { Choice, Reply, ToolCall, Usage } from '../reply/reply.ts';
import { createCloner } from './message.ts';

/** Milliseconds: in the queue, from the start of the work to the first text, and from arrival to the end. */
export interface Timing {
  queued: number;
  first: number;
  total: number;
}

/**
 * The timing of what ends now.
 * @param of when it came, when the work on it began, and when its first piece came (0 = never), as `performance.now()`
 * tells it
 */
export function timingOf(of: { arrived: number; started: number; firstPiece: number }): Timing {
  const now = performance.now();
  return {
    queued: Math.round(of.started - of.arrived),
    first: Math.round((of.firstPiece || now) - of.started),
    total: Math.round(now - of.arrived),
  };
}

/** `msg.vivgrid` of a finished reply. Absent fields are left out. */
export interface ReplyDetails {
  id?: string;
  /** The service that answered: its config node's name, or its host. */
  service?: string;
  model?: string;
  created?: number;
  finish_reason?: string;
  usage?: Usage;
  /** Of all rounds and tries. */
  cost?: number;
  reasoning?: string;
  refusal?: string;
  tool_calls?: ToolCall[];
  logprobs?: Record<string, unknown>;
  images?: Picture[];
  audio?: Audio;
  annotations?: unknown[];
  citations?: unknown[];
  attempts?: number;
  /** How often the model was asked again for JSON that fits. */
  repairs?: number;
  timing?: Timing;
}

/**
 * The details that the reply itself holds, as far as there are any. With several choices, those of the first.
 * @param service the name of the one that answered
 */
export function describeReply({ id, model, created, usage, choices }: Reply, service?: string): ReplyDetails {
  const first = choices[0] as Choice;
  const { finishReason, reasoning, refusal, logprobs, images, audio, annotations, citations } = first;
  // Some servers count calls from 1.
  const calls = first.toolCalls.filter((call) => call.id !== '' || call.function.name !== '');
  const details: ReplyDetails = {};
  if (id) details.id = id;
  if (service) details.service = service;
  if (model) details.model = model;
  if (created) details.created = created;
  if (finishReason !== undefined) details.finish_reason = finishReason;
  if (usage) details.usage = usage;
  if (reasoning) details.reasoning = reasoning;
  if (refusal) details.refusal = refusal;
  if (calls.length > 0) details.tool_calls = calls;
  if (logprobs) details.logprobs = logprobs;
  if (images.length > 0) details.images = images;
  if (audio) details.audio = audio;
  if (annotations.length > 0) details.annotations = annotations;
  if (citations.length > 0) details.citations = citations;
  return details;
}

/** Details that can be changed without a change to these; the bytes of pictures and sounds are shared. */
export function copyDetails(details: ReplyDetails): ReplyDetails {
  const copy = createCloner({ details }, structuredClone)();
  return copy.details as ReplyDetails;
}
