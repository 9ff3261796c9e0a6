// Registers `vivgrid-chat`.
import type { NodeAPI } from 'node-red';
import { followDeployments } from './deployments.ts';
import { lazily } from './lazily.ts';
import { loadRuntime } from './load-parts.ts';

export default (RED: NodeAPI): void => {
  // From the first one on: the nodes are made in the middle of it.
  followDeployments(RED);
  RED.nodes.registerType(
    'vivgrid-chat',
    lazily(RED, ['/vivgrid-chat'], () => loadRuntime().createChatNode),
  );
};
