// What a `vivgrid-config` node does: checks the saved properties and holds the one service that its chat nodes share.
import type { NodeAPI, NodeDef } from 'node-red';
import type { ConfigNode } from './config-node.ts';
import { registerConfigRoutes } from './config-routes.ts';
import { connectionsOf } from './connections.ts';
import { createDescribe, createTotalsStore } from './flow-runtime.ts';
import type { Construct } from './lazily.ts';
import { ChatError } from './lib/common/errors.ts';
import { CONFIG_DEFAULTS, type ConfigSettings } from './lib/common/settings.ts';
import { ChatService } from './lib/service/chat-service.ts';
import { ModelWatch } from './lib/service/model-watch.ts';
import { readServiceSettings } from './lib/service/service-settings.ts';
import type { CarriedTotals } from './lib/service/totals.ts';
import { createRequestsHub } from './requests-hub.ts';

type ConfigDef = NodeDef & Partial<ConfigSettings>;

export function createConfigNode(RED: NodeAPI): Construct {
  // By node id: what was counted goes on after a deployment.
  const carriedTotals = new Map<string, CarriedTotals>();
  // By node id: when its models were last looked at, in milliseconds since 1970.
  const lookedAt = new Map<string, number>();
  const requests = createRequestsHub(RED);

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
          onHealth: (news, { code }) => tellHealth(RED, this, news, code),
          totals: {
            store: createTotalsStore(RED, this, def.totals),
            carried: carriedTotals.get(this.id),
            report: (news) => this.warn(createDescribe(RED)(news).message),
          },
          id: this.id,
          ...requests.optionsFor(this.id),
        },
      );
      requests.add(this.id, service);
      return service;
    };
    const { service: findService } = this;
    const watch = new ModelWatch({ id: this.id, last: lookedAt.get(this.id), service: findService });
    this.on('close', (removed: boolean, done: () => void) => {
      const looked = watch.close();
      if (removed || looked === undefined) lookedAt.delete(this.id);
      else lookedAt.set(this.id, looked);
      Promise.resolve(service?.close())
        .then((totals) => {
          if (removed) {
            carriedTotals.delete(this.id);
            requests.remove(this.id);
          }
          if (totals && !removed) carriedTotals.set(this.id, totals);
        })
        .finally(done);
    });
  }
  registerConfigRoutes(RED);
  // The typings know no node with members of its own.
  return VivgridConfig as Construct;
}

function tellHealth(RED: NodeAPI, node: ConfigNode, news: 'given-up' | 'back', code: string): void {
  const name = node.name || node.baseUrl;
  const words = (error: ChatError): string => createDescribe(RED)(error).message;
  if (news === 'back') node.log(words(new ChatError('service_back', { name })));
  else node.warn(words(new ChatError('service_given_up', { name, code })));
}
