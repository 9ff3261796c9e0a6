// Follows the deployments of a runtime, for nodes that look others up when they are needed.
import type { NodeAPI } from 'node-red';
import { Deployment } from './lib/common/deployment.ts';

// One for each runtime, whichever of the nodes is loaded first.
const deployments = new WeakMap<NodeAPI['events'], Deployment>();

/** What to wait for before another node is looked up; `undefined` while no flows are being deployed. */
export function flowsReady({ events }: NodeAPI): Promise<void> | undefined {
  return deployments.get(events)?.ready;
}

/** From now on the runtime's deployments are followed. */
export function followDeployments({ events }: NodeAPI): void {
  if (deployments.has(events)) return;
  const deployment = new Deployment();
  deployments.set(events, deployment);
  // Those of changed nodes or flows alone have the same events as full ones.
  events.on('flows:stopping', () => deployment.stopping());
  events.on('flows:starting', () => deployment.starting());
  events.on('flows:started', () => deployment.started());
}
