// Registers `vivgrid-tool`.
import type { NodeAPI } from 'node-red';
import { lazily } from './lazily.ts';
import { loadRuntime } from './load-parts.ts';

export default (RED: NodeAPI): void => {
  RED.nodes.registerType(
    'vivgrid-tool',
    lazily(RED, ['/vivgrid-tool'], () => loadRuntime().createToolNode),
  );
};
