// The sidebar of requests.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Locator, Page } from 'playwright-core';
import { CHAT_DEFAULTS, CONFIG_DEFAULTS } from '../../../nodes/lib/common/settings.ts';
import { openedTray, pressCancel } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import { openPage } from '../../support/open-editor.mts';
import {
  chunk,
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  startRawServer,
  streamText,
} from '../../support/raw-server.mts';
import { type FlowNode, startNodeRed } from '../../support/start-node-red.mts';
import { callReply, inTurn, toolFlow } from '../../support/tool-flow.mts';

const TOKEN = 'stored-token-1234';

/** A flow whose ids end in `suffix`, so that no test sees the requests of another. */
function flowFor(url: string, suffix: string, chat: object = {}, config: object = {}): FlowNode[] {
  return [
    { id: `tab${suffix}`, type: 'tab', label: 'Flow' },
    {
      ...CONFIG_DEFAULTS,
      id: `config${suffix}`,
      type: 'vivgrid-config',
      name: 'Local',
      baseUrl: url,
      maxRetries: 0,
      ...config,
      credentials: { token: TOKEN },
    },
    {
      id: `in${suffix}`,
      type: 'inject',
      z: `tab${suffix}`,
      x: 100,
      y: 100,
      props: [{ p: 'payload' }],
      payload: 'Explain the alarm',
      payloadType: 'str',
      wires: [[`chat${suffix}`]],
    },
    {
      ...CHAT_DEFAULTS,
      id: `chat${suffix}`,
      type: 'vivgrid-chat',
      name: 'Explain',
      z: `tab${suffix}`,
      x: 300,
      y: 100,
      config: `config${suffix}`,
      wires: [[]],
      ...chat,
    },
  ];
}

async function openSidebar(page: Page): Promise<Locator> {
  // After a reload, it comes with its node.
  await page.locator('#menu-item-view-menu-vivgrid-requests').waitFor({ state: 'attached' });
  await page.evaluate(`RED.sidebar.show('vivgrid-requests')`);
  const sidebar = page.locator('.vivgrid-requests');
  await sidebar.waitFor();
  return sidebar;
}

