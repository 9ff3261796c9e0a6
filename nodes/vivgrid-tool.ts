// Registers `vivgrid-tool`: offers a function to models and starts its flow when one calls it.
import type { NodeAPI, NodeDef } from 'node-red';
import { createDescribe, type InstanceNode } from './flow-runtime.ts';
import { ChatError } from './lib/common/errors.ts';
import type { ToolSettings } from './lib/common/settings.ts';
import { registerTool, unregisterTool } from './lib/tools/registry.ts';
import { readToolSettings } from './lib/tools/settings.ts';

type ToolDef = NodeDef & Partial<ToolSettings>;

const BROKEN = '@vivgrid/node-red-vivgrid/vivgrid-tool:vivgrid-tool.status.broken';

export default (RED: NodeAPI): void => {
  function VivgridTool(this: InstanceNode, def: ToolDef): void {
    RED.nodes.createNode(this, def);
    let isClosed = false;
    const showProblem = (error: unknown): void => {
      if (!(error instanceof ChatError)) throw error;
      if (isClosed) return;
      this.status({ fill: 'red', shape: 'ring', text: BROKEN });
      this.error(createDescribe(RED)(error).message);
    };
    try {
      const settings = readToolSettings(def);
      const { name } = settings;
      registerTool({
        ...settings,
        nodeId: this.id,
        alias: this._alias,
        flowId: this.z ?? '',
        start: (args, { id, key }) =>
          this.send({
            payload: args,
            topic: name,
            tool: { name, id },
            // A function node that makes a new message keeps this one property of the old.
            _msgid: key,
            _vivgridCall: key,
          } as never),
      });
      // Better told when the flows start than when a model calls.
      void settings.checkArguments().catch(showProblem);
    } catch (error) {
      showProblem(error);
    }
    this.on('close', () => {
      isClosed = true;
      unregisterTool(this.id);
      this.status({});
    });
  }
  RED.nodes.registerType('vivgrid-tool', VivgridTool);
};
