// What an open form asks of the runtime, and what it is told. Shared by the routes and the editor.
import type { UsageCounts } from './exchanges.ts';
import type { ListedModel } from './model-end.ts';
import type { ChatSettings, ConfigSettings, LimitOf, LimitPer, McpSettings } from './settings.ts';

/** A config form, deployed or not. `token` is absent when the field still stands for the stored one. */
export interface TestOrder {
  id: string;
  settings: ConfigSettings;
  token?: string;
}

/** `withheld`: a secret of the runtime's would go to an address that is not the deployed one. */
export type TestOutcome =
  | { outcome: 'works'; models: ListedModel[]; ms: number }
  | { outcome: 'withheld' }
  | { outcome: 'failed'; message: string; status?: number };

/** An MCP server's form, deployed or not. `token` is absent when the field still stands for the stored one. */
export interface McpTestOrder {
  id: string;
  settings: McpSettings;
  token?: string;
}

/** `withheld`: the stored token would go to an address that is not the deployed one. */
export type McpTestOutcome =
  | { outcome: 'works'; tools: { name: string; description: string }[]; ms: number }
  | { outcome: 'withheld' }
  | { outcome: 'failed'; message: string };

/** What a deployed chat node has stored of its conversations. */
export type ConversationsOutcome =
  /** `changed`: when one was last stored, in milliseconds since 1970; absent if that was before Node-RED started. */
  | { outcome: 'stored'; count: number; changed?: number }
  /** The property does not tell which ones are the node's. */
  | { outcome: 'unknown' }
  /** Not deployed, or deployed without a memory. */
  | { outcome: 'none' }
  | { outcome: 'failed'; message: string };

/** A call of a deployed tool. The arguments are JSON, as a model writes them. */
export interface ToolCallOrder {
  arguments: string;
}

/** How a call ended; `ms` = how long it took. An error's text is what a model would get. */
export type ToolCallOutcome =
  | { outcome: 'result' | 'error'; text: string; ms: number }
  /** There is no such tool any more. */
  | { outcome: 'none' }
  /** The call can't be made. */
  | { outcome: 'failed'; message: string };

/** A tool as it is deployed; none where it isn't, or can't be used as it is. */
export type DeployedTool = { outcome: 'tool'; name: string; parameters: object } | { outcome: 'none' };

/** A chat form, deployed or not. Without a `message` it is about the last one that the node has seen. */
export interface PreviewOrder {
  settings: ChatSettings;
  /** The model of the chosen config node. */
  model: string;
  message?: Record<string, unknown>;
}

/**
 * About the last message that the node has seen: `seen` is when it came, in milliseconds since 1970; `cut` names its
 * properties of which only a part was kept.
 */
interface AboutSeen {
  seen?: number;
  cut?: string[];
  seenMessage?: Record<string, unknown>;
}

export type PreviewOutcome =
  | ({ outcome: 'request'; request: object; isDeployed: boolean } & AboutSeen)
  | ({ outcome: 'failed'; message: string } & AboutSeen)
  | { outcome: 'no-message' };

/**
 * What happens while a request is tried, a line of JSON each. A piece goes to where `at` says in the text so far; what
 * stood behind it is gone.
 */
export type TryEvent =
  | { event: 'state'; state: 'queued' | 'asking' | 'waiting' }
  | { event: 'piece'; kind: 'text' | 'reasoning'; at: number; text: string }
  | {
      event: 'done';
      details: object;
      value?: unknown;
      problem?: string;
      calls: { function: { name: string; arguments: string } }[];
    }
  | { event: 'failed'; code: string; message: string };

/** What a deployed config node has been used for, and its limit if it has one. */
export type UsageOutcome =
  | { outcome: 'usage'; periods: Record<LimitPer, UsageCounts>; limit?: UsageLimit }
  /** Not deployed, or not usable as it is deployed. */
  | { outcome: 'none' }
  | { outcome: 'failed'; message: string };

export interface UsageLimit {
  most: number;
  of: LimitOf;
  per: LimitPer;
}
