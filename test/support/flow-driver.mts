// The flows of a running Node-RED, used as its editor uses them.
import { once } from 'node:events';
import type { FlowNode, RunningNodeRed } from './start-node-red.mts';

/** What a debug node puts into the sidebar. `msg` is the value as text, objects as JSON. */
export interface DebugEntry {
  id: string;
  msg: string;
}

interface CommsEvent {
  topic: string;
  data: unknown;
}

/** Uses the flows of a running Node-RED as its editor does: deploys, presses buttons, reads the debug sidebar. */
export class FlowDriver {
  readonly #url: string;
  readonly #comms: WebSocket;
  #events: CommsEvent[] = [];

  static async connect({ url }: Pick<RunningNodeRed, 'url'>): Promise<FlowDriver> {
    const comms = new WebSocket(new URL('comms', url.replace('http', 'ws')));
    const driver = new FlowDriver(url, comms);
    await once(comms, 'open');
    return driver;
  }

  private constructor(url: string, comms: WebSocket) {
    this.#url = url;
    this.#comms = comms;
    comms.addEventListener('message', ({ data }: MessageEvent<string>) => {
      this.#events.push(...(JSON.parse(data) as CommsEvent[]));
    });
  }

  /** Deploys these flows in place of all others and waits until they run. What came before is forgotten. */
  async deploy(flows: FlowNode[]): Promise<void> {
    const { rev } = (await this.#post('flows', { flows }).then((response) => response.json())) as {
      rev: string;
    };
    await this.#event(
      ({ topic, data }) =>
        topic === 'notification/runtime-deploy' && (data as { revision?: string }).revision === rev,
    );
    this.#events = [];
  }

  /** Presses the button of an inject node. */
  async press(node: FlowNode): Promise<void> {
    await this.#post(`inject/${node.id}`, {});
  }

  /** The first entry of this debug node since the deployment, as soon as there is one. */
  async debug(node: FlowNode): Promise<DebugEntry> {
    return (await this.#event((event) => isDebug(event, node))).data as DebugEntry;
  }

  /** Waits for so many entries of this debug node since the deployment. */
  async debugTimes(node: FlowNode, count: number): Promise<void> {
    await this.until(() => this.debugged(node).length >= count);
  }

  /** Waits for something in the sidebar: asks after each event whether it is there. */
  async until(isThere: () => boolean): Promise<void> {
    while (!isThere()) await once(this.#comms, 'message');
  }

  /** All entries of this debug node since the deployment, so far. */
  debugged(node: FlowNode): DebugEntry[] {
    return this.#events.filter((event) => isDebug(event, node)).map(({ data }) => data as DebugEntry);
  }

  /** The warnings and errors of nodes in the sidebar since the deployment: errors that a Catch node gets aren't there. */
  problems(): DebugEntry[] {
    return this.#events
      .filter(({ topic, data }) => topic === 'debug' && 'level' in (data as DebugEntry))
      .map(({ data }) => data as DebugEntry);
  }

  close(): void {
    this.#comms.close();
  }

  async #post(path: string, body: object): Promise<Response> {
    const response = await fetch(new URL(path, this.#url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'node-red-api-version': 'v2' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async #event(fits: (event: CommsEvent) => boolean): Promise<CommsEvent> {
    for (;;) {
      const event = this.#events.find(fits);
      if (event) return event;
      await once(this.#comms, 'message');
    }
  }
}

function isDebug({ topic, data }: CommsEvent, node: FlowNode): boolean {
  return topic === 'debug' && (data as DebugEntry).id === node.id;
}
