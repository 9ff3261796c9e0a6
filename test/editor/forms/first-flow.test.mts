import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import {
  connect,
  deploy,
  doubleClick,
  dragFromPalette,
  openDebugSidebar,
  openDialog,
  openedTray,
  pressConfigDone,
  pressDone,
  tabTo,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import {
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../../support/raw-server.mts';

const TOKEN = 'first-token-1234';

describeInEditor('A first flow', ({ open }) => {
  let server: RawServer;
  beforeEach(async () => {
    server = await startRawServer((response, { headers, body }) => {
      if (headers.authorization !== `Bearer ${TOKEN}`)
        sendJson(response, { error: { message: 'who?' } }, 401);
      else if (body.stream) sendStream(response, streamText(chunksOf(['Once ', 'upon ', 'a time'])));
      else sendJson(response, completion('Hello!'));
    });
  });
  afterEach(() => server.close());

  /** The ids of inject, chat and debug nodes, dragged from the palette and wired. */
  async function build(page: Page): Promise<{ inject: string; chat: string }> {
    const inject = await dragFromPalette(page, 'inject', { x: 120, y: 100 });
    const chat = await dragFromPalette(page, 'vivgrid-chat', { x: 120, y: 200 });
    const debug = await dragFromPalette(page, 'debug', { x: 120, y: 300 });
    await connect(page, inject, chat);
    await connect(page, chat, debug);
    return { inject, chat };
  }

  /** Presses the inject node's button and waits for these values in the debug sidebar. */
  async function run(page: Page, inject: string, values: string[]): Promise<void> {
    await openDebugSidebar(page);
    await page.locator(`[id="${inject}"] .red-ui-flow-node-button-button`).click();
    const shown = page.locator('.red-ui-debug-msg-payload .red-ui-debug-msg-element');
    await shown.nth(values.length - 1).waitFor();
    assert.deepEqual(await shown.allTextContents(), values);
  }

  async function askedFor(): Promise<object> {
    const [{ body } = assert.fail()] = await server.requests.count(1);
    return body.messages;
  }

  it('should be made with the mouse, and answer in the debug sidebar', async () => {
    const page = await open([{ id: 'tab', type: 'tab', label: 'Flow' }]);
    const { inject, chat } = await build(page);
    await doubleClick(page, chat);
    await page.locator('#node-input-btn-config-add').click();
    await openedTray(page);
    await page.getByLabel('Base URL').fill(server.url);
    await page.getByLabel('Token').fill(TOKEN);
    await pressConfigDone(page);
    await page.locator('.vivgrid-message').nth(1).locator('.monaco-editor').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('Say hello.');
    await pressDone(page);
    await deploy(page);
    await run(page, inject, ['"Hello!"']);
    assert.deepEqual(await askedFor(), [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'Say hello.' },
    ]);
  });

  it('should be filled in with the keyboard alone, and answer in pieces in their order', async () => {
    // Node-RED's own buttons beside the choice of a config node are for the mouse alone.
    const page = await open([
      { id: 'tab', type: 'tab', label: 'Flow' },
      { id: 'config', type: 'vivgrid-config', baseUrl: server.url, credentials: { token: TOKEN } },
    ]);
    const { inject, chat } = await build(page);
    const { keyboard } = page;
    await openDialog(page, chat);
    await tabTo(page, '#node-input-config');
    await keyboard.press('ArrowUp');
    await tabTo(page, '#node-input-messages-container > li:nth-child(2) .monaco-editor');
    await keyboard.press('Control+A');
    await keyboard.type('Tell me a story.');
    await tabTo(page, '#vivgrid-chat-tabs [href="#vivgrid-chat-tab-reply"]', 'Shift+Tab');
    await keyboard.press('Enter');
    await tabTo(page, '#node-input-stream');
    await keyboard.press('Space');
    await keyboard.press('Control+Enter');
    await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    await deploy(page, () => keyboard.press('Control+d'));
    await run(page, inject, ['"Once "', '"upon "', '"a time"', '""']);
    assert.deepEqual(await askedFor(), [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'Tell me a story.' },
    ]);
  });
});
