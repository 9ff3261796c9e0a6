// Registers `vivgrid-tool`: offers a function to models and starts its flow when one calls it.
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { createDescribe } from './flow-runtime.ts';
import { ChatError } from './lib/errors.ts';
import type { ToolSettings } from './lib/settings.ts';
import { registerTool, unregisterTool } from './lib/tool-registry.ts';
import { readToolSettings } from './lib/tool-settings.ts';

type ToolDef = NodeDef & Partial<ToolSettings>;

/** A node inside a subflow instance knows the node of the template that it was made from. */
type InstanceNode = Node & { _alias?: string };

const BROKEN = '@vivgrid/node-red-vivgrid/vivgrid-tool:vivgrid-tool.status.broken';

export = (RED: NodeAPI): void => {
  function VivgridTool(this: InstanceNode, def: ToolDef): void {
    RED.nodes.createNode(this, def);
    try {
      registerTool({
        ...readToolSettings(def),
        nodeId: this.id,
        alias: this._alias,
        flowId: this.z ?? '',
        start: (args, { id, key }) =>
          this.send({
            payload: args,
            topic: def.name,
            tool: { name: def.name, id },
            _vivgridCall: key,
          } as never),
      });
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      this.status({ fill: 'red', shape: 'ring', text: BROKEN });
      this.error(createDescribe(RED)(error).message);
    }
    this.on('close', () => {
      unregisterTool(this.id);
      this.status({});
    });
  }
  RED.nodes.registerType('vivgrid-tool', VivgridTool);
};
