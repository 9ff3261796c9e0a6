// What the chat nodes see of a config node.
import type { Node } from 'node-red';
import type { ChatService } from './lib/service/chat-service.ts';

export interface ConfigNode extends Node<{ token?: string }> {
  /** The one service of this config node. @throws ChatError `config` that says which setting to change */
  service(): ChatService;
  /** The address as it is deployed. */
  baseUrl: string;
}
