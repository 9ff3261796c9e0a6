import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { MCP_DEFAULTS } from '../../../nodes/lib/common/settings.ts';
import {
  deploy,
  nodeProperty,
  openDialog,
  openedTray,
  pressConfigDone,
  pressDone,
  reasonsShown,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import { type McpServerOptions, type McpTestServer, startMcpServer } from '../../support/mcp-server.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const TOKEN = 'token-of-the-house-1234';

const TOOLS = [
  { name: 'switch_light', description: 'Switches a light.', run: () => 'on' },
  { name: 'open_door', description: 'Opens a door.', run: () => 'open' },
];

/** A tab with a chat node that uses the MCP server `house`. */
function flowWith(house: object, chat: object = {}): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Flow' },
    { id: 'house', type: 'vivgrid-mcp', ...MCP_DEFAULTS, ...house, credentials: { token: TOKEN } },
    { id: 'config', type: 'vivgrid-config', baseUrl: 'http://127.0.0.1:9/v1' },
    {
      id: 'chat',
      type: 'vivgrid-chat',
      z: 'tab',
      x: 300,
      y: 100,
      wires: [[]],
      config: 'config',
      servers: ['house'],
      ...chat,
    },
    { id: 'proxy', type: 'http proxy', name: 'Proxy', url: 'http://127.0.0.1:3128', noproxy: [] },
    { id: 'tls', type: 'tls-config', name: 'Own CA' },
  ];
}

