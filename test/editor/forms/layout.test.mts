// Nothing in the forms is cut off or out of sight: not in a narrow window, not in a language with longer words.
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { CONFIG_DEFAULTS, TOOL_DEFAULTS } from '../../../nodes/lib/common/settings.ts';
import { chatNode } from '../../support/chat-node.mts';
import { openDialog, openedTray, pressCancel } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

/** Those with the longest words, after the browser's own, which is English. */
const LANGUAGES = [undefined, 'de', 'ru'];

const NARROW = { width: 780, height: 900 };

const LONG_NAME = 'a_function_whose_name_takes_all_of_the_sixty_four_characters_abc';

const tool = (id: string, name: string, y: number): FlowNode => ({
  ...TOOL_DEFAULTS,
  id,
  type: 'vivgrid-tool',
  z: 'tab',
  x: 200,
  y,
  name,
  schema: JSON.stringify({ type: 'object', properties: { room: { type: 'string' } } }),
  wires: [[]],
});

const FLOW: FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'A flow with a name that is long, too' },
  {
    ...CONFIG_DEFAULTS,
    id: 'config',
    type: 'vivgrid-config',
    baseUrl: 'http://127.0.0.1:9/v1',
    headers: ['X-One', 'X-Two', 'X-Three'].map((name) => ({ name, value: '1', type: 'str' })),
  },
  chatNode({ stream: true, memory: true }),
  tool('light', 'switch_light', 160),
  tool('long', LONG_NAME, 220),
];

const TABS = ['prompt', 'parameters', 'tools', 'reply', 'conversation'];

describeInEditor('The layout of the forms', (bench) => {
  const open = (options: Parameters<typeof bench.open>[1]): Promise<Page> => bench.open(FLOW, options);

  const goTo = (page: Page, tab: string) => page.locator(`a[href="#vivgrid-chat-tab-${tab}"]`).click();

  for (const language of LANGUAGES) {
    it(`should fit into a narrow window in ${language ?? 'English'}`, async () => {
      const page = await open({ viewport: NARROW, ...(language && { language }) });
      assert.deepEqual(await cutOff(await openDialog(page, 'light')), [], 'tool');
      await pressCancel(page);
      const chat = await openDialog(page, 'chat');
      for (const tab of TABS) {
        await goTo(page, tab);
        assert.deepEqual(await cutOff(chat), [], tab);
        assert.deepEqual(await underLabels(chat), [], tab);
      }
      await page.locator('#node-input-btn-config-edit').click();
      await page.locator('#vivgrid-config-test').waitFor();
      const config = await openedTray(page);
      assert.deepEqual(await cutOff(config), [], 'config');
      assert.deepEqual(await underLabels(config), []);
    });
  }

  it('should show the whole names of the tabs in a usual window', async () => {
    const page = await open({});
    const chat = await openDialog(page, 'chat');
    for (const tab of TABS) {
      await goTo(page, tab);
      assert.deepEqual(await cutOff(chat), [], tab);
    }
  });

  it('should stay where it is when the tab changes', async () => {
    const page = await open({ viewport: { width: 1100, height: 700 } });
    const chat = await openDialog(page, 'chat');
    const name = chat.locator('#node-input-name');
    const boxes: unknown[] = [];
    for (const tab of TABS) {
      await goTo(page, tab);
      await page.locator(`#vivgrid-chat-tab-${tab}`).waitFor();
      boxes.push(await name.boundingBox());
    }
    for (const box of boxes) assert.deepEqual(box, boxes[0]);
  });

  it('should show all headers of a config node, and a new one', async () => {
    const page = await open({});
    await openDialog(page, 'chat');
    await page.locator('#node-input-btn-config-edit').click();
    await page.locator('#vivgrid-config-test').waitFor();
    await openedTray(page);
    const list = page.locator('#node-config-input-headers-container').locator('..');
    const isWhole = () => list.evaluate((element) => element.scrollHeight <= element.clientHeight);
    assert.equal(await page.locator('.vivgrid-header').count(), 3);
    assert.equal(await isWhole(), true);
    await page.locator('#vivgrid-config-advanced .red-ui-editableList-addButton').click();
    assert.equal(await page.locator('.vivgrid-header').count(), 4);
    assert.equal(await isWhole(), true);
  });
});

/** The elements of a dialog that reach beyond its edge, or have more text than they show. */
function cutOff(tray: Locator): Promise<string[]> {
  return tray.locator('.red-ui-tray-body').evaluate((body) => {
    const edge = body.getBoundingClientRect().right + 1;
    return [...body.querySelectorAll('*')]
      .filter((element) => element.checkVisibility() && !element.closest('.monaco-editor'))
      .filter((element) => {
        // Node-RED's own way to make room: the rest of a tab's border.
        if (element.matches('li.red-ui-tab')) return false;
        const isBeyond = element.getBoundingClientRect().right > edge;
        const clips = getComputedStyle(element).overflowX !== 'visible' && element.clientWidth > 0;
        return isBeyond || (clips && element.scrollWidth > element.clientWidth + 1);
      })
      .map(
        ({ tagName, id, className, textContent }) => `${tagName}#${id}.${className} ${textContent?.trim()}`,
      );
  });
}

/** Units and fields that have slipped below the label that they belong beside. */
function underLabels(tray: Locator): Promise<string[]> {
  return tray.locator('.red-ui-tray-body').evaluate((body) =>
    [...body.querySelectorAll('.vivgrid-unit, #node-config-input-proxy, #node-config-input-tls')]
      .filter((element) => element.checkVisibility())
      .filter((element) => {
        const label = element.closest('.form-row')?.querySelector('label')?.getBoundingClientRect();
        return element.getBoundingClientRect().left < (label?.right ?? 0);
      })
      .map(({ id, textContent }) => `${id} ${textContent?.trim()}`),
  );
}
