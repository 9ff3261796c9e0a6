// The pictures of the README: examples as they look in the editor, taken while they run. Those of the chat node's form
// come from its own test (forms/chat.test.mts), that of the dashboard from the demo's (test/demo/dashboard.test.mts).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import streaming from '../../demo/examples/stream-the-answer.mjs';
import { CHAT_DEFAULTS, CONFIG_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import { animatedPng, type Frame } from '../support/animated-png.mts';
import { openDialog, openedTray, pressCancel, screenshotDialog } from '../support/edit-dialog.mts';
import { describeInEditor } from '../support/editor-bench.mts';
import { find, placedExample, readExample } from '../support/examples.mts';
import { ROOT } from '../support/manifest.mts';
import { chunk, completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import type { FlowNode } from '../support/start-node-red.mts';

const DOCS = join(ROOT, 'docs');

/** What a moving picture may take, in bytes: people load it before they know what it shows. */
const LARGEST = 600_000;

const EXPLANATION =
  'The vibration of pump-3 is at 11.8 mm/s, over its limit of 7.1 mm/s. With a warm bearing, this points to a worn bearing. Check the bearing and its lubrication first.';

const SENTENCES = streaming.answers[0]?.answer.split(/(?<=\.) /).slice(0, 9) ?? [];

interface Clip {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A flow that is small enough to be seen beside the debug sidebar, and shows the sentences and then the usage. */
function storyFlow(baseUrl: string): FlowNode[] {
  const [tab, config] = ['tab', 'config'];
  return [
    { id: tab, type: 'tab', label: 'Stream the answer' },
    { ...CONFIG_DEFAULTS, id: config, type: 'vivgrid-config', name: 'Vivgrid', baseUrl },
    {
      ...find(readExample('Stream the answer'), 'inject', 'Tell me a story'),
      id: 'in',
      z: tab,
      g: '',
      x: 130,
      y: 120,
      wires: [['chat']],
    },
    {
      ...CHAT_DEFAULTS,
      id: 'chat',
      type: 'vivgrid-chat',
      z: tab,
      name: 'Tell the story',
      config,
      messages: [{ role: 'user', type: 'mustache', content: 'Tell me a story.' }],
      stream: true,
      chunks: 'sentence',
      x: 310,
      y: 120,
      wires: [['out']],
    },
    {
      id: 'out',
      type: 'debug',
      z: tab,
      name: 'Each sentence',
      active: true,
      tosidebar: true,
      complete: 'complete ? vivgrid.usage.total_tokens & " tokens" : payload',
      targetType: 'jsonata',
      x: 500,
      y: 120,
      wires: [],
    },
  ].map(withToken);
}

describeInEditor('The pictures of the README', (bench) => {
  if (!bench.version.isInPictures) return;
  let api: RawServer;

  before(async () => {
    api = await startRawServer((response) => sendJson(response, completion(EXPLANATION)));
  });

  after(() => api.close());

  const place = (name: string) => placedExample(name, { api: `${api.url}/v1` }).map(withToken);
  const nodeOf = (page: Page, node: FlowNode) => page.locator(`[id="${node.id}"]`);
  const press = (page: Page, node: FlowNode) =>
    nodeOf(page, node).locator('.red-ui-flow-node-button-button').click();
  const debugged = (page: Page) => page.locator('.red-ui-debug-msg');

  it('should show a reply that is being streamed, sentence by sentence', async () => {
    let write = (_sentence: string): void => {};
    let end = (): void => {};
    const asked = Promise.withResolvers<void>();
    api.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const send = (delta: object, reason?: string) =>
        response.write(`data: ${JSON.stringify(chunk(delta, reason, { usage: reason && USAGE }))}\n\n`);
      write = (content) => send({ content });
      end = () => {
        send({}, 'stop');
        response.end('data: [DONE]\n\n');
      };
      asked.resolve();
    });
    const flow = storyFlow(`${api.url}/v1`);
    const page = await bench.open(flow, { isNew: true, viewport: { width: 930, height: 420 } });
    // What is not in the picture: the palette, and the information above the debug messages. Other pages are to have them.
    await page.route('**/settings/user', (route) =>
      route.request().method() === 'POST' ? route.fulfill({ status: 204 }) : route.continue(),
    );
    await page.evaluate("RED.actions.invoke('core:toggle-left-sidebar')");
    await page.locator('button[data-tab-id="info"]').click();
    await page.locator('#red-ui-palette-container').waitFor({ state: 'hidden' });

    const chat = page.locator('[id="chat"]');
    const status = (text: RegExp) =>
      chat.locator('.red-ui-flow-node-status-label', { hasText: text }).waitFor();
    const camera = await setUp(page, chat);
    await camera.take(camera.whole, 1200);
    await page.locator('[id="in"] .red-ui-flow-node-button-button').click();
    await asked.promise;
    await status(/asking/);
    await page.locator('.red-ui-notification').waitFor({ state: 'detached' });
    await camera.take(camera.node, 900);
    for (const [index, sentence] of SENTENCES.entries()) {
      write(`${sentence} `);
      // A sentence is known to be over when the next one begins: this one is the sign.
      if (index === 0) {
        await status(/receiving/);
        await camera.take(camera.node, 300);
        continue;
      }
      await debugged(page)
        .nth(index - 1)
        .waitFor();
      await camera.take(camera.sidebar, 450);
    }
    end();
    await status(/tokens/);
    await debugged(page).filter({ hasText: '258 tokens' }).waitFor();
    await camera.take(camera.node, 50);
    await camera.take(camera.sidebar, 3500);

    assert.equal(await debugged(page).count(), SENTENCES.length + 1);
    const picture = animatedPng(camera.frames);
    assert.ok(picture.length < LARGEST, `${picture.length} bytes`);
    writeFileSync(join(DOCS, 'stream.png'), picture);
  });

  it('should show the preview of a request, and its reply', async () => {
    api.answer((response) => sendJson(response, completion(EXPLANATION)));
    const flowOfAlarm = place('Explain a sensor alarm');
    const flow = flowOfAlarm.map((node) => ({
      ...node,
      // Without the broker: the reading takes the place of the message from it.
      ...(node.name === 'Pump 3 shakes' && {
        wires: [[find(flowOfAlarm, 'switch', 'Too high?').id]],
        props: [{ p: 'payload' }, { p: 'topic', vt: 'str' }],
        topic: 'plant/pump-3/vibration',
      }),
    }));
    const chat = flow.find(({ type }) => type === 'vivgrid-chat') ?? assert.fail();
    const nodes = flow.filter(({ type }) => !type.startsWith('mqtt'));
    const page = await bench.open(nodes, { isNew: true, viewport: { width: 1280, height: 860 } });
    await press(page, find(flow, 'inject', 'Pump 3 shakes'));
    await nodeOf(page, chat).locator('.red-ui-flow-node-status-label', { hasText: /\d s/ }).waitFor();
    await page.locator('.red-ui-notification').waitFor({ state: 'detached' });
    await openDialog(page, chat.id);
    await page.locator('#vivgrid-chat-preview').click();
    const tray = await openedTray(page);
    await tray.getByText('pump-3').first().waitFor();
    await tray.locator('#vivgrid-try-ask:enabled').click();
    await tray.locator('.vivgrid-try-reply', { hasText: EXPLANATION }).waitFor();
    // What it took is known last.
    await tray.locator('.vivgrid-try-details', { hasText: 'test-model' }).waitFor();
    await screenshotDialog(page, tray, join(DOCS, 'preview.png'));
    await page.locator('#vivgrid-preview-close').click();
    await page.locator('#vivgrid-preview-close').waitFor({ state: 'detached' });
    await pressCancel(page);
  });

  it('should show a tool', async () => {
    const flow = place('Let the model switch the lights').filter(({ type }) => !type.startsWith('mqtt'));
    const page = await bench.open(flow, { isNew: true, viewport: { width: 1280, height: 720 } });
    const tray = await openDialog(page, find(flow, 'vivgrid-tool', 'switch_light').id);
    assert.equal(await tray.getByLabel('Description').first().isVisible(), true);
    await screenshotDialog(page, tray, join(DOCS, 'tool.png'));
    await pressCancel(page);
  });
});

const USAGE = { prompt_tokens: 48, completion_tokens: 210, total_tokens: 258 };

const withToken = (node: FlowNode) =>
  node.type === 'vivgrid-config' ? { ...node, credentials: { token: 'a-token' } } : node;

/** What takes the frames: of all, and of the parts in which something moves. */
async function setUp(page: Page, chat: Locator) {
  const { width, height } = page.viewportSize() ?? assert.fail('no viewport');
  const top = (await boxOf(page.locator('#red-ui-workspace'))).y;
  const left = Math.floor((await boxOf(page.locator('#red-ui-sidebar'))).x);
  const node = await boxOf(chat);
  const frames: Frame[] = [];
  return {
    frames,
    whole: { x: 0, y: top, width, height: height - top },
    sidebar: { x: left, y: top, width: width - left, height: height - top },
    node: {
      x: Math.floor(node.x) - 10,
      y: Math.floor(node.y) - 10,
      width: Math.ceil(node.width) + 60,
      height: 62,
    },
    async take(clip: Clip, ms: number): Promise<void> {
      frames.push({ png: await page.screenshot({ clip }), x: clip.x, y: clip.y - top, ms });
    },
  };
}

async function boxOf(element: Locator): Promise<Clip> {
  return (await element.boundingBox()) ?? assert.fail('not on the screen');
}
