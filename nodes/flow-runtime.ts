// What lib needs of Node-RED, made from RED and a node: typed values, context, messages. Shared by the nodes' glue.
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { describeError, type FlowError } from './lib/common/describe-error.ts';
import type { ChatError } from './lib/common/errors.ts';
import type { Evaluate } from './lib/common/evaluate.ts';
import type { ContextStore } from './lib/memory/conversation.ts';
import type { TemplateSources } from './lib/request/render-template.ts';
import type { MessageTools } from './lib/sending/reply-sender.ts';
import type { TotalsStore } from './lib/service/totals.ts';

/** The namespace of the catalogue that holds errors and states. */
export const CATALOGUE = '@vivgrid/node-red-vivgrid/vivgrid-chat';

/** A node inside a subflow instance knows the node of the template that it was made from. */
export type InstanceNode = Node & { _alias?: string };

/** Typed values for a node's messages. A value that is not there is `undefined`, whatever parent is missing. */
export function createEvaluate(RED: NodeAPI, node: Node): Evaluate {
  return (value, type, message) =>
    new Promise((resolve, reject) => {
      const settle = (error: unknown, result?: unknown): void => {
        if (!error) resolve(result);
        else if (type === 'msg' && error instanceof TypeError) resolve(undefined);
        else if (PROPERTY_TYPES.has(type) && refersToNothing(RED, value, message)) resolve(undefined);
        else reject(error);
      };
      try {
        RED.util.evaluateNodeProperty(value, type, node, message as NodeMessage, settle);
      } catch (error) {
        settle(error);
      }
    });
}

const PROPERTY_TYPES: ReadonlySet<string> = new Set(['msg', 'flow', 'global']);

/** Whether an expression is right but for a reference, such as `[msg.key]`, to what a message does not have. */
function refersToNothing(RED: NodeAPI, value: string, message: object): boolean {
  const { key } = RED.util.parseContextStore(value);
  const isExpression = (of?: object): boolean => {
    try {
      RED.util.normalisePropertyExpression(key, of as NodeMessage);
      return true;
    } catch {
      return false;
    }
  };
  return isExpression() && !isExpression(message);
}

/** `env.X`, `flow.x` and `global.x` of templates. Context is read asynchronously: some stores allow nothing else. */
export function createTemplateSources(RED: NodeAPI, node: Node): TemplateSources {
  return {
    env: (name) => RED.util.evaluateNodeProperty(name, 'env', node, {}),
    context: (scope, key, store) =>
      new Promise((resolve, reject) => {
        node
          .context()
          [scope].get(key, store, (error: Error | null, value: unknown) =>
            error ? reject(error) : resolve(value),
          );
      }),
  };
}

/** Context for conversations, read and written asynchronously. */
export function createContextStore(RED: NodeAPI, node: Node): ContextStore {
  return {
    context: createTemplateSources(RED, node).context,
    setContext: (scope, key, store, value) =>
      new Promise((resolve, reject) => {
        node
          .context()
          [scope].set(key, value, store, (error?: Error | null) => (error ? reject(error) : resolve()));
      }),
    pathParts(expression, message) {
      // With a message, references are replaced by what they refer to; without one they are lists of parts themselves.
      const found: unknown[] = RED.util.normalisePropertyExpression(expression, message as NodeMessage);
      const written = RED.util.normalisePropertyExpression(expression) as (string | number | object)[];
      return written.map((part, index) => (typeof part === 'object' ? { value: found[index] } : part));
    },
    contextId(scope, parents) {
      let context: ParentedContext | undefined = node.context()[scope] as object;
      for (let step = 0; step < parents; step++) context = context?.$parent;
      return context ? idOf(RED, context) : '';
    },
  };
}

/** Where a config node keeps its totals: a global context property, in any store. Nothing for a blank one. */
export function createTotalsStore(
  RED: NodeAPI,
  node: Node,
  property: string | undefined,
): TotalsStore | undefined {
  if (!property?.trim()) return undefined;
  const { key, store } = RED.util.parseContextStore(property.trim());
  const { context, setContext } = createContextStore(RED, node);
  return {
    key: property.trim(),
    read: () => context('global', key, store),
    write: (periods) => setContext('global', key, store, periods),
  };
}

/** A flow's context knows that of the flow around it, if it is a subflow's. */
interface ParentedContext {
  $parent?: ParentedContext;
}

const contextIds = new WeakMap<object, string>();

function idOf(RED: NodeAPI, context: object): string {
  const id = contextIds.get(context) ?? RED.util.generateId();
  contextIds.set(context, id);
  return id;
}

export function createMessageTools(RED: NodeAPI): MessageTools {
  return {
    deepClone: (value) => RED.util.cloneMessage(value as NodeMessage) as typeof value,
    setProperty: (message, path, value) => RED.util.setMessageProperty(message, path, value, true),
    newId: () => RED.util.generateId(),
  };
}

/** Puts errors into the user's words. The catalogue is the chat node's, whichever node the error comes from. */
export function createDescribe(RED: NodeAPI): (error: ChatError) => FlowError {
  const translate = createTranslate(RED);
  return (error) => describeError(error, translate);
}

/** Looks a key of the chat node's catalogue up, placeholders left in; gives nothing where there is no text for it. */
export function createTranslate(RED: NodeAPI): (key: string) => string | undefined {
  return (key) => {
    const id = `${CATALOGUE}:${key}`;
    // An option of i18next that the typings don't know: values are put in by whoever asks.
    const text = RED._(id, { skipInterpolation: true } as never);
    return text === id ? undefined : text;
  };
}
