// A deployed tool is called from its form.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { dragFromPalette, openDialog, openedTray, pressCancel } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const SCHEMA = {
  type: 'object',
  properties: {
    room: { type: 'string', description: 'Which room' },
    level: { type: 'integer' },
    on: { type: 'boolean' },
    mode: { type: 'string', enum: ['eco', 'max'] },
    lamps: { type: 'array', items: { type: 'number' } },
    place: { type: 'object', description: 'Where it hangs' },
  },
  required: ['room'],
};

/** A tool whose flow answers with what this code returns. */
function flowWith(tool: object = {}, code = 'return msg;'): FlowNode[] {
  const at = (x: number) => ({ z: 'tab', x, y: 100 });
  return [
    { id: 'tab', type: 'tab', label: 'House' },
    {
      id: 'tool',
      type: 'vivgrid-tool',
      ...at(150),
      name: 'light',
      schema: JSON.stringify(SCHEMA),
      wires: [['code']],
      ...tool,
    },
    { id: 'code', type: 'function', ...at(350), func: code, wires: [['result']] },
    { id: 'result', type: 'vivgrid-tool-result', ...at(550), name: '', wires: [] },
  ];
}

describeInEditor('The call of a tool from its form', ({ open }) => {
  const button = (page: Page) => page.locator('#vivgrid-tool-call');
  const reason = (page: Page) => page.locator('#vivgrid-tool-call-reason');
  const outcome = (page: Page, kind: string) => page.locator(`.vivgrid-call-${kind}`);

  async function openCall(flow: FlowNode[]): Promise<Page> {
    const page = await open(flow);
    await openDialog(page, 'tool');
    await button(page).and(page.locator(':enabled')).click();
    await openedTray(page);
    return page;
  }

  async function close(page: Page): Promise<void> {
    await page.locator('#vivgrid-call-close').click();
    await page.locator('#vivgrid-call-close').waitFor({ state: 'detached' });
    await pressCancel(page);
  }

  it('should have a field for each argument, and show the result and how long it took', async () => {
    const page = await openCall(flowWith());
    await page.getByLabel('room').fill('hall');
    await page.getByLabel('level').fill('3');
    await page.getByLabel('on', { exact: true }).selectOption('false');
    await page.getByLabel('mode').selectOption('eco');
    await page.getByLabel('lamps').fill('1, 2');
    await page.getByLabel('place').fill('{"x":1}');
    assert.equal(await page.getByLabel('room').getAttribute('aria-required'), 'true');
    await page.locator('#vivgrid-call-run').click();
    await outcome(page, 'result').waitFor();
    assert.match((await outcome(page, 'result').locator('p').textContent()) ?? '', /Result after \d+ ms/);
    assert.deepEqual(JSON.parse((await outcome(page, 'result').locator('pre').textContent()) ?? ''), {
      room: 'hall',
      level: 3,
      on: false,
      mode: 'eco',
      lamps: [1, 2],
      place: { x: 1 },
    });
    await close(page);
  });

  it('should show the error that a model would get, and call again with the Enter key', async () => {
    const page = await openCall(flowWith());
    await page.locator('#vivgrid-call-run').click();
    await outcome(page, 'error').locator('pre', { hasText: 'Error: The arguments are wrong' }).waitFor();
    await page.getByLabel('room').fill('<b>hall</b>');
    await page.keyboard.press('Enter');
    await outcome(page, 'result').waitFor();
    assert.deepEqual(JSON.parse((await outcome(page, 'result').locator('pre').textContent()) ?? ''), {
      room: '<b>hall</b>',
    });
    await close(page);
  });

  it('should take all arguments as JSON where the schema names none', async () => {
    const page = await openCall(flowWith({ schema: '{"type":"object","minProperties":1}' }));
    await page.getByLabel('Arguments (JSON)').fill('{"any":[1]}');
    await page.locator('#vivgrid-call-run').click();
    await outcome(page, 'result').locator('pre', { hasText: '{"any":[1]}' }).waitFor();
    await close(page);
  });

  it('should end the wait when the dialog is closed', async () => {
    const page = await openCall(flowWith({}, 'return;'));
    await page.getByLabel('room').fill('hall');
    const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/call'));
    await page.locator('#vivgrid-call-run').click();
    await outcome(page, 'running').waitFor();
    await close(page);
    await failed;
  });

  it('should be offered only for a tool that is deployed', async () => {
    const page = await open(flowWith());
    await openDialog(page, await dragFromPalette(page, 'vivgrid-tool', { x: 200, y: 200 }));
    await reason(page).filter({ hasText: 'Deploy this tool to call it.' }).waitFor();
    assert.equal(await button(page).isDisabled(), true);
    await pressCancel(page);
  });
});
