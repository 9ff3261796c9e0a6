// What a `vivgrid-chat` node does: reads the saved properties once and hands every message to the engine.
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ConfigNode } from './config-node.ts';
import { registerConversationRoutes } from './conversation-routes.ts';
import { flowsReady } from './deployments.ts';
import {
  createContextStore,
  createDescribe,
  createEvaluate,
  createMessageTools,
  createTemplateSources,
  type InstanceNode,
} from './flow-runtime.ts';
import type { Construct } from './lazily.ts';
import { ChatEngine } from './lib/chat/chat-engine.ts';
import { readChatSettings } from './lib/chat/chat-settings.ts';
import { ChatError } from './lib/common/errors.ts';
import { resolveVariables } from './lib/common/resolve-variables.ts';
import type { ChatSettings } from './lib/common/settings.ts';
import { type Snapshot, takeSnapshot } from './lib/common/snapshot.ts';
import { type ConversationKeeper, createConversationKeeper } from './lib/memory/stored-conversations.ts';
import type { FlowMessage } from './lib/sending/message.ts';
import type { ChatService } from './lib/service/chat-service.ts';
import { addModelUser } from './lib/service/model-users.ts';
import type { Fallback } from './lib/service/route.ts';
import { createNodeStatus } from './node-status.ts';
import { registerPreviewRoute, type SeenMessage } from './preview-route.ts';

type ChatDef = NodeDef & Partial<ChatSettings>;

export function createChatNode(RED: NodeAPI): Construct {
  // By the id that the node has in the editor. Kept over a redeploy, so that a changed prompt can be tried on it.
  const lastSeen = new Map<string, SeenMessage>();
  // Of the running nodes, by their ids.
  const keepers = new Map<string, ConversationKeeper>();

  function VivgridChat(this: InstanceNode, def: ChatDef): void {
    RED.nodes.createNode(this, def);
    const settings = readChatSettings(def);
    const engine = createEngine(RED, this, settings);
    const forgetModels = watchModels(RED, this, settings);
    if (settings.memory) keepers.set(this.id, createKeeper(RED, this, settings));
    const editorId = this._alias ?? this.id;
    this.on('input', (message, send, done) => {
      const seen = remember(editorId, message as FlowMessage);
      engine.input(message as FlowMessage, send as never, done, seen);
    });
    this.on('close', (removed: boolean, done: () => void) => {
      if (removed) lastSeen.delete(editorId);
      forgetModels();
      keepers.delete(this.id);
      engine.close();
      done();
    });
  }

  function remember(editorId: string, message: FlowMessage): Snapshot | undefined {
    if (message.reset === true || typeof message.reset === 'string') return undefined;
    const snapshot = takeSnapshot(message);
    lastSeen.set(editorId, { snapshot, at: Date.now() });
    return snapshot;
  }

  registerConversationRoutes(RED, (id) => keepers.get(id));
  registerPreviewRoute(RED, {
    lastSeen: (id) => lastSeen.get(id),
    preview(id, { settings, model }, message) {
      const { engine, env } = engineOfForm(RED, id, settings);
      return engine.preview(message, resolveVariables(model, env));
    },
    try: (id, { settings }, message, options) => engineOfForm(RED, id, settings).engine.try(message, options),
  });
  return VivgridChat as Construct;
}

function createKeeper(RED: NodeAPI, node: Node, settings: ChatSettings): ConversationKeeper {
  return createConversationKeeper(settings, createTemplateSources(RED, node), createContextStore(RED, node));
}

/** Lets the node warn before the models end that it asks for. Returns what ends that. */
function watchModels(RED: NodeAPI, node: Node, settings: ChatSettings): () => void {
  const { config, fallback, model, modelType } = settings;
  const ownModel = async (): Promise<string | undefined> => {
    if (modelType === 'msg' || modelType === 'jsonata') return undefined;
    return String((await createEvaluate(RED, node)(model, modelType, {})) ?? '').trim();
  };
  const onEnd = (model: string, date: string): void =>
    node.warn(createDescribe(RED)(new ChatError('model_ends', { model, date })).message);
  const ends = [
    addModelUser({ config, onEnd, model: ownModel }),
    // The fallback is asked for its own model.
    ...(fallback && fallback !== config
      ? [addModelUser({ config: fallback, onEnd, model: async () => '' })]
      : []),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** An engine for what stands in an open form, deployed or not. It shows nothing on the canvas. */
function engineOfForm(
  RED: NodeAPI,
  id: string,
  saved: ChatSettings,
): { engine: ChatEngine; env: (name: string) => unknown } {
  const node = (RED.nodes.getNode(id) as Node | null) ?? undeployedNode(id);
  const env = (name: string): unknown => RED.util.evaluateNodeProperty(name, 'env', node, {});
  const settings = readChatSettings(resolveVariables(saved, env));
  return { engine: createEngine(RED, node, settings, { isSilent: true }), env };
}

function createEngine(
  RED: NodeAPI,
  node: Node,
  settings: ChatSettings,
  { isSilent = false } = {},
): ChatEngine {
  const describe = createDescribe(RED);
  const toNodeStatus = createNodeStatus(RED);
  return new ChatEngine(settings, {
    ...createMessageTools(RED),
    ...createTemplateSources(RED, node),
    ...createContextStore(RED, node),
    evaluate: createEvaluate(RED, node),
    flowsReady: () => flowsReady(RED),
    nodeId: node.id,
    templateId: (node as InstanceNode)._alias,
    flowId: node.z ?? '',
    service: () => serviceOf(RED, settings.config),
    fallback: fallbackOf(RED, settings),
    showStatus: (status) => isSilent || node.status(toNodeStatus(status)),
    warn: (problem) => isSilent || node.warn(describe(problem).message),
    describe,
  });
}

/** @throws ChatError `config` for a config node that is missing, disabled or can't be used */
function serviceOf(RED: NodeAPI, id: string): ChatService {
  const config = RED.nodes.getNode(id) as Partial<ConfigNode> | null;
  if (!config?.service) throw new ChatError('config_missing');
  return config.service();
}

function fallbackOf(RED: NodeAPI, { config, fallback }: ChatSettings): Fallback | undefined {
  if (fallback === '' || fallback === config) return undefined;
  return { id: fallback, service: () => serviceOf(RED, fallback) };
}

/** Stands in for a node that is on the canvas only: it has an environment, but no context yet. */
function undeployedNode(id: string): Node {
  const empty = {
    get: (_key: string, _store: unknown, callback: (error: null, value: undefined) => void) =>
      callback(null, undefined),
  };
  return { id, context: () => ({ flow: empty, global: empty }) } as unknown as Node;
}
