// What a `vivgrid-tool-result` node does: ends a tool's flow and gives the model its result.
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Construct } from './lazily.ts';
import { settleCall } from './lib/tools/open-calls.ts';
import { readToolResult } from './lib/tools/result.ts';

export function createToolResultNode(RED: NodeAPI): Construct {
  return function VivgridToolResult(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    this.on('input', (message, _send, done) => {
      // A late, second or stray result is nobody's any more: that is no error.
      if (!settleCall(message, readToolResult(message))) this.debug('a result for no open call');
      done();
    });
  };
}
