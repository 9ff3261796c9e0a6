// Registers `vivgrid-tool-result`: ends a tool's flow and gives the model its result.
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { settleCall } from './lib/tools/open-calls.ts';
import { readToolResult } from './lib/tools/result.ts';

export default (RED: NodeAPI): void => {
  function VivgridToolResult(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    this.on('input', (message, _send, done) => {
      // A late, second or stray result is nobody's any more: that is no error.
      if (!settleCall(message, readToolResult(message))) this.debug('a result for no open call');
      done();
    });
  }
  RED.nodes.registerType('vivgrid-tool-result', VivgridToolResult);
};
