// What the engine needs of Node-RED.
import type { ChatError } from '../common/errors.ts';
import type { Evaluate } from '../common/evaluate.ts';
import type { ContextStore } from '../memory/conversation.ts';
import type { TemplateSources } from '../request/render-template.ts';
import type { FlowMessage } from '../sending/message.ts';
import type { MessageTools } from '../sending/reply-sender.ts';
import type { ChatService } from '../service/chat-service.ts';
import type { Fallback } from '../service/route.ts';
import type { ChatStatus } from './status-line.ts';

export interface FlowRuntime extends MessageTools, TemplateSources, ContextStore {
  evaluate: Evaluate;
  /** The service of the chosen config node. @throws ChatError `config` when there is none that works */
  service(): ChatService;
  /** The service that is asked when that one can't answer, if one was chosen. */
  fallback: Fallback | undefined;
  /** What to wait for before another node is looked up; `undefined` while no flows are being deployed. */
  flowsReady(): Promise<void> | undefined;
  showStatus(status: ChatStatus): void;
  /** The error in the user's words, for `done`. */
  describe(error: ChatError): Error;
  /** Tells the user of something that does not keep the message from its reply. */
  warn(problem: ChatError): void;
  /** Tells this node's lane in the queue apart from others'. */
  nodeId: string;
  /** Within a subflow's instance, the node of the template that the node is made from. */
  templateId: string | undefined;
  /** The flow or the instance of a subflow that the node is in. */
  flowId: string;
}

/** Messages for the node's outputs, in their order. */
export type Send = (messages: FlowMessage | (FlowMessage | null)[]) => void;
export type Done = (error?: Error) => void;
