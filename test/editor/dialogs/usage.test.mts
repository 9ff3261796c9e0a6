// The part of the config node's form on usage and limit.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { CHAT_DEFAULTS, CONFIG_DEFAULTS } from '../../../nodes/lib/common/settings.ts';
import {
  deploy,
  nodeProperty,
  openDialog,
  openedTray,
  pressConfigDone,
  pressDone,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../../support/raw-server.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

function flowWith(config: object): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Flow' },
    {
      id: 'config',
      type: 'vivgrid-config',
      ...CONFIG_DEFAULTS,
      ...config,
      credentials: { token: 'a-token' },
    },
    {
      ...CHAT_DEFAULTS,
      id: 'chat',
      type: 'vivgrid-chat',
      z: 'tab',
      x: 300,
      y: 100,
      wires: [['out']],
      config: 'config',
    },
    {
      id: 'in',
      type: 'inject',
      z: 'tab',
      x: 100,
      y: 100,
      props: [{ p: 'payload' }],
      payload: 'Hi',
      payloadType: 'str',
      repeat: '',
      crontab: '',
      once: false,
      wires: [['chat']],
    },
    {
      id: 'out',
      type: 'debug',
      z: 'tab',
      x: 500,
      y: 100,
      active: true,
      tosidebar: true,
      complete: 'payload',
      wires: [],
    },
  ];
}

describeInEditor('Usage and limit', ({ open, saved }) => {
  let server: RawServer;

  before(async () => {
    server = await startRawServer((response) => sendJson(response, completion('Fine.')));
  });

  after(() => server.close());

  async function openConfig(page: Page): Promise<void> {
    await openDialog(page, 'chat');
    await page.locator('#node-input-btn-config-edit').click();
    await openedTray(page);
  }

  const field = (page: Page, property: string) => page.locator(`#node-config-input-${property}`);
  const totals = (page: Page) =>
    field(page, 'totals').locator('xpath=..').locator('.red-ui-typedInput-input').last();

  it('should be filled in, saved and reopened as it was left', async () => {
    const page = await open(flowWith({ baseUrl: server.url }));
    await openConfig(page);
    assert.equal(await field(page, 'limit').isVisible(), false, 'the first view is simple');
    await page.locator('summary', { hasText: 'Usage and limit' }).click();
    await page.getByLabel('input', { exact: true }).fill('2');
    await page.getByLabel('cached', { exact: true }).fill('0.5');
    await page.getByLabel('output', { exact: true }).fill('8');
    await page.getByLabel('Limit', { exact: true }).fill('200000');
    await field(page, 'limitOf').selectOption('cost');
    await field(page, 'limitPer').selectOption('month');
    await page.getByRole('textbox', { name: 'Totals' }).fill('vivgrid.used');
    await field(page, 'keep').fill('10');
    await pressConfigDone(page);
    await pressDone(page);
    await deploy(page);
    const config = await saved('config');
    const { priceInput, priceCached, priceOutput, limit, limitOf, limitPer, totals: kept, keep } = config;
    assert.deepEqual(
      { priceInput, priceCached, priceOutput, limit, limitOf, limitPer, kept, keep },
      {
        priceInput: '2',
        priceCached: '0.5',
        priceOutput: '8',
        limit: '200000',
        limitOf: 'cost',
        limitPer: 'month',
        kept: 'vivgrid.used',
        keep: '10',
      },
    );
    await openConfig(page);
    assert.equal(await field(page, 'limit').inputValue(), '200000');
  });

  it('should leave an untouched node as it is', async () => {
    const page = await open(flowWith({ baseUrl: server.url }));
    await openConfig(page);
    await pressConfigDone(page);
    await pressDone(page);
    assert.notEqual(await nodeProperty(page, 'config', 'changed'), true);
  });

  it('should refuse what is not a number', async () => {
    const page = await open(flowWith({ baseUrl: server.url, limit: '0', priceInput: '-1', keep: 'many' }));
    assert.equal(await nodeProperty(page, 'config', 'valid'), false);
    const errors = (await nodeProperty(page, 'config', 'validationErrors')) as string[];
    assert.equal(errors.length, 3, JSON.stringify(errors));
  });

  it('should show what was used, beside the limit, and set it back', async () => {
    const page = await open(flowWith({ baseUrl: server.url, limit: 10 }));
    await page.evaluate(`$.post('inject/in')`);
    await page.locator('.red-ui-debug-msg-payload', { hasText: 'Fine.' }).waitFor({ state: 'attached' });
    await openConfig(page);
    const used = page.locator('#vivgrid-config-used tr');
    await used.nth(1).waitFor();
    assert.match((await used.nth(1).textContent()) ?? '', /^today1 requests5 tokens.*50 % of the limit$/);
    assert.equal(await page.locator('#vivgrid-config-used meter').getAttribute('value'), '50');
    await page.getByRole('button', { name: 'Set back' }).click();
    await page.locator('.red-ui-notification button.primary').click();
    await page.locator('#vivgrid-config-used tr', { hasText: 'today0 requests' }).waitFor();
  });

  it('should show nothing of a node that is not deployed', async () => {
    const page = await open(flowWith({ baseUrl: 'ftp://nowhere' }));
    await openConfig(page);
    await page.locator('summary', { hasText: 'Usage and limit' }).click();
    assert.equal(await page.locator('#vivgrid-config-used-row').isVisible(), false);
    await totals(page).waitFor();
  });
});
