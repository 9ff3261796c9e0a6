// What all tests in the browser share: Node-RED, the browser, and an editor that is opened on a flow.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { BrowserContext, Page } from 'playwright-core';
import { keepOpen } from './leaks.mts';
import { NODE_RED_VERSIONS, type NodeRedVersion } from './node-red-versions.mts';
import { type EditorOptions, type EditorPage, launchBrowser, openPage, VIEWPORT } from './open-editor.mts';
import { forgetSettings, knowDeployed, resetEditor } from './reset-editor.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from './start-node-red.mts';

export interface EditorBench {
  readonly version: NodeRedVersion;
  readonly nodeRed: RunningNodeRed;
  readonly browser: BrowserContext;
  /**
   * Deploys these nodes and opens the editor on them: that of the test before, cleared, or a new one that the next test
   * does not see, with the dark theme or a language.
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
  /** Whether the palette has all the nodes that the examples use, those of other packages as well. */
  hasOtherNodes?: boolean;
}

/** What most tests have. */
const DEFAULTS: Required<BenchSettings> = { codeEditor: 'monaco', hasOtherNodes: false };

/** On a machine that is busy with other things, too. */
const TIME_LIMITS = { test: 240_000, step: 60_000 };

/**
 * What else the palette could have, and no test of the forms is about: packages that are installed for other tests, and
 * nodes of Node-RED's own. Without them, an editor opens sooner and has less to draw and to search.
 */
const OTHER_NODES = [
  ...['node-red-dashboard', 'node-red-contrib-redis'],
  ...['16-range.js', '80-template.js', '89-delay.js', '89-trigger.js', '90-exec.js', 'rbe.js'],
  ...['10-mqtt.js', '21-httpin.js', '21-httprequest.js', '22-websocket.js', '31-tcpin.js', '32-udp.js'],
  ...['70-CSV.js', '70-HTML.js', '70-JSON.js', '70-XML.js', '70-YAML.js'],
  ...['18-sort.js', '19-batch.js', '10-file.js', '23-watch.js'],
];

/** Where files run side by side, each is a run of Mocha, and a process has several. */
const HAS_MORE_RUNS = process.env.MOCHA_WORKER_ID !== undefined;

interface Bench {
  nodeRed: RunningNodeRed;
  /** Where the editor is that most tests go on with, one after another. */
  kept?: EditorPage | undefined;
  /** Whether a test may go on with it. */
  isFit: boolean;
  /** Where a test has one of its own. */
  own?: EditorPage | undefined;
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
  { codeEditor, hasOtherNodes }: Required<BenchSettings>,
): Promise<Bench> {
  const nodeRed = await startNodeRed({
    nodeRed: module,
    settings: {
      contextStorage: { default: { module: 'memory' }, disk: { module: 'memory' } },
      editorTheme: { codeEditor: { lib: codeEditor } },
      nodesExcludes: hasOtherNodes ? [] : OTHER_NODES,
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
      const { viewport = VIEWPORT, theme = 'light', language = '' } = options;
      if (isNew || theme !== 'light' || language !== '') {
        // What is deployed for this one is no news to the other, and its nodes, whose messages that gets, are known there.
        await resetKept(flow);
        if (!bench.isFit) await closeKept();
        await closeOwn();
        bench.own = await openPage(context);
        return load(bench.own, flow, options);
      }
      await resetKept(flow, viewport);
      bench.kept ??= await openPage(context);
      if (!bench.isFit) return load(bench.kept, flow, options);
      await bench.nodeRed.deploy(flow);
      await knowDeployed(bench.kept.page);
      return bench.kept.page;
    }

    async function load(editor: EditorPage, flow: FlowNode[], options: EditorOptions): Promise<Page> {
      await bench.nodeRed.deploy(flow);
      await bench.nodeRed.forgetUser();
      await editor.load(bench.nodeRed.url, options);
      if (editor === bench.kept) bench.isFit = true;
      return editor.page;
    }

    async function resetKept(flow: FlowNode[], viewport = VIEWPORT): Promise<void> {
      const { kept } = bench;
      // A page in the background is drawn once a second.
      await kept?.page.bringToFront();
      bench.isFit &&= kept !== undefined && (await resetEditor(kept.page, flow, viewport));
    }

    async function closeKept(): Promise<void> {
      await bench.kept?.close();
      bench.kept = undefined;
      bench.isFit = false;
    }

    async function closeOwn(): Promise<void> {
      if (!bench.own) return;
      await bench.own.close();
      bench.own = undefined;
      if (bench.kept) await forgetSettings(bench.kept.page);
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
      const complaints = [bench.kept, bench.own].flatMap((editor) => editor?.complaints.splice(0) ?? []);
      await closeOwn();
      if (this.currentTest?.state !== 'passed') await closeKept();
      assert.deepEqual(complaints, [], 'nothing in the console of the browser');
    });

    after(async () => {
      if (isOwn) {
        await closeKept();
        await bench.nodeRed.stop();
        return;
      }
      await resetKept([]);
      await clear(bench);
      if (bench.isFit && bench.kept) await knowDeployed(bench.kept.page);
    });
  });
}
