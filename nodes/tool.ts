// What a `vivgrid-tool` node does: offers a function to models and starts its flow when one calls it.
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { createDescribe, createMessageTools, type InstanceNode } from './flow-runtime.ts';
import type { Construct } from './lazily.ts';
import { asChatError, ChatError } from './lib/common/errors.ts';
import type { ToolSettings } from './lib/common/settings.ts';
import { answerHeldCall } from './lib/tools/approval.ts';
import { registerTool, type ToolCallHandle, unregisterTool } from './lib/tools/registry.ts';
import { readToolSettings } from './lib/tools/settings.ts';
import { registerToolRoutes } from './tool-routes.ts';

type ToolDef = NodeDef & Partial<ToolSettings>;

const STATUS = '@vivgrid/node-red-vivgrid/vivgrid-tool:vivgrid-tool.status';

export function createToolNode(RED: NodeAPI): Construct {
  const { deepClone } = createMessageTools(RED);

  function VivgridTool(this: InstanceNode, def: ToolDef): void {
    RED.nodes.createNode(this, def);
    let isClosed = false;
    const showProblem = (error: unknown): void => {
      if (!(error instanceof ChatError)) throw error;
      if (isClosed) return;
      this.status({ fill: 'red', shape: 'ring', text: `${STATUS}.broken` });
      this.error(createDescribe(RED)(error).message);
    };
    try {
      const settings = readToolSettings(def);
      const { name } = settings;
      const messageOf = (payload: unknown, { id, key }: ToolCallHandle): object => ({
        payload,
        topic: name,
        tool: { name, id },
        // A function node that makes a new message keeps this one property of the old.
        _msgid: key,
        _vivgridCall: key,
      });
      registerTool({
        ...settings,
        nodeId: this.id,
        alias: this._alias,
        flowId: this.z ?? '',
        start: (args, call) => this.send(messageOf(args, call) as never),
        ask: (args, call) => this.send([null, messageOf(deepClone(args), call)] as never),
        showHeld: createHeldStatus(this),
      });
      // Better told when the flows start than when a model calls.
      void settings.checkArguments().catch(showProblem);
    } catch (error) {
      showProblem(error);
    }
    let answered = Promise.resolve();
    this.on('input', (message, _send, done) => {
      // One after the other: which calls still wait depends on the answers before.
      const answer = answered.then(() => answerHeldCall(this.id, message));
      answered = answer.then(
        (isAnswered) => {
          // A late, second or stray answer is nobody's any more: that is no error.
          if (!isAnswered) this.debug('an answer for no waiting call');
          done();
        },
        (error) => done(createDescribe(RED)(asChatError(error))),
      );
    });
    this.on('close', () => {
      isClosed = true;
      unregisterTool(this.id);
      this.status({});
    });
  }
  registerToolRoutes(RED);
  return VivgridTool;
}

/** Says that a person is asked, from the first call that waits to the last: not for each, which would flood the editors. */
function createHeldStatus(node: Node): (count: number) => void {
  let isShown = false;
  return (count) => {
    if (isShown === count > 0) return;
    isShown = !isShown;
    node.status(isShown ? { fill: 'yellow', shape: 'ring', text: `${STATUS}.asking` } : {});
  };
}