describeInEditor('The form of an MCP server', ({ open, saved, version }) => {
  let server: McpTestServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function start(options: McpServerOptions = {}): Promise<string> {
    server = await startMcpServer({ tools: TOOLS, ...options });
    return server.url;
  }

  async function openTools(page: Page): Promise<void> {
    await openDialog(page, 'chat');
    await page.getByRole('tab', { name: 'Tools' }).click();
  }

  async function openServer(page: Page, name: string): Promise<void> {
    await openTools(page);
    await page.getByRole('button', { name: `Edit ${name}` }).click();
    await openedTray(page);
  }

  const result = (page: Page) => page.locator('#vivgrid-mcp-test-result');
  const listed = (page: Page) => page.locator('#vivgrid-mcp-tools .vivgrid-mcp-tool');

  async function test(page: Page): Promise<string> {
    const answered = page.waitForResponse((response) => response.url().endsWith('/vivgrid-mcp/test'));
    await page.locator('#vivgrid-mcp-test').click();
    assert.doesNotMatch(await (await answered).text(), new RegExp(TOKEN));
    await result(page).locator('.fa-spinner').waitFor({ state: 'detached' });
    return (await result(page).textContent()) ?? '';
  }

  it('should make a new server, deployed and reopened exactly as it was left', async () => {
    const url = await start();
    const page = await open(flowWith({}, { servers: [] }).filter(({ id }) => id !== 'house'));
    await openTools(page);
    await page.getByRole('button', { name: 'MCP server' }).click();
    await openedTray(page);
    await page.locator('#node-config-input-name').fill('House');
    await page.getByLabel('URL').fill(url);
    await page.getByLabel('Token').fill(TOKEN);
    assert.match(await test(page), /^It works\. Tools: 2\. Time: \d+ ms\.$/);
    assert.equal(server?.requests.items[0]?.headers.authorization, `Bearer ${TOKEN}`);
    assert.deepEqual(await listed(page).allInnerTexts(), [
      'switch_light\nSwitches a light.',
      'open_door\nOpens a door.',
    ]);
    assert.equal(await page.getByLabel('switch_light').isDisabled(), true, 'all tools are offered');
    await page.locator('#node-config-input-filter').selectOption('only');
    await page.getByLabel('switch_light').check();
    await page.locator('summary', { hasText: 'Advanced' }).click();
    await page.locator('#node-config-input-timeout').fill('5');
    await page.locator('#node-config-input-proxy').selectOption({ label: 'Proxy' });
    await page.locator('#node-config-input-tls').selectOption({ label: 'Own CA' });
    await page.locator('#vivgrid-mcp-advanced .red-ui-editableList-addButton').click();
    await page.keyboard.type('X-Team');
    await page.locator('.vivgrid-header-value .red-ui-typedInput-input').fill('blue');
    await pressConfigDone(page);
    await page.getByRole('checkbox', { name: 'House', checked: true }).waitFor();
    await pressDone(page);
    await deploy(page);

    const [id] = (await nodeProperty(page, 'chat', 'servers')) as string[];
    const expected = {
      id,
      type: 'vivgrid-mcp',
      name: 'House',
      url,
      headers: [{ name: 'X-Team', value: 'blue', type: 'str' }],
      timeout: '5',
      proxy: 'proxy',
      tls: 'tls',
      filter: 'only',
      toolNames: ['switch_light'],
    };
    assert.deepEqual(await saved(String(id)), expected);
    assert.deepEqual((await saved('chat')).servers, [id]);

    await page.reload();
    await openServer(page, 'House');
    assert.equal(await page.locator('#node-config-input-timeout').isVisible(), true);
    assert.equal(await page.getByLabel('switch_light').isChecked(), true);
    assert.doesNotMatch(await page.content(), new RegExp(TOKEN));
    await pressConfigDone(page);
    await pressDone(page);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false, 'looking at it changes nothing');
    assert.deepEqual(await saved(String(id)), expected);
  });

  describe('whose Test button', () => {
    it('should send the stored token to the deployed address only', async () => {
      const url = await start();
      const page = await open(flowWith({ name: 'House', url }));
      await openServer(page, 'House');
      assert.match(await test(page), /^It works\./);
      assert.equal(server?.requests.items[0]?.headers.authorization, `Bearer ${TOKEN}`);
      const asked = server?.requests.items.length;
      await page.getByLabel('URL').fill(url.replace('/mcp', '/other'));
      assert.match(await test(page), /^The stored token is not sent to an address that was changed/);
      assert.equal(server?.requests.items.length, asked);
      await page.getByLabel('Token').fill('typed-anew-5678');
      assert.match(await test(page), /^It works\./);
      assert.equal(server?.requests.items.at(-1)?.headers.authorization, 'Bearer typed-anew-5678');
    });

    const failures: [what: string, options: McpServerOptions, words: RegExp][] = [
      ['offers no tools', { tools: [] }, /^The server was reached, but it offers no tools\.$/],
      [
        'refuses the token',
        {
          before(_request, response) {
            response.writeHead(401).end();
            return true;
          },
        },
        /refused the token \(401\)/,
      ],
      [
        'speaks no MCP',
        {
          before(_request, response) {
            response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
            return true;
          },
        },
        /does not speak MCP/,
      ],
    ];
    for (const [what, options, words] of failures) {
      it(`should say that the server ${what}`, async () => {
        const page = await open(flowWith({ name: 'House', url: await start(options) }));
        await openServer(page, 'House');
        assert.match(await test(page), words);
      });
    }

    it('should say that nothing listens there, and what is wrong with an address', async () => {
      const url = await start();
      await server?.close();
      const page = await open(flowWith({ name: 'House', url }));
      await openServer(page, 'House');
      assert.match(await test(page), /nothing listens at 127\.0\.0\.1:\d+/);
      await page.getByLabel('URL').fill('house/mcp');
      await page.locator('#vivgrid-mcp-test').click();
      assert.match((await result(page).textContent()) ?? '', /this is not an http\(s\) address/);
    });

    it('should show which of the ticked tools the server no longer has', async () => {
      const url = await start();
      const page = await open(flowWith({ name: 'House', url, filter: 'except', toolNames: ['old_one'] }));
      await openServer(page, 'House');
      assert.deepEqual(await listed(page).allInnerTexts(), ['old_one']);
      await test(page);
      assert.equal(await listed(page).count(), 3);
      assert.match(
        (await listed(page).last().innerText()) ?? '',
        /old_one\s+The server does not offer this tool\./,
      );
      await page.getByLabel('old_one').uncheck();
      await pressConfigDone(page);
      await pressDone(page);
      assert.deepEqual(await nodeProperty(page, 'house', 'toolNames'), []);
    });
  });

  it('should mark an address that can not be asked, and the chat node that uses it', async () => {
    const page = await open(flowWith({ name: 'House', url: 'ftp://house' }));
    await page.waitForFunction("RED.nodes.node('chat').valid === false");
    assert.match(String(await reasonsShown(page, 'chat')), /the MCP server House is not properly configured/);
  });

  it('should be no config node without users for the editor', async () => {
    const page = await open(flowWith({ name: 'House', url: 'http://127.0.0.1:9/mcp' }));
    assert.equal(await page.evaluate("RED.nodes.node('house')._def.hasUsers"), false);
  });

  for (const theme of version.themes) {
    it(`should be readable in the ${theme} theme`, async () => {
      const page = await open(flowWith({ name: 'House', url: await start() }), { theme });
      await openTools(page);
      const row = await page.locator('#node-input-servers-list .vivgrid-offered-tool').boundingBox();
      assert.ok(row && row.width > 400, 'a row is as wide as the list');
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/mcp-tab-${version.name}-${theme}.png` });
      await page.getByRole('button', { name: 'Edit House' }).click();
      await openedTray(page);
      await test(page);
      assert.ok(await listed(page).first().isVisible());
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/mcp-${version.name}-${theme}.png` });
    });
  }
});
