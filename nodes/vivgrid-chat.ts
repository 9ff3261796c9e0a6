// Registers `vivgrid-chat`: reads the saved properties once and hands every message to the engine.
import type { Node, NodeAPI, NodeDef, NodeStatus } from 'node-red';
import type { ConfigNode } from './config-node.ts';
import {
  CATALOGUE,
  createContextStore,
  createDescribe,
  createEvaluate,
  createMessageTools,
  createTemplateSources,
} from './flow-runtime.ts';
import { ChatEngine } from './lib/chat-engine.ts';
import { readChatSettings } from './lib/chat-settings.ts';
import { ChatError } from './lib/errors.ts';
import type { FlowMessage } from './lib/message.ts';
import type { ChatSettings } from './lib/settings.ts';
import type { ChatStatus } from './lib/status-line.ts';

type ChatDef = NodeDef & Partial<ChatSettings>;

// A status is a catalogue id, so that each editor shows it in its own language.
const STATUS = `${CATALOGUE}:vivgrid-chat.status`;

function toNodeStatus(status: ChatStatus): NodeStatus {
  switch (status.state) {
    case 'idle':
      return {};
    case 'working': {
      const { running, queued, isLarge } = status;
      const counts = queued > 0 ? `${running} (+${queued})` : String(running);
      const text = `${STATUS}.${isLarge ? 'large' : 'working'}`;
      return { fill: isLarge ? 'yellow' : 'blue', shape: 'dot', text: running + queued > 1 ? counts : text };
    }
    case 'waiting':
      return { fill: 'yellow', shape: 'ring', text: `${STATUS}.waiting` };
    case 'failed':
      return { fill: 'red', shape: 'ring', text: `${STATUS}.failed.${status.code}` };
  }
}

export = (RED: NodeAPI): void => {
  function VivgridChat(this: Node, def: ChatDef): void {
    RED.nodes.createNode(this, def);
    const settings = readChatSettings(def);
    const describe = createDescribe(RED);
    const engine = new ChatEngine(settings, {
      ...createMessageTools(RED),
      ...createTemplateSources(RED, this),
      ...createContextStore(RED, this),
      evaluate: createEvaluate(RED, this),
      nodeId: this.id,
      service: () => {
        const config = RED.nodes.getNode(settings.config) as Partial<ConfigNode> | null;
        if (!config?.service) throw new ChatError('config_missing');
        return config.service();
      },
      showStatus: (status) => this.status(toNodeStatus(status)),
      warn: (problem) => this.warn(describe(problem).message),
      describe,
    });
    this.on('input', (message, send, done) => engine.input(message as FlowMessage, send as never, done));
    this.on('close', (done: () => void) => {
      engine.close();
      done();
    });
  }
  RED.nodes.registerType('vivgrid-chat', VivgridChat);
};