describeInEditor('The sidebar of requests', (bench) => {
  const { open } = bench;
  let server: RawServer;
  let count = 0;

  beforeEach(async () => {
    count++;
    server = await startRawServer((response) => sendJson(response, completion('Fine.')));
  });
  afterEach(() => server.close());

  const flow = (chat: object = {}, config: object = {}) => flowFor(server.url, String(count), chat, config);
  const inject = (page: Page) => page.evaluate(`$.post('inject/in${count}')`);
  const rows = (sidebar: Locator) => sidebar.locator('.vivgrid-request:visible');
  const stateOf = (row: Locator, words: string | RegExp) =>
    row.locator('.vivgrid-request-state', { hasText: words }).waitFor();
  const textOf = async (element: Locator): Promise<string> => (await element.textContent()) ?? '';

  it('should be in the menu of sidebars, and go with the node', async () => {
    const page = await open(flow());
    const inMenu = page.locator('#menu-item-view-menu-vivgrid-requests');
    assert.equal(await inMenu.count(), 1);
    await openSidebar(page);
    await page.evaluate(`RED.nodes.getType('vivgrid-chat').onpaletteremove()`);
    assert.equal(await inMenu.count(), 0);
    await page.evaluate(`RED.nodes.getType('vivgrid-chat').onpaletteadd()`);
    assert.equal(await inMenu.count(), 1);
    const sidebar = await openSidebar(page);
    await inject(page);
    await stateOf(rows(sidebar), '3 + 2');
  });

  it('should show a stream while it comes, what it took, and what was said once it is opened', async () => {
    const page = await open(flow({ stream: true }, { priceInput: 1, priceOutput: 1 }));
    const sidebar = await openSidebar(page);
    await sidebar.getByText('No requests yet.').waitFor();
    const held = Promise.withResolvers<ServerResponse>();
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ content: 'All' }))}\n\n`);
      held.resolve(response);
    });
    await inject(page);
    await stateOf(rows(sidebar), 'receiving');
    (await held.promise).end(streamText(chunksOf([' is well']).slice(1)));
    await stateOf(rows(sidebar), /^[\d.]+ s, 3 \+ 1$/);
    assert.doesNotMatch(await page.content(), /All is well/, 'nothing of it before it is opened');
    const toggle = rows(sidebar).getByRole('button', { name: /Explain, / });
    assert.equal(await toggle.getAttribute('aria-expanded'), 'false');
    await toggle.press('Enter');
    const content = rows(sidebar).locator('.vivgrid-request-content');
    await content.getByText('All is well').waitFor();
    assert.equal(await toggle.getAttribute('aria-expanded'), 'true');
    assert.match(await textOf(content.locator('.vivgrid-request-about')), /^Local · managed · queued/);
    await content.getByText('messages: 2').click();
    await content.locator('.vivgrid-said-text', { hasText: 'Explain the alarm' }).waitFor();
    assert.doesNotMatch(await page.content(), new RegExp(TOKEN));
    assert.match(
      await textOf(sidebar.locator('.vivgrid-requests-today')),
      /^Today requests: \d+ · failed: \d+ · tokens: \d+/,
    );
  });

  it('should show a retry, a failure and tool calls', async () => {
    const busy = (response: ServerResponse) =>
      sendJson(response, { error: { message: 'Overloaded' } }, 503, { 'retry-after': '0' });
    const name = `light${count}`;
    const tool = toolFlow(`tool${count}`, name, 'msg.payload = "on"; return msg;') as FlowNode[];
    const placed = tool.map((node) => ({ ...node, z: `tab${count}`, x: 300, y: 200 }));
    const page = await open([...flow({ tools: [`tool${count}`] }, { maxRetries: 1 }), ...placed]);
    const sidebar = await openSidebar(page);
    server.answer(inTurn(busy, callReply(['a', name, '{"room":"hall"}']), completion('It is on.')));
    await inject(page);
    const row = rows(sidebar).first();
    await stateOf(row, 'tool calls: 1');
    await row.locator('.vivgrid-request-state').click();
    await row.getByText('✗ Service error (503)').waitFor();
    await row.getByText(`${name} {"room":"hall"} → on`).waitFor();
    await row.getByText('It is on.').waitFor();
    server.answer((response) => sendJson(response, { error: { message: 'Not you' } }, 401));
    await inject(page);
    await stateOf(rows(sidebar).first(), 'token refused');
    await rows(sidebar).first().locator('.vivgrid-request-state').click();
    await rows(sidebar).first().getByText('Access denied (401)').first().waitFor();
    assert.equal(await rows(sidebar).count(), 2);
    await sidebar.getByRole('button', { name: 'failures only' }).click();
    assert.equal(await rows(sidebar).count(), 1);
    await sidebar.getByRole('button', { name: 'failures only' }).click();
    const chart = sidebar.getByRole('img', { name: 'Tokens per hour in the last 24 hours' });
    assert.equal(await chart.locator('.vivgrid-chart-bar').count(), 24);
    assert.equal(await chart.locator('g').last().locator('.vivgrid-chart-failed').count(), 1);
  });

  it('should say who was asked first, when a fallback has answered', async () => {
    const down = await startRawServer((response) =>
      sendJson(response, { error: { message: 'Overloaded' } }, 503),
    );
    const main = { ...CONFIG_DEFAULTS, id: `main${count}`, type: 'vivgrid-config', name: 'Main' };
    const chat = { config: `main${count}`, fallback: `config${count}` };
    const page = await open([...flow(chat), { ...main, baseUrl: down.url, maxRetries: 0 }]);
    const sidebar = await openSidebar(page);
    await inject(page);
    const row = rows(sidebar).first();
    await stateOf(row, 'tries: 2');
    await row.locator('.vivgrid-request-state').click();
    await row.getByText('✗ Main Service error (503)').waitFor();
    assert.match(await textOf(row.locator('.vivgrid-request-about')), /^Local · /);
    await down.close();
  });

  it('should show the node of a subflow for the request of an instance', async () => {
    const nodes = flow().map((node) =>
      node.type === 'vivgrid-chat'
        ? { ...node, z: `subflow${count}`, x: 200, y: 60 }
        : node.type === 'inject'
          ? { ...node, wires: [[`instance${count}`]] }
          : node,
    );
    const page = await open([
      ...nodes,
      {
        id: `subflow${count}`,
        type: 'subflow',
        name: 'Ask',
        in: [{ x: 40, y: 60, wires: [{ id: `chat${count}` }] }],
        out: [],
      },
      {
        id: `instance${count}`,
        type: `subflow:subflow${count}`,
        z: `tab${count}`,
        x: 300,
        y: 100,
        wires: [],
      },
    ]);
    const sidebar = await openSidebar(page);
    await inject(page);
    await stateOf(rows(sidebar), '3 + 2');
    await sidebar.getByLabel('Shown requests').selectOption('flow');
    assert.equal(await rows(sidebar).count(), 1, 'is of the flow that the instance is in');
    await sidebar.getByLabel('Shown requests').selectOption('all');
    await rows(sidebar).getByRole('button', { name: 'Explain', exact: true }).click();
    assert.equal(await page.evaluate('RED.workspaces.active()'), `subflow${count}`);
  });

  it('should filter by flow and node, show the node, and open its message in the preview', async () => {
    const other = `other${count}`;
    const page = await open([...flow(), { id: other, type: 'tab', label: 'Other' }]);
    const sidebar = await openSidebar(page);
    await inject(page);
    await stateOf(rows(sidebar), '3 + 2');
    await page.evaluate(`RED.workspaces.show('${other}')`);
    await sidebar.getByLabel('Shown requests').selectOption('flow');
    await sidebar.getByText('No request fits the filter.').waitFor();
    await page.evaluate(`RED.workspaces.show('tab${count}')`);
    assert.equal(await rows(sidebar).count(), 1);
    await sidebar.getByLabel('Shown requests').selectOption('node');
    assert.equal(await rows(sidebar).count(), 0);
    await page.evaluate(`RED.view.select({ nodes: [RED.nodes.node('chat${count}')] })`);
    assert.equal(await rows(sidebar).count(), 1);
    await sidebar.getByLabel('Shown requests').selectOption('all');
    await page.evaluate(`RED.workspaces.show('${other}')`);
    await rows(sidebar).getByRole('button', { name: 'Explain', exact: true }).click();
    assert.equal(await page.evaluate('RED.workspaces.active()'), `tab${count}`);
    await rows(sidebar).locator('.vivgrid-request-state').click();
    await rows(sidebar).getByRole('button', { name: 'Open in preview' }).click();
    await page.locator('.vivgrid-preview').waitFor();
    const dialog = await openedTray(page);
    assert.equal(await dialog.getByLabel('Message', { exact: true }).inputValue(), 'example');
    await dialog.locator('.vivgrid-preview-body', { hasText: 'Explain the alarm' }).waitFor();
    await page.locator('#vivgrid-preview-close').click();
    await page.locator('#vivgrid-preview-close').waitFor({ state: 'detached' });
    await pressCancel(page);
  });

  it('should pause, go on, be cleared, and come back after a reload', async () => {
    const page = await open(flow());
    let sidebar = await openSidebar(page);
    await inject(page);
    await stateOf(rows(sidebar), '3 + 2');
    await sidebar.getByRole('button', { name: 'Pause' }).click();
    await inject(page);
    await sidebar.getByText('new since the pause: 1').waitFor();
    assert.equal(await rows(sidebar).count(), 1);
    await sidebar.getByRole('button', { name: 'Pause' }).click();
    assert.equal(await rows(sidebar).count(), 2);
    await page.reload();
    await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
    sidebar = await openSidebar(page);
    await stateOf(rows(sidebar).nth(1), '3 + 2');
    await sidebar.getByRole('button', { name: 'Clear' }).click();
    await sidebar.getByText('No requests yet.').waitFor();
  });

  it('should keep up with 200 messages, and keep the last 50', async () => {
    const nodes = flow().map((node) =>
      node.type === 'inject'
        ? {
            ...node,
            payload: JSON.stringify([...Array(200).keys()]),
            payloadType: 'json',
            wires: [[`split${count}`]],
          }
        : node,
    );
    const split = {
      id: `split${count}`,
      type: 'split',
      z: `tab${count}`,
      x: 200,
      y: 160,
      wires: [[`chat${count}`]],
    };
    const page = await open([
      ...nodes,
      { ...split, splt: '\\n', spltType: 'str', arraySplt: 1, arraySpltType: 'len' },
    ]);
    const sidebar = await openSidebar(page);
    await page.evaluate(`globalThis.updates = 0; RED.comms.subscribe('vivgrid/requests', () => updates++)`);
    const began = Date.now();
    await inject(page);
    await sidebar.locator('.vivgrid-requests-today', { hasText: /requests: [2-9]\d\d/ }).waitFor();
    await page.waitForFunction(`document.querySelectorAll('.vivgrid-request-finished').length === 50`);
    const updates = (await page.evaluate('updates')) as number;
    assert.ok(updates <= 4 * ((Date.now() - began) / 1000) + 2, `${updates} updates`);
    assert.equal(await rows(sidebar).count(), 50);
  });

  it('should show the rows alone to those who may only look', async () => {
    const settings = { adminAuth: { type: 'credentials', users: [], default: { permissions: 'read' } } };
    const flows = flowFor(server.url, '').map((node) =>
      node.type === 'inject' ? { ...node, once: true, onceDelay: '0' } : node,
    );
    const nodeRed = await startNodeRed({ nodeRed: bench.version.module, settings, flows });
    const editor = await openPage(bench.browser);
    try {
      await editor.load(nodeRed.url);
      await server.requests.count(1);
      const sidebar = await openSidebar(editor.page);
      await rows(sidebar).first().locator('.vivgrid-request-state').click();
      await sidebar.getByText('You may not see what was sent and received.').waitFor();
      assert.equal(await sidebar.getByRole('button', { name: 'Open in preview' }).count(), 0);
      await sidebar.getByRole('button', { name: 'Clear' }).click();
      await editor.page.getByText('You may not clear the requests.').waitFor();
      assert.equal(await rows(sidebar).count(), 1);
    } finally {
      await editor.close();
      await nodeRed.stop();
    }
  });
});
