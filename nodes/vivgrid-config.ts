// Registers `vivgrid-config`: checks the saved properties and holds the one service that its chat nodes share.
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ConfigNode } from './config-node.ts';
import { registerConfigRoutes } from './config-routes.ts';
import { createDescribe } from './flow-runtime.ts';
import { ChatError } from './lib/common/errors.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from './lib/common/settings.ts';
import type { ProxySettings, TlsOptions } from './lib/http/connection-pool.ts';
import { isProxyUrl } from './lib/http/proxy-variables.ts';
import { ChatService } from './lib/service/chat-service.ts';
import { readServiceSettings } from './lib/service/service-settings.ts';

type ConfigDef = NodeDef & Partial<ConfigSettings>;

/** The core `http proxy` node. */
interface ProxyNode extends Node<{ username?: string; password?: string }> {
  url?: string;
  noproxy?: string[];
}

/** The core `tls-config` node. */
interface TlsNode extends Node {
  valid?: boolean;
  addTLSOptions?(options: TlsOptions): void;
}

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
  registerConfigRoutes(RED, (settings) => connectionsOf(RED, settings));
};

function connectionsOf(RED: NodeAPI, { proxy, tls }: Partial<ConfigSettings>) {
  return { proxy: () => readProxy(RED, proxy), tls: () => readTls(RED, tls) };
}

function readProxy(RED: NodeAPI, id: string | undefined): ProxySettings | undefined {
  if (!id) return undefined;
  const node = RED.nodes.getNode(id) as ProxyNode | null;
  if (!node?.url || !isProxyUrl(node.url)) {
    throw new ChatError('proxy', { url: (node?.url ?? '').replace(/^(\w+:\/\/)?.*@/, '$1') });
  }
  const { username, password } = node.credentials ?? {};
  return {
    url: node.url,
    noProxy: node.noproxy ?? [],
    ...(username && { username }),
    ...(password && { password }),
  };
}

function readTls(RED: NodeAPI, id: string | undefined): TlsOptions {
  if (!id) return {};
  const node = RED.nodes.getNode(id) as TlsNode | null;
  if (!node?.addTLSOptions || node.valid === false) throw new ChatError('tls');
  const options: TlsOptions = {};
  node.addTLSOptions(options);
  return options;
}
