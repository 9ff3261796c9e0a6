// Registers `vivgrid-config`.
import type { NodeAPI } from 'node-red';
import { lazily } from './lazily.ts';
import { loadRuntime } from './load-parts.ts';

export default (RED: NodeAPI): void => {
  // The exchanges of chat nodes are kept with their config nodes.
  RED.nodes.registerType(
    'vivgrid-config',
    lazily(RED, ['/vivgrid-config', '/vivgrid-chat/requests'], () => loadRuntime().createConfigNode),
    { credentials: { token: { type: 'password' } } },
  );
};
