// The exchanges of all chat nodes, for the editor's sidebar: who may read them, and how it hears of new ones.
import type { NodeAPI } from 'node-red';
import type { RequestsOverview } from './lib/common/exchanges.ts';
import type { ChatService, ServiceOptions } from './lib/service/chat-service.ts';

/** Milliseconds from one update of the sidebar to the next. */
const INTERVAL = 250;
const TOPIC = 'vivgrid/requests';

export interface RequestsHub {
  /** What a service is made with, so that its exchanges are told of and go on after a deployment. */
  optionsFor(configId: string): Pick<ServiceOptions, 'onExchange' | 'exchanges'>;
  add(configId: string, service: ChatService): void;
  remove(configId: string): void;
}

export function createRequestsHub(RED: NodeAPI): RequestsHub {
  const services = new Map<string, ChatService>();
  let timer: NodeJS.Timeout | undefined;

  function onExchange(): void {
    if (!timer) timer = setTimeout(publish, INTERVAL).unref();
  }

  function publish(): void {
    timer = undefined;
    const rows = [...services.values()].flatMap(({ exchanges }) => exchanges.takeChanges());
    RED.comms.publish(TOPIC, { rows, services: usage() }, false);
  }

  function usage(): RequestsOverview['services'] {
    return [...services].map(([config, { name, totals }]) => ({
      config,
      name,
      today: totals.periods.day,
      hours: totals.hours,
    }));
  }

  function overview(): RequestsOverview {
    const records = [...services.values()].flatMap(({ exchanges }) => exchanges.records);
    return { rows: records.map(({ row }) => row), services: usage() };
  }

  RED.httpAdmin.get(
    '/vivgrid-chat/requests',
    RED.auth.needsPermission('vivgrid-chat.read'),
    (_request, response) => {
      response.json(overview());
    },
  );
  // Reading what was said is reading what flows do: who may only look at flows may not.
  RED.httpAdmin.get(
    '/vivgrid-chat/requests/:id',
    RED.auth.needsPermission('vivgrid-chat.write'),
    ({ params: { id } }, response) => {
      const records = [...services.values()].flatMap((service) => service.exchanges.records);
      const record = records.find(({ row }) => row.id === id);
      if (record) response.json({ row: record.row, content: record.content });
      else response.sendStatus(404);
    },
  );
  RED.httpAdmin.post(
    '/vivgrid-chat/requests/clear',
    RED.auth.needsPermission('vivgrid-chat.write'),
    (_request, response) => {
      for (const service of services.values()) service.exchanges.clear();
      response.sendStatus(204);
    },
  );

  return {
    optionsFor(configId) {
      const exchanges = services.get(configId)?.exchanges.records;
      return { onExchange, ...(exchanges && { exchanges }) };
    },
    add: (configId, service) => void services.set(configId, service),
    remove: (configId) => void services.delete(configId),
  };
}
