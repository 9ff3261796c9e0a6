// What all tests in the browser share: Node-RED, the browser, and an editor that is opened on a flow.
import assert from 'node:assert/strict';
import type { BrowserContext, Page } from 'playwright-core';
import { NODE_RED_VERSIONS, type NodeRedVersion } from './node-red-versions.mts';
import { launchBrowser, type OpenEditor, openEditor } from './open-editor.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from './start-node-red.mts';

export interface EditorBench {
  readonly version: NodeRedVersion;
  readonly nodeRed: RunningNodeRed;
  /** Deploys these nodes and opens the editor on them, in place of the one that was open. */
  open(flow: FlowNode[], options?: Parameters<typeof openEditor>[2]): Promise<Page>;
  /** A node as it is deployed. */
  saved(id: string): Promise<FlowNode>;
}

/** As `editorTheme.codeEditor.lib` in Node-RED's settings has them. */
export type CodeEditorName = 'monaco' | 'ace' | 'basic';

/** On a machine that is busy with other things, too. */
const TIME_LIMITS = { test: 240_000, step: 60_000 };

let browser: Promise<BrowserContext> | undefined;
const nodeReds = new Map<string, Promise<RunningNodeRed>>();

/** One of each for all files, because the browser then has the editor's scripts from the first. */
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

after(async function () {
  this.timeout(TIME_LIMITS.test);
  await (await browser)?.close();
  for (const nodeRed of nodeReds.values()) await (await nodeRed).stop();
});

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
    let complaints: string[] = [];

    async function close(): Promise<void> {
      await editor?.close();
      complaints.push(...(editor?.complaints ?? []));
      editor = undefined;
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
      async open(flow, options) {
        await close();
        await running.deploy(flow);
        editor = await openEditor(context, running.url, options);
        return editor.page;
      },
      async saved(id) {
        const node = (await running.flows()).find((candidate) => candidate.id === id);
        assert.ok(node, `${id} is deployed`);
        return node;
      },
    });

    // After the hooks of the tests: Mocha leaves out those that follow a failed one, and a server would stay open.
    afterEach(async () => {
      await close();
      const found = complaints;
      complaints = [];
      assert.deepEqual(found, [], 'nothing in the console of the browser');
    });
  });
}
