// What a user does with nodes and their forms in the editor: drags, opens, fills in, closes.
import type { Locator, Page } from 'playwright-core';

/** Puts a new node on the canvas, dragged from the palette, and gives its id. */
export async function dragFromPalette(
  page: Page,
  type: string,
  to: { x: number; y: number },
): Promise<string> {
  const before = await nodeIds(page, type);
  const source = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
  await source.scrollIntoViewIfNeeded();
  const canvas = await boxOf(page.locator('#red-ui-workspace-chart'));
  const { x, y, width, height } = await boxOf(source);
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(canvas.x + to.x / 2, canvas.y + to.y / 2, { steps: 4 });
  await page.mouse.move(canvas.x + to.x, canvas.y + to.y, { steps: 4 });
  await page.mouse.up();
  const added = (await nodeIds(page, type)).find((id) => !before.includes(id));
  if (!added) throw new Error(`No ${type} node came onto the canvas.`);
  return added;
}

/**
 * Opens the dialog of a node with the Enter key, and waits until it has come to rest. A double click does the same, but
 * has to be so quick that a busy machine can't promise it.
 */
export async function openDialog(page: Page, id: string): Promise<Locator> {
  // After a reload, the flow is on the canvas some time after the page.
  await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
  await page.locator(`[id="${id}"] .red-ui-flow-node`).waitFor();
  await page.evaluate(
    `RED.view.select({ nodes: [RED.nodes.node(${JSON.stringify(id)})] }); RED.view.focus();`,
  );
  await page.keyboard.press('Enter');
  return openedTray(page);
}

/**
 * The dialog that has been opened last, when it has slid in and has the focus. To wait with a click would not do: the
 * dialog slides on beneath the mouse, until Done is there.
 */
export function openedTray(page: Page): Promise<Locator> {
  return newTray(page, 'tray.contains(document.activeElement)');
}

/** The dialog that has been opened last, when it has slid in and `condition` holds for `tray`. */
async function newTray(page: Page, condition: string): Promise<Locator> {
  await trayAtRest(page, '!tray.dataset.opened && (tray.dataset.opened = true)');
  // Node-RED sets the focus in a timer of this time, which it has started before.
  await page.evaluate('new Promise((resolve) => setTimeout(resolve, 150))');
  await trayAtRest(page, condition);
  return page.locator('.red-ui-tray').last();
}

/** Waits until the dialog on top, `tray`, neither slides in nor is about to slide out, and `condition` holds for it. */
async function trayAtRest(page: Page, condition = 'true'): Promise<void> {
  await page.waitForFunction(
    `(() => {
      const tray = [...document.querySelectorAll('.red-ui-tray')].at(-1);
      const isAtRest = tray && tray.style.right === '0px' && getComputedStyle(tray).right === '0px';
      return isAtRest && ${condition};
    })()`,
    undefined,
    // Milliseconds. To look with each frame makes the browser draw them.
    { polling: 30 },
  );
}

/** Opens the dialog of a node as most people do. Node-RED takes slow clicks for single ones: then once more. */
export async function doubleClick(page: Page, id: string): Promise<Locator> {
  do await page.locator(`[id="${id}"] .red-ui-flow-node`).dblclick();
  while ((await page.locator('.red-ui-tray').count()) === 0);
  return openedTray(page);
}

/** Where another dialog was on top, this one has to slide in first. */
export async function pressDone(page: Page): Promise<void> {
  await trayAtRest(page);
  await page.locator('#node-dialog-ok').click();
  await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
}

/** Where another dialog was on top, this one has to slide in first. */
export async function pressCancel(page: Page): Promise<void> {
  await trayAtRest(page);
  await page.locator('#node-dialog-cancel').click();
  await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
}

/**
 * Opens Node-RED's large code editor with `button`, and puts `text` in for what is there. That editor complains when it
 * is closed before a worker has told it where its text folds and how a word may go on: it asks for neither here.
 */
export async function writeInLargeEditor(page: Page, button: Locator, text: string): Promise<void> {
  await page.evaluate(`globalThis.asksNothing = globalThis.monaco?.editor.onDidCreateEditor((editor) => editor.updateOptions({
    folding: false,
    stickyScroll: { enabled: false },
    inlineSuggest: { enabled: false },
    quickSuggestions: false,
    wordBasedSuggestions: 'off',
  }))`);
  await button.click();
  // Of Node-RED's code editors, only Monaco takes the focus by itself.
  const tray = await newTray(page, "tray.querySelector('.red-ui-editor-text-container')");
  await tray.locator('.red-ui-editor-text-container').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
  await tray.locator('#node-dialog-ok').click();
  await trayAtRest(page, "tray.querySelector('#node-dialog-delete')");
  await page.evaluate('globalThis.asksNothing?.dispose()');
}

/** Presses the config dialog's Add or Update and waits until the dialog beneath it is back. */
export async function pressConfigDone(page: Page): Promise<void> {
  await page.locator('#node-config-dialog-ok').click();
  await page.locator('#node-config-dialog-ok').waitFor({ state: 'detached' });
  await trayAtRest(page);
}

