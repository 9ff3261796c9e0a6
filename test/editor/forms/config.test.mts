import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { CONFIG_DEFAULTS } from '../../../nodes/lib/common/settings.ts';
import {
  deploy,
  nodeProperty,
  openDialog,
  openedTray,
  pressConfigDone,
  pressDone,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

/** A tab with a chat node, through which the dialog of the config node `config` is opened. */
function flowWith(config: object): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Flow' },
    { id: 'config', type: 'vivgrid-config', ...config, credentials: { token: '' } },
    { id: 'chat', type: 'vivgrid-chat', z: 'tab', x: 300, y: 100, wires: [[]], config: 'config' },
    { id: 'proxy', type: 'http proxy', name: 'Proxy', url: 'http://127.0.0.1:3128', noproxy: [] },
    { id: 'tls', type: 'tls-config', name: 'Own CA' },
  ];
}

describeInEditor('The form of the config node', ({ open, saved }) => {
  async function openOn(config: object): Promise<Page> {
    const page = await open(flowWith(config));
    await openConfig(page);
    return page;
  }

  async function openConfig(page: Page): Promise<void> {
    await openDialog(page, 'chat');
    await page.locator('#node-input-btn-config-edit').click();
    await openedTray(page);
  }

  const field = (page: Page, property: string) => page.locator(`#node-config-input-${property}`);
  const tokenTip = async (page: Page) =>
    (await page.locator('#vivgrid-config-token-tip').textContent()) ?? '';

  it('should offer the addresses of services, by their names too', async () => {
    const page = await openOn(CONFIG_DEFAULTS);
    const url = field(page, 'baseUrl');
    const offered = page.locator('.red-ui-autoComplete-container .vivgrid-suggestion');
    await url.click();
    await offered.first().waitFor();
    assert.deepEqual(await offered.locator('span').allTextContents(), [
      'Vivgrid',
      'OpenAI',
      'OpenRouter',
      'Ollama',
      'LM Studio',
      'llama.cpp',
    ]);
    await url.fill('');
    await page.keyboard.type('oll');
    await offered.nth(1).waitFor({ state: 'detached' });
    await offered.getByText('http://localhost:11434/v1').click();
    assert.equal(await url.inputValue(), 'http://localhost:11434/v1');
    await url.fill('');
    await page.keyboard.type('http://localhost:80');
    await offered.getByText('http://localhost:80', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    assert.equal(await url.inputValue(), 'http://localhost:80', 'an address that is whole stays as it is');
  });

  it('should say where the token comes from, and that a model is only Vivgrid’s', async () => {
    const page = await openOn({ ...CONFIG_DEFAULTS, credentials: undefined });
    const link = page.locator('#vivgrid-config-token-tip a');
    const modelTip = page.locator('#vivgrid-config-model-tip');
    const modelHint = page.locator('#vivgrid-config-model-problems .vivgrid-problem-hint');
    assert.equal(await link.getAttribute('href'), 'https://console.vivgrid.com');
    assert.equal(await modelTip.isVisible(), true);
    assert.equal(await modelHint.count(), 0);
    await page.getByLabel('Base URL').fill('http://127.0.0.1:11434/v1');
    await page.keyboard.press('Tab');
    await modelHint.getByText('Only Vivgrid knows “managed”').waitFor();
    assert.match(await tokenTip(page), /^The API key of your service; local ones need none\./);
    assert.equal(await modelTip.isVisible(), false);
    await page.getByRole('textbox', { name: 'Model' }).last().fill('llama');
    await page.keyboard.press('Tab');
    await modelHint.waitFor({ state: 'detached' });
  });

  it('should show no empty box where there are no headers', async () => {
    const page = await openOn(CONFIG_DEFAULTS);
    await page.locator('summary', { hasText: 'Advanced' }).click();
    const box = page.locator('#vivgrid-config-advanced .red-ui-editableList-container');
    const add = page.locator('#vivgrid-config-advanced .red-ui-editableList-addButton');
    await add.waitFor();
    assert.equal(await box.isVisible(), false);
    await add.click();
    assert.equal(await box.isVisible(), true);
  });

  it('should be filled in, deployed and reopened exactly as it was left', async () => {
    const page = await openOn(CONFIG_DEFAULTS);
    assert.equal(await field(page, 'timeout').isVisible(), false, 'the first view is simple');
    await field(page, 'name').fill('Local');
    await page.getByLabel('Base URL').fill('http://127.0.0.1:9/v1');
    await page.getByLabel('Token').fill('secret-token-5678');
    await page.getByRole('textbox', { name: 'Model' }).last().fill('llama');
    await page.locator('summary', { hasText: 'Advanced' }).click();
    await page.getByLabel('Timeout').fill('20');
    await page.getByLabel('Retries').fill('0');
    await page.getByLabel('Concurrent requests').fill('1');
    await page.getByLabel('Queue limit').fill('0');
    await field(page, 'proxy').selectOption({ label: 'Proxy' });
    await field(page, 'tls').selectOption({ label: 'Own CA' });
    await page.locator('#vivgrid-config-advanced .red-ui-editableList-addButton').click();
    await page.keyboard.type('X-Team');
    await page.locator('.vivgrid-header-value .red-ui-typedInput-input').fill('blue');
    await pressConfigDone(page);
    await pressDone(page);
    await deploy(page);

    const expected = {
      ...CONFIG_DEFAULTS,
      id: 'config',
      type: 'vivgrid-config',
      name: 'Local',
      baseUrl: 'http://127.0.0.1:9/v1',
      model: 'llama',
      timeout: '20',
      maxRetries: '0',
      concurrency: '1',
      maxQueue: '0',
      headers: [{ name: 'X-Team', value: 'blue', type: 'str' }],
      proxy: 'proxy',
      tls: 'tls',
    };
    assert.deepEqual(await saved('config'), expected);

    await page.reload();
    await openConfig(page);
    assert.equal(await field(page, 'timeout').isVisible(), true, 'what is not the default is in view');
    assert.equal(await page.getByLabel('Timeout').inputValue(), '20');
    assert.equal(await field(page, 'proxy').inputValue(), 'proxy');
    assert.equal(await page.locator('.vivgrid-header-name').inputValue(), 'X-Team');
    assert.match(await tokenTip(page), /A token is stored\./);
    assert.doesNotMatch(await page.content(), /secret-token/);
    await pressConfigDone(page);
    await pressDone(page);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
    assert.deepEqual(await saved('config'), expected);
  });

  it('should say where the token comes from', async () => {
    const page = await openOn(CONFIG_DEFAULTS);
    assert.match(await tokenTip(page), /Leave blank to use the environment variable VIVGRID_API_KEY/);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a user types
    await page.getByLabel('Token').fill('${VIVGRID_API_KEY}');
    await page.getByLabel('Token').press('End');
    assert.match(await tokenTip(page), /The token is read from this environment variable/);
  });

  it('should fill in what an earlier version did not save, and find nothing changed', async () => {
    const page = await openOn({});
    assert.equal(await page.getByLabel('Base URL').inputValue(), CONFIG_DEFAULTS.baseUrl);
    await page.locator('summary', { hasText: 'Advanced' }).click();
    assert.equal(await page.getByLabel('Timeout').inputValue(), '300');
    await pressConfigDone(page);
    await pressDone(page);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
    assert.equal(await nodeProperty(page, 'config', 'valid'), true);
  });

  it('should explain what is wrong', async () => {
    const page = await openOn(CONFIG_DEFAULTS);
    await page.locator('summary', { hasText: 'Advanced' }).click();
    const cases: [property: string, value: string, reason: string][] = [
      ['baseUrl', '', 'address missing, such as https://api.vivgrid.com/v1'],
      ['baseUrl', 'api.vivgrid.com', 'the address must begin with http:// or https://'],
      [
        'baseUrl',
        'https://me:secret@host/v1',
        'no user name or password in the address: the token has a field of its own',
      ],
      ['baseUrl', 'https://', 'this is not a complete address, such as https://api.vivgrid.com/v1'],
      ['timeout', '0', 'must be a number above 0'],
      ['maxRetries', '11', 'must be a whole number from 0 to 10'],
      ['concurrency', '-1', 'must be a whole number, 0 or more'],
      ['maxQueue', 'many', 'must be a whole number, 0 or more'],
    ];
    for (const [property, value, reason] of cases) {
      const input = field(page, property);
      const good = await input.inputValue();
      await input.fill(value);
      await input.press('End');
      await page.locator('.red-ui-tray-header').last().hover();
      await input.hover();
      await page.locator('.red-ui-popover').getByText(reason, { exact: true }).waitFor();
      await input.fill(good);
      await input.press('End');
      await page.locator('.red-ui-popover').getByText(reason, { exact: true }).waitFor({ state: 'detached' });
    }
    await page.locator('#vivgrid-config-advanced .red-ui-editableList-addButton').click();
    await page.keyboard.type('Not a name');
    await page.getByText('"Not a name" is not a valid header name').waitFor();
    await pressConfigDone(page);
    assert.deepEqual(await nodeProperty(page, 'config', 'validationErrors'), [
      '"Not a name" is not a valid header name',
    ]);
  });
});
