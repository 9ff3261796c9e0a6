// What all tests in the browser share: Node-RED, the browser, and an editor that is opened on a flow.
import assert from 'node:assert/strict';
import type { BrowserContext, Page } from 'playwright-core';
import { NODE_RED_VERSIONS, type NodeRedVersion } from './node-red-versions.mts';
import { type EditorOptions, launchBrowser, type OpenEditor, openEditor } from './open-editor.mts';
import { knowDeployed, resetEditor } from './reset-editor.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from './start-node-red.mts';

export interface EditorBench {
  readonly version: NodeRedVersion;
  readonly nodeRed: RunningNodeRed;
  /**
   * Deploys these nodes and opens the editor on them, in place of the one that was open. That may be the page of the test
   * before, cleared; with options it is a new one, which no other test sees.
   */
  open(flow: FlowNode[], options?: EditorOptions): Promise<Page>;
  /** A node as it is deployed. */
  saved(id: string): Promise<FlowNode>;
}

/** As `editorTheme.codeEditor.lib` in Node-RED's settings has them. */
export type CodeEditorName = 'monaco' | 'ace' | 'basic';

/** On a machine that is busy with other things, too. */
const TIME_LIMITS = { test: 240_000, step: 60_000 };

let browser: Promise<BrowserContext> | undefined;
const nodeReds = new Map<string, Promise<RunningNodeRed>>();
/** Editors that tests have left as they were opened, by the Node-RED they belong to. */
const spares = new Map<RunningNodeRed, OpenEditor>();

/** One of each for all files of a run, because the browser then has the editor's scripts from the first. */
function startOnce(
  version: NodeRedVersion,
  codeEditor: CodeEditorName,
): Promise<[RunningNodeRed, BrowserContext]> {
  const key = `${version.name} ${codeEditor}`;
  const nodeRed = nodeReds.get(key) ?? start(version, codeEditor);
  nodeReds.set(key, nodeRed);
  browser ??= launchBrowser();
  return Promise.all([nodeRed, browser]);
}

/** After a run. Where files run side by side, each is a run, and one process has several. */
async function stopAll(): Promise<void> {
  const stopped = [...nodeReds.values()].map(async (nodeRed) => (await nodeRed).stop());
  await (await browser)?.close();
  await Promise.all(stopped);
  browser = undefined;
  nodeReds.clear();
  spares.clear();
}

function start({ module }: NodeRedVersion, codeEditor: CodeEditorName): Promise<RunningNodeRed> {
  return startNodeRed({
    nodeRed: module,
    settings: {
      contextStorage: { default: { module: 'memory' }, disk: { module: 'memory' } },
      editorTheme: { codeEditor: { lib: codeEditor } },
    },
    env: { ENV_NAME: 'Ada' },
  });
}

/**
 * Describes what is tested in the editor, in each version of Node-RED. Each test opens one, and fails when the browser's
 * console got a complaint.
 * @param codeEditor the code editor that Node-RED is set to; Node-RED 4.1, which has no basic one, takes another then
 */
export function describeInEditor(
  title: string,
  define: (bench: EditorBench) => void,
  codeEditor: CodeEditorName = 'monaco',
): void {
  for (const version of NODE_RED_VERSIONS) describeIn(version, codeEditor, title, define);
  after(async function () {
    this.timeout(TIME_LIMITS.test);
    await stopAll();
  });
}

function describeIn(
  version: NodeRedVersion,
  codeEditor: CodeEditorName,
  title: string,
  define: (bench: EditorBench) => void,
): void {
  describe(`${title} (Node-RED ${version.name})`, function () {
    this.timeout(TIME_LIMITS.test);

    let running: RunningNodeRed;
    let context: BrowserContext;
    let editor: OpenEditor | undefined;
    let isShared = false;
    let complaints: string[] = [];

    async function close(): Promise<void> {
      const closed = editor ?? spares.get(running);
      spares.delete(running);
      editor = undefined;
      await closed?.close();
      complaints.push(...(closed?.complaints.splice(0) ?? []));
    }

    /** Leaves the editor to the next test. */
    function spare(): void {
      if (!editor || !isShared) return;
      spares.set(running, editor);
      complaints.push(...editor.complaints.splice(0));
      editor = undefined;
    }

    /** The editor of the test before, with these nodes, if it is fit for that. */
    async function reopen(flow: FlowNode[]): Promise<OpenEditor | undefined> {
      const kept = spares.get(running);
      if (!kept || !(await resetEditor(kept.page, flow))) return undefined;
      spares.delete(running);
      await running.deploy(flow);
      await knowDeployed(kept.page);
      return kept;
    }

    async function open(flow: FlowNode[], options: EditorOptions): Promise<OpenEditor> {
      isShared = Object.keys(options).length === 0;
      const kept = isShared ? await reopen(flow) : undefined;
      if (kept) return kept;
      await close();
      await running.deploy(flow);
      return openEditor(context, running.url, options);
    }

    before(async () => {
      [running, context] = await startOnce(version, codeEditor);
      context.setDefaultTimeout(TIME_LIMITS.step);
    });
    define({
      version,
      get nodeRed() {
        return running;
      },
      async open(flow, options = {}) {
        spare();
        editor = await open(flow, options);
        return editor.page;
      },
      async saved(id) {
        const node = (await running.flows()).find((candidate) => candidate.id === id);
        assert.ok(node, `${id} is deployed`);
        return node;
      },
    });

    // After the hooks of the tests: Mocha leaves out those that follow a failed one, and a server would stay open.
    afterEach(async function () {
      if (this.currentTest?.state === 'passed') spare();
      if (editor) await close();
      const found = complaints;
      complaints = [];
      assert.deepEqual(found, [], 'nothing in the console of the browser');
    });
  });
}
