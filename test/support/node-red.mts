// A real Node-RED for a test: a process of its own with a user folder that goes away afterwards, driven through
// the same HTTP and WebSocket interfaces that the editor uses.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cleanEnv } from './clean-env.mts';

const ROOT = resolve(import.meta.dirname, '../..');
const RED_JS = createRequire(import.meta.url).resolve('node-red/red.js');

/** A node as it stands in a flow file. */
export interface FlowNode {
  id: string;
  type: string;
  name?: string;
  z?: string;
  wires?: string[][];
  [property: string]: unknown;
}

/** What a debug node puts into the sidebar. `msg` is the value as text, objects as JSON. */
export interface DebugEntry {
  id: string;
  name: string;
  topic?: string;
  msg: string;
  format: string;
}

interface CommsEvent {
  topic: string;
  data: unknown;
}

export class NodeRed {
  readonly url: string;
  readonly userDir: string;
  readonly #child: ChildProcess;
  readonly #comms: WebSocket;
  readonly #ended: AbortSignal;
  #events: CommsEvent[] = [];

  /** Starts a Node-RED that has the built nodes of this checkout and no flows. */
  static async start(): Promise<NodeRed> {
    const userDir = mkdtempSync(join(tmpdir(), 'vivgrid-node-red-'));
    const settings = {
      uiHost: '127.0.0.1',
      userDir,
      nodesDir: ROOT,
      fileWorkingDirectory: userDir,
      flowFile: 'flows.json',
      credentialSecret: 'test',
      debugMaxLength: 100_000,
      telemetry: { enabled: false },
    };
    writeFileSync(join(userDir, 'settings.js'), `module.exports = ${JSON.stringify(settings)};\n`);
    writeFileSync(join(userDir, 'flows.json'), '[]\n');
    const child = spawn(process.execPath, [RED_JS, '--userDir', userDir, '--port', '0'], {
      env: cleanEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });

    let log = '';
    const ended = new AbortController();
    child.once('exit', (code) => ended.abort(new Error(`Node-RED ended with ${code}:\n${log}`)));
    const lines = new EventTarget();
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        lines.dispatchEvent(new Event('line'));
      });
    }
    let address: string | undefined;
    while (!(address && log.includes('Started flows'))) {
      await once(lines, 'line', { signal: ended.signal });
      address = /now running at (http\S+)\//.exec(log)?.[1];
    }

    const comms = new WebSocket(`${address.replace('http', 'ws')}/comms`);
    const runtime = new NodeRed(address, userDir, child, comms, ended.signal);
    await once(comms, 'open', { signal: ended.signal });
    return runtime;
  }

  private constructor(
    url: string,
    userDir: string,
    child: ChildProcess,
    comms: WebSocket,
    ended: AbortSignal,
  ) {
    this.url = url;
    this.userDir = userDir;
    this.#child = child;
    this.#comms = comms;
    this.#ended = ended;
    comms.addEventListener('message', ({ data }: MessageEvent<string>) => {
      this.#events.push(...(JSON.parse(data) as CommsEvent[]));
    });
  }

  /** Deploys these flows in place of all others and waits until they run. What came before is forgotten. */
  async deploy(flows: FlowNode[]): Promise<void> {
    const response = await fetch(`${this.url}/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'node-red-api-version': 'v2' },
      body: JSON.stringify({ flows }),
    });
    if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
    const { rev } = (await response.json()) as { rev: string };
    await this.#event(
      ({ topic, data }) =>
        topic === 'notification/runtime-deploy' && (data as { revision?: string }).revision === rev,
    );
    this.#events = [];
  }

  /** Presses the button of an inject node. */
  async press(node: FlowNode): Promise<void> {
    const response = await fetch(`${this.url}/inject/${node.id}`, { method: 'POST' });
    if (!response.ok) throw new Error(`inject: ${response.status}`);
  }

  /** The first entry of this debug node since the deployment that fits, as soon as there is one. */
  async debug(node: FlowNode, fits: (entry: DebugEntry) => boolean = () => true): Promise<DebugEntry> {
    const event = await this.#event((event) => isDebug(event, node) && fits(event.data as DebugEntry));
    return event.data as DebugEntry;
  }

  /** All entries of this debug node since the deployment, so far. */
  debugged(node: FlowNode): DebugEntry[] {
    return this.#events.filter((event) => isDebug(event, node)).map(({ data }) => data as DebugEntry);
  }

  async stop(): Promise<void> {
    this.#comms.close();
    const exit = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.kill('SIGTERM');
    await exit;
    rmSync(this.userDir, { recursive: true });
  }

  async #event(fits: (event: CommsEvent) => boolean): Promise<CommsEvent> {
    for (;;) {
      const event = this.#events.find(fits);
      if (event) return event;
      await once(this.#comms, 'message', { signal: this.#ended });
    }
  }
}

function isDebug({ topic, data }: CommsEvent, node: FlowNode): boolean {
  return topic === 'debug' && (data as DebugEntry).id === node.id;
}
