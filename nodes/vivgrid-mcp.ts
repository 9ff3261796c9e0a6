// Registers `vivgrid-mcp`.
import type { NodeAPI } from 'node-red';
import { lazily } from './lazily.ts';
import { loadMcp } from './load-parts.ts';

export default (RED: NodeAPI): void => {
  RED.nodes.registerType(
    'vivgrid-mcp',
    lazily(RED, ['/vivgrid-mcp'], () => loadMcp().createMcpNode),
    { credentials: { token: { type: 'password' } } },
  );
};
