// The exchanges that are kept for the editor: what its list shows of each, and what it shows of an opened one.
import type { ToolActivity } from './tool-activity.ts';

export type ExchangeState =
  | 'queued'
  | 'asking'
  | 'receiving'
  | 'waiting'
  | 'calling'
  | 'finished'
  | 'failed'
  | 'cancelled';

/** A line of the list. It tells nothing of what was said. Times are milliseconds; absent fields are omitted. */
export interface ExchangeRow {
  id: string;
  /** When the message came, since 1970. */
  at: number;
  /** The chat node's id; in a subflow's instance also that of the template's node, which the canvas shows. */
  node: string;
  template?: string;
  /** The flow, or the subflow instance, that the node is in. */
  flow: string;
  /** The config node that it was kept by. */
  config: string;
  state: ExchangeState;
  /** The service that is or was asked. */
  service: string;
  model?: string;
  queued?: number;
  first?: number;
  total?: number;
  prompt_tokens?: number;
  completion_tokens?: number;
  cost?: number;
  /** How often the model was asked. */
  attempts: number;
  /** How many calls of tools were made. */
  calls: number;
  /** The error's code. */
  code?: string;
}

/** One try: the service that was asked, and why it failed if it did. */
export interface ExchangeTry {
  service: string;
  code?: string;
  status?: number;
  message?: string;
}

/** What was said. Long texts are cut, attachments named in brackets. */
export interface ExchangeContent {
  /** The message that led to it. */
  message?: object;
  /** The request that was sent last, rounds of tools included. */
  request?: object;
  tries: ExchangeTry[];
  calls: ToolActivity[];
  reply?: { text: string; reasoning?: string };
  error?: { code: string; message: string };
  /** Whether something was cut. */
  isCut: boolean;
}

/** What was used of a service, for the head of the list. */
export interface ServiceUsage {
  config: string;
  name: string;
  today: UsageCounts;
  /** The last 24 hours in which there was anything, the oldest first. */
  hours: readonly UsageCounts[];
}

/** Counts of a period. */
export interface UsageCounts {
  from: string;
  requests: number;
  failures: number;
  tokens: number;
  cost: number;
}

/** All that the list shows when it is opened. */
export interface RequestsOverview {
  rows: ExchangeRow[];
  services: ServiceUsage[];
}