/** Presses these buttons faster than anyone can, the last of which closes the dialog, and waits until nothing moves. */
export async function pressAtOnce(page: Page, ...buttons: string[]): Promise<void> {
  await page.evaluate((selectors) => {
    const { $ } = globalThis as unknown as { $: (selector: string) => { trigger(event: string): void } };
    for (const selector of selectors) $(selector).trigger('click');
  }, buttons);
  await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
  await page.waitForFunction('$.timers.length === 0');
}

/** Chooses the type of a typed input by the name in its menu. */
export function chooseType(field: Locator, name: string): Promise<void> {
  return chooseFromMenu(field.locator('.red-ui-typedInput-type-select'), name);
}

/** Chooses what a typed input offers beside its value, such as the store of a context. */
export function chooseOption(field: Locator, name: string): Promise<void> {
  return chooseFromMenu(field.locator('.red-ui-typedInput-option-trigger'), name);
}

/**
 * Node-RED prepares the menu to be closed in a timer of its own, after it has begun to slide open. What is clicked before
 * that leaves a menu behind that swallows a later click.
 */
async function chooseFromMenu(trigger: Locator, name: string): Promise<void> {
  await trigger.click();
  const page = trigger.page();
  const item = page.locator('.red-ui-typedInput-options:visible a', { hasText: name });
  await item.waitFor();
  await page.waitForFunction('$.timers.length === 0');
  await item.click();
}

/** Deploys with the button, or with what else does it, and waits until the flows run: Node-RED answers sooner. */
export async function deploy(
  page: Page,
  press = () => page.locator('#red-ui-header-button-deploy').click(),
): Promise<void> {
  await page.evaluate(`globalThis.running ??= (() => {
    const revisions = new Set();
    RED.comms.subscribe('notification/runtime-deploy', (_topic, { revision }) => revisions.add(revision));
    return revisions;
  })()`);
  const deployed = page.waitForResponse(
    (response) => response.url().endsWith('/flows') && response.request().method() === 'POST',
  );
  await press();
  // Node-RED asks first when a node is not properly configured.
  const { rev } = (await (await deployed).json()) as { rev: string };
  await page.waitForFunction(`globalThis.running.has(${JSON.stringify(rev)})`);
}

/** Wires a node's first output to another node, with the mouse. */
export async function connect(page: Page, from: string, to: string): Promise<void> {
  const port = (id: string, side: 'input' | 'output') =>
    boxOf(page.locator(`[id="${id}"] .red-ui-flow-port-${side} .red-ui-flow-port`).first());
  const [start, end] = [await port(from, 'output'), await port(to, 'input')];
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 5 });
  await page.mouse.up();
  const links = await page.evaluate(`RED.nodes.getNodeLinks('${from}', 0).map(({ target }) => target.id)`);
  if (!(links as string[]).includes(to)) throw new Error('Not wired.');
}

/** Goes on with the Tab key until what has the focus is this, or in it. */
export async function tabTo(page: Page, selector: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const isThere = `document.activeElement.closest(${JSON.stringify(selector)}) !== null`;
  for (let steps = 0; steps < 200; steps++) {
    if (await page.evaluate(isThere)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${selector}.`);
}

/** What the editor knows of a node: a saved property, `changed`, `valid`, `validationErrors` … */
export function nodeProperty(page: Page, id: string, property: string): Promise<unknown> {
  return page.evaluate(`RED.nodes.node(${JSON.stringify(id)})?.[${JSON.stringify(property)}]`);
}

/** Without the strip beside the dialog that it is dragged wider by. */
export async function screenshotDialog(page: Page, tray: Locator, path: string): Promise<void> {
  const { x, width, y } = await boxOf(tray.locator('.red-ui-tray-header'));
  const { y: bottom, height } = await boxOf(tray.locator('.red-ui-tray-footer'));
  await page.screenshot({ path, clip: { x, y, width, height: bottom + height - y } });
}

/** The ids of the nodes of a type that are on the canvas. */
export async function nodeIds(page: Page, type: string): Promise<string[]> {
  return page.evaluate(`RED.nodes.filterNodes({ type: ${JSON.stringify(type)} }).map((node) => node.id)`);
}

async function boxOf(element: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await element.boundingBox();
  if (!box) throw new Error('Not on the screen.');
  return box;
}

/** Brings the debug sidebar up, which Node-RED 4 does not begin with. */
export async function openDebugSidebar(page: Page): Promise<void> {
  await page.keyboard.press('Control+g');
  await page.keyboard.press('d');
}

/** The reasons why a node is not valid, as they are read on the canvas when one points at its mark. */
export async function reasonsShown(page: Page, id: string): Promise<string[]> {
  // In place of the last ones, which may be the same.
  await page.locator('#red-ui-header').hover();
  const lines = page.locator('.red-ui-flow-port-tooltip .red-ui-flow-port-tooltip-label');
  await lines.first().waitFor({ state: 'detached' });
  await page.locator(`[id="${id}"] .red-ui-flow-node-error`).hover();
  await lines.first().waitFor();
  const [_heading, ...reasons] = await lines.allTextContents();
  return reasons.map((reason) => reason.replace(/^\s*- /, ''));
}
