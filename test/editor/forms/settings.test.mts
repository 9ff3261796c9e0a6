import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openDialog, openedTray, pressCancel, pressDone } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import { ROOT } from '../../support/manifest.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const FLOW: FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'Flow' },
  { id: 'config', type: 'vivgrid-config', baseUrl: 'http://127.0.0.1:9/v1' },
  { id: 'chat', type: 'vivgrid-chat', z: 'tab', x: 300, y: 100, wires: [[]], config: 'config' },
];

interface Catalogue {
  label: { palette: string };
  tabs: Record<string, string>;
}

function catalogue(language: string): Catalogue {
  const path = join(ROOT, 'nodes/locales', language, 'vivgrid-chat.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { 'vivgrid-chat': Catalogue })['vivgrid-chat'];
}

describeInEditor("The editor's settings", ({ open, version }) => {
  /** Chooses one as a user does, in the dialog for settings. */
  async function choose(page: Page, setting: string, value: string): Promise<void> {
    await page.keyboard.press('Control+,');
    await openedTray(page);
    await page.locator(`#user-settings-${setting}`).selectOption(value);
    await pressDone(page);
  }

  it('should switch the language of the form', async () => {
    const page = await open(FLOW);
    for (const language of ['de', 'ja', 'en-US']) {
      await choose(page, 'editor-language', language);
      await page.reload();
      await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
      await page.locator('[id="chat"]').waitFor();
      const { label, tabs } = catalogue(language);
      assert.equal(
        (await page.locator('[data-palette-type="vivgrid-chat"]').textContent())?.replace(/\s+/g, ' ').trim(),
        label.palette.replace(/\s+/g, ' '),
      );
      await openDialog(page, 'chat');
      // As it is seen: a tab without mistakes hides its count.
      const shown = await page.getByRole('tab').locator('visible=true').allInnerTexts();
      for (const tab of Object.values(tabs)) {
        assert.ok(
          shown.some((text) => text.trim() === tab),
          `${tab}: ${shown.join()}`,
        );
      }
      await pressCancel(page);
    }
  });

  for (const theme of version.themes.filter((name) => name === 'dark')) {
    it(`should switch the form to the ${theme} theme and back`, async () => {
      const page = await open(FLOW);
      const brightness = async () => {
        await openDialog(page, 'chat');
        const editor = page.locator('.vivgrid-message .monaco-editor .monaco-editor-background').first();
        const colour = await editor.evaluate((element) => {
          const { getComputedStyle } = globalThis as unknown as {
            getComputedStyle: (of: unknown) => { backgroundColor: string };
          };
          return getComputedStyle(element).backgroundColor;
        });
        await pressCancel(page);
        const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number);
        return (red + green + blue) / 3;
      };
      assert.ok((await brightness()) > 200);
      await choose(page, 'view-dark-theme', theme);
      assert.ok((await brightness()) < 80);
      await choose(page, 'view-dark-theme', 'light');
      assert.ok((await brightness()) > 200);
    });
  }
});
