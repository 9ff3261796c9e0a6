// What all tests in the browser share: Node-RED, the browser, and an editor that is opened on a flow.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { BrowserContext, Page } from 'playwright-core';
import { keepOpen } from './leaks.mts';
import { NODE_RED_VERSIONS, type NodeRedVersion } from './node-red-versions.mts';
import { type EditorOptions, type EditorPage, launchBrowser, openPage, VIEWPORT } from './open-editor.mts';
import { knowDeployed, resetEditor } from './reset-editor.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from './start-node-red.mts';

export interface EditorBench {
  readonly version: NodeRedVersion;
  readonly nodeRed: RunningNodeRed;
  readonly browser: BrowserContext;
  /**
   * Deploys these nodes and opens the editor on them, in place of the one that was open. That may be the one of the test
   * before, cleared; with the dark theme or a language it is a new one.
   */
  open(flow: FlowNode[], options?: BenchOptions): Promise<Page>;
  /** A node as it is deployed. */
  saved(id: string): Promise<FlowNode>;
}

export interface BenchOptions extends EditorOptions {
  /** Whether it is a new editor, which no other test sees. */
  isNew?: boolean;
}

export interface BenchSettings {
  /**
   * As `editorTheme.codeEditor.lib` in Node-RED's settings; Node-RED 4.1, which has no basic one, takes another then.
   */
  codeEditor?: 'monaco' | 'ace' | 'basic';
  /** Whether the palette has the nodes of other packages as well, which the examples use. */
  hasOtherPackages?: boolean;
}

/** What most tests have. */
const DEFAULTS: Required<BenchSettings> = { codeEditor: 'monaco', hasOtherPackages: false };

/** On a machine that is busy with other things, too. */
const TIME_LIMITS = { test: 240_000, step: 60_000 };

/** Packages of nodes that are installed for other tests. Without them, an editor opens sooner. */
const OTHER_PACKAGES = ['node-red-dashboard', 'node-red-contrib-redis'];

/** Where files run side by side, each is a run of Mocha, and a process has several. */
const HAS_MORE_RUNS = process.env.MOCHA_WORKER_ID !== undefined;

interface Bench {
  nodeRed: RunningNodeRed;
  /** Where its editors are opened. */
  page?: EditorPage | undefined;
  /** Whether a test may go on with the editor that is open there. */
  isFit: boolean;
}

/**
 * One browser, and one Node-RED of each version, for all files that this process runs: to start them takes longer than
 * most tests do, and the browser then has the editor's scripts. They end with the process, or when all files have run.
 */
let browser: Promise<BrowserContext> | undefined;
const benches = new Map<NodeRedVersion, Promise<Bench>>();

async function stopAll(): Promise<void> {
  const stopped = [...benches.values()].map(async (bench) => (await bench).nodeRed.stop());
  await (await browser)?.close();
  await Promise.all(stopped);
  browser = undefined;
  benches.clear();
}

function sharedBench(version: NodeRedVersion): Promise<Bench> {
  const bench = benches.get(version) ?? startBench(version, DEFAULTS);
  benches.set(version, bench);
  return bench;
}

async function startBench(
  { module }: NodeRedVersion,
  { codeEditor, hasOtherPackages }: Required<BenchSettings>,
): Promise<Bench> {
  const nodeRed = await startNodeRed({
    nodeRed: module,
    settings: {
      contextStorage: { default: { module: 'memory' }, disk: { module: 'memory' } },
      editorTheme: { codeEditor: { lib: codeEditor } },
      nodesExcludes: hasOtherPackages ? [] : OTHER_PACKAGES,
    },
    env: { ENV_NAME: 'Ada' },
  });
  return { nodeRed, isFit: false };
}

/** Leaves nothing to the next file: with the flows goes what their nodes have kept. */
async function clear({ nodeRed }: Bench): Promise<void> {
  await nodeRed.deploy([]);
  const response = await fetch(new URL('context/global', nodeRed.url));
  for (const [store, values] of Object.entries((await response.json()) as Record<string, object>))
    for (const name of Object.keys(values)) {
      const address = new URL(`context/global/${encodeURIComponent(name)}?store=${store}`, nodeRed.url);
      assert.ok((await fetch(address, { method: 'DELETE' })).ok, `global.${name} is gone`);
    }
}

/**
 * Describes what is tested in the editor, in each version of Node-RED. Each test opens one, and fails when the browser's
 * console got a complaint.
 * @param settings of Node-RED; these tests have one of their own if it is not as in most
 */
export function describeInEditor(
  title: string,
  define: (bench: EditorBench) => void,
  settings: BenchSettings = {},
): void {
  for (const version of NODE_RED_VERSIONS) describeIn(version, { ...DEFAULTS, ...settings }, title, define);
  after(async function () {
    this.timeout(TIME_LIMITS.test);
    if (!HAS_MORE_RUNS) await stopAll();
  });
}

function describeIn(
  version: NodeRedVersion,
  settings: Required<BenchSettings>,
  title: string,
  define: (bench: EditorBench) => void,
): void {
  describe(`${title} (Node-RED ${version.name})`, function () {
    this.timeout(TIME_LIMITS.test);

    const isOwn = !isDeepStrictEqual(settings, DEFAULTS);
    let context: BrowserContext;
    let bench: Bench;

    async function startShared(): Promise<void> {
      browser ??= launchBrowser();
      const shared = isOwn ? undefined : sharedBench(version);
      context = await browser;
      context.setDefaultTimeout(TIME_LIMITS.step);
      if (shared) bench = await shared;
    }

    async function open(flow: FlowNode[], { isNew = false, ...options }: BenchOptions = {}): Promise<Page> {
      bench.page ??= await openPage(context);
      const { nodeRed, page: editor } = bench;
      // A page in the background is drawn once a second.
      await editor.page.bringToFront();
      const { viewport = VIEWPORT, theme = 'light', language = '' } = options;
      const mayGoOn = bench.isFit && !isNew && theme === 'light' && language === '';
      const isReset = mayGoOn && (await resetEditor(editor.page, flow, viewport));
      await nodeRed.deploy(flow);
      if (isReset) {
        await knowDeployed(editor.page);
      } else {
        await nodeRed.forgetUser();
        await editor.load(nodeRed.url, options);
      }
      bench.isFit = !isNew;
      return editor.page;
    }

    async function closePage(): Promise<void> {
      await bench.page?.close();
      bench.page = undefined;
      bench.isFit = false;
    }

    before(async () => {
      await (HAS_MORE_RUNS ? keepOpen(startShared) : startShared());
      if (isOwn) bench = await startBench(version, settings);
    });
    define({
      version,
      get nodeRed() {
        return bench.nodeRed;
      },
      get browser() {
        return context;
      },
      open,
      async saved(id) {
        const node = (await bench.nodeRed.flows()).find((candidate) => candidate.id === id);
        assert.ok(node, `${id} is deployed`);
        return node;
      },
    });

    // After the hooks of the tests: Mocha leaves out those that follow a failed one, and a page would stay open.
    afterEach(async function () {
      const complaints = bench.page?.complaints.splice(0) ?? [];
      if (this.currentTest?.state !== 'passed') await closePage();
      assert.deepEqual(complaints, [], 'nothing in the console of the browser');
    });

    after(async () => {
      if (isOwn) {
        await closePage();
        await bench.nodeRed.stop();
        return;
      }
      bench.isFit &&= bench.page !== undefined && (await resetEditor(bench.page.page, [], VIEWPORT));
      await clear(bench);
      if (bench.isFit && bench.page) await knowDeployed(bench.page.page);
    });
  });
}
