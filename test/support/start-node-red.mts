// A whole Node-RED in a process and a user folder of its own, with this package installed.
import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnv } from './clean-env.mts';

/** A node of a flow file. */
export interface FlowNode {
  id: string;
  type: string;
  name?: string;
  z?: string;
  wires?: string[][];
  [property: string]: unknown;
}

export interface RunningNodeRed {
  /** Of its process. */
  pid: number;
  url: string;
  userDir: string;
  /** The flows as they are deployed. */
  flows(): Promise<FlowNode[]>;
  /** Deploys other flows; `credentials` on a node are stored, as the editor does it. */
  deploy(flows: FlowNode[]): Promise<void>;
  /** Has it forget what its user has set in the editor, such as which sidebar is open. */
  forgetUser(): Promise<void>;
  /** What it wrote to its console. */
  log(): string;
  stop(): Promise<void>;
  /** Ends its process at once, as when the power fails. */
  kill(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');

/** What a process for Node-RED is told when it has started. */
export interface StartOrder {
  nodeRed: string;
  /** As in settings.js; a context store's `module` may be the address of a file. */
  settings: Record<string, unknown> & {
    contextStorage?: Record<string, { module: string }>;
    editorTheme?: object;
  };
}

/** Starts a whole Node-RED, editor included, that has this package installed. */
export async function startNodeRed({
  nodeRed = 'node-red',
  node = process.execPath,
  packageFolder = ROOT,
  install = (userDir) => linkPackage(packageFolder, userDir),
  flows,
  settings = {},
  env = {},
}: {
  /** The folder of the Node-RED to start, if not ours. */
  nodeRed?: string;
  /** The program that runs it, if not the one that runs the tests. */
  node?: string;
  /** Where the package stands, if not here. */
  packageFolder?: string;
  /** Puts the package into the user folder, if not by a link. */
  install?: (userDir: string) => Promise<void>;
  /** What runs from the start. */
  flows?: FlowNode[];
  settings?: StartOrder['settings'];
  env?: Record<string, string>;
} = {}): Promise<RunningNodeRed> {
  const userDir = await mkdtemp(join(tmpdir(), 'node-red-vivgrid-'));
  await writeFile(join(userDir, 'package.json'), '{}');
  // On a busy machine the editor shows the first of its tips before there is a place for it, and complains.
  const users = { _: { editor: { view: { 'view-show-tips': false } } } };
  await writeFile(join(userDir, '.config.users.json'), JSON.stringify(users));
  if (flows) await writeFile(join(userDir, 'flows.json'), JSON.stringify(flows));
  await install(userDir);

  const child = fork(join(import.meta.dirname, 'node-red-process.mjs'), {
    silent: true,
    execPath: node,
    execArgv: [],
    env: cleanEnv(env),
  });
  let log = '';
  const collect = (chunk: Buffer): void => {
    log += chunk;
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  child.send({
    nodeRed,
    settings: {
      userDir,
      fileWorkingDirectory: userDir,
      flowFile: 'flows.json',
      credentialSecret: 'of this test',
      externalModules: { autoInstall: false, palette: { allowInstall: false } },
      telemetry: { enabled: false, updateNotification: false },
      ...settings,
      editorTheme: { tours: false, ...settings.editorTheme },
    },
  } satisfies StartOrder);
  const port = await portOf(child, () => log);
  const url = `http://127.0.0.1:${port}/`;

  // Also when this process ends first: its own then follows.
  const removeFolder = (): void => rmSync(userDir, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const ended = async (): Promise<void> => {
    await once(child, 'exit');
    process.off('exit', removeFolder);
    removeFolder();
  };
  return {
    pid: child.pid as number,
    url,
    userDir,
    async flows() {
      const response = await fetch(new URL('flows', url));
      return (await response.json()) as FlowNode[];
    },
    async deploy(flows) {
      const messages = on(child, 'message');
      const response = await fetch(new URL('flows', url), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Node-RED-API-Version': 'v2' },
        body: JSON.stringify({ flows }),
      });
      if (!response.ok) throw new Error(`Not deployed: ${await response.text()}`);
      const { rev } = (await response.json()) as { rev: string };
      // Node-RED answers before they run, and those that were deployed before may be heard of only now.
      for await (const [message] of messages) if ((message as { running?: string }).running === rev) return;
    },
    async forgetUser() {
      const messages = on(child, 'message');
      child.send('forget');
      for await (const [message] of messages) if ('forgot' in (message as object)) return;
    },
    log: () => log,
    async stop() {
      child.disconnect();
      await ended();
    },
    async kill() {
      child.kill('SIGKILL');
      await ended();
    },
  };
}

async function linkPackage(folder: string, userDir: string): Promise<void> {
  await mkdir(join(userDir, 'node_modules/@vivgrid'), { recursive: true });
  await symlink(folder, join(userDir, 'node_modules/@vivgrid/node-red-vivgrid'));
}

async function portOf(child: ChildProcess, log: () => string): Promise<number> {
  const started = once(child, 'message').then(([message]) => (message as { port: number }).port);
  const ended = once(child, 'exit').then(() => {
    throw new Error(`Node-RED ended before it ran:\n${log()}`);
  });
  return Promise.race([started, ended]);
}
