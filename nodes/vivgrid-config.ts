// Registers `vivgrid-config`: checks the saved properties and holds the one service that its chat nodes share.
import type { NodeAPI, NodeDef } from 'node-red';
import type { ConfigNode } from './config-node.ts';
import { registerConfigRoutes } from './config-routes.ts';
import { connectionsOf } from './connections.ts';
import { createDescribe } from './flow-runtime.ts';
import { ChatError } from './lib/common/errors.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from './lib/common/settings.ts';
import { ChatService } from './lib/service/chat-service.ts';
import { readServiceSettings } from './lib/service/service-settings.ts';

type ConfigDef = NodeDef & Partial<ConfigSettings>;

export default (RED: NodeAPI): void => {
  function VivgridConfig(this: ConfigNode, def: ConfigDef): void {
    RED.nodes.createNode(this, def);
    this.baseUrl = def.baseUrl ?? CONFIG_DEFAULTS.baseUrl;
    let service: ChatService | undefined;
    this.service = () => {
      service ??= new ChatService(
        readServiceSettings(def, {
          token: this.credentials?.token,
          env: (name) => RED.util.evaluateNodeProperty(name, 'env', this, {}),
          ...connectionsOf(RED, def),
        }),
        {
          health: (news, { code }) => {
            const describe = createDescribe(RED);
            const name = this.name || this.baseUrl;
            if (news === 'back') this.log(describe(new ChatError('service_back', { name })).message);
            else this.warn(describe(new ChatError('service_given_up', { name, code })).message);
          },
        },
      );
      return service;
    };
    this.on('close', (done: () => void) => {
      Promise.resolve(service?.close()).finally(done);
    });
  }
  // The typings know no node with members of its own.
  RED.nodes.registerType('vivgrid-config', VivgridConfig as never, {
    credentials: { token: { type: 'password' } },
  });
  registerConfigRoutes(RED);
};
