// The chat node of the flows whose forms are tested, on the tab `tab` and with the config node `config`.
import { CHAT_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import type { FlowNode } from './start-node-red.mts';

export function chatNode(properties: object): FlowNode {
  return {
    ...CHAT_DEFAULTS,
    id: 'chat',
    type: 'vivgrid-chat',
    z: 'tab',
    x: 200,
    y: 100,
    config: 'config',
    wires: [[]],
    ...properties,
  };
}
