import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { CHAT_DEFAULTS } from '../../../nodes/lib/common/settings.ts';
import { deploy, nodeProperty, openDialog, pressDone, reasonsShown } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const CONFIG: FlowNode = { id: 'config', type: 'vivgrid-config', baseUrl: 'http://127.0.0.1:9/v1' };

const tool = (id: string, z: string, name: string, fields: object = {}): FlowNode => ({
  id,
  type: 'vivgrid-tool',
  z,
  x: 200,
  y: 200,
  name,
  description: `What ${name} does`,
  schema: '',
  timeout: 60,
  wires: [[]],
  ...fields,
});

const debug = (id: string, y: number): FlowNode => ({
  id,
  type: 'debug',
  z: 'house',
  x: 600,
  y,
  wires: [],
  name: id,
});

/** Two tabs with tools, and the chat node `chat` in the first. */
function flowWith(chat: object, more: FlowNode[] = []): FlowNode[] {
  return [
    { id: 'house', type: 'tab', label: 'House' },
    { id: 'garden', type: 'tab', label: 'Garden' },
    CONFIG,
    {
      ...CHAT_DEFAULTS,
      id: 'chat',
      type: 'vivgrid-chat',
      z: 'house',
      x: 300,
      y: 100,
      config: 'config',
      wires: [[]],
      ...chat,
    },
    tool('light', 'house', 'switch_light', { y: 300 }),
    tool('water', 'garden', 'water_plants'),
    ...more,
  ];
}

describeInEditor('The tools tab of the chat node', ({ open, saved, version }) => {
  async function openTools(page: Page): Promise<void> {
    await openDialog(page, 'chat');
    await page.getByRole('tab', { name: 'Tools' }).click();
  }

  const rows = (page: Page) => page.locator('.vivgrid-offered-tool');
  const box = (page: Page, name: string) => page.getByRole('checkbox', { name });
  /** Waits until the editor has looked at the chat node again. */
  const reasonsOnceInvalid = async (page: Page) => {
    await page.waitForFunction("RED.nodes.node('chat').valid === false");
    return reasonsShown(page, 'chat');
  };
  const valid = (page: Page) => page.waitForFunction("RED.nodes.node('chat').valid === true");
  const wires = (page: Page) =>
    page.evaluate(
      "RED.nodes.getNodeLinks('chat', 0).map((link) => [link.sourcePort, link.target.id]).sort().join(' ')",
    );
  const portLabels = (page: Page) =>
    page.evaluate(`
      const node = RED.nodes.node('chat');
      Array.from({ length: node.outputs }, (_, port) => node._def.outputLabels.call(node, port));
    `);

  it('should offer the tools of all flows, and save those that are chosen', async () => {
    const page = await open(flowWith({}));
    await openTools(page);
    assert.deepEqual(
      (await rows(page).allTextContents()).map((text) => text.trim()),
      ['switch_lightHouseWhat switch_light does', 'water_plantsGardenWhat water_plants does'],
    );
    await box(page, 'switch_light').check();
    await page.getByLabel('Max. rounds').fill('3');
    await pressDone(page);
    await deploy(page);
    const chat = await saved('chat');
    assert.deepEqual(chat.tools, ['light']);
    assert.equal(chat.rounds, '3');
    assert.equal(chat.outputs, 1);

    await page.reload();
    await openTools(page);
    assert.equal(await box(page, 'switch_light').isChecked(), true);
    assert.equal(await box(page, 'water_plants').isChecked(), false);
    await pressDone(page);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false, 'looking at it changes nothing');
  });

  it('should open a tool after saving the form', async () => {
    const page = await open(flowWith({}));
    await openTools(page);
    await box(page, 'water_plants').check();
    await page.getByRole('button', { name: 'Save this form and edit water_plants' }).click();
    const name = page.getByLabel('Function', { exact: true });
    await name.waitFor();
    assert.equal(await name.inputValue(), 'water_plants');
    assert.deepEqual(await nodeProperty(page, 'chat', 'tools'), ['water']);
  });

  it('should keep the order of the saved tools when nothing is changed', async () => {
    const page = await open(flowWith({ tools: ['light', 'water'] }));
    await openTools(page);
    await pressDone(page);
    assert.deepEqual(await nodeProperty(page, 'chat', 'tools'), ['light', 'water']);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
  });

  it('should say how to make a tool when there is none', async () => {
    const page = await open(flowWith({}).filter(({ type }) => type !== 'vivgrid-tool'));
    await openTools(page);
    assert.match(
      (await page.locator('#node-input-tools-list').textContent()) ?? '',
      /There are no tools in the flows yet/,
    );
  });

  it('should notice a tool that is deleted, explain it, and forget it when the reason is gone', async () => {
    const page = await open(flowWith({ tools: ['light', 'water'] }));
    assert.equal(await nodeProperty(page, 'chat', 'valid'), true);
    await page.locator('[id="light"] .red-ui-flow-node').click();
    await page.keyboard.press('Delete');
    assert.deepEqual(await reasonsOnceInvalid(page), ['A chosen tool is gone: it was deleted (id light)']);
    await page.keyboard.press('Control+Z');
    await valid(page);
    await page.keyboard.press('Control+Y');
    await reasonsOnceInvalid(page);

    await openTools(page);
    const gone = rows(page).first();
    assert.match((await gone.textContent()) ?? '', /A chosen tool is gone/);
    await gone.locator('input').uncheck();
    await pressDone(page);
    await valid(page);
    assert.deepEqual(await nodeProperty(page, 'chat', 'tools'), ['water']);
  });

  it('should notice a tool that is renamed: to a name that is taken, and to none', async () => {
    const page = await open(
      flowWith({ tools: ['light', 'lamp'] }, [tool('lamp', 'house', 'lamp', { y: 400 })]),
    );
    const rename = async (name: string) => {
      await openDialog(page, 'lamp');
      await page.getByLabel('Function').fill(name);
      await pressDone(page);
    };
    await rename('switch_light');
    assert.deepEqual(await reasonsOnceInvalid(page), ['two chosen tools are named switch_light']);
    await rename('switch_lamp');
    await valid(page);
    await rename('');
    assert.deepEqual(await reasonsOnceInvalid(page), ['the tool vivgrid tool is not properly configured']);
  });

  it('should notice tools of another flow that are disabled', async () => {
    const disabled = flowWith({ tools: ['light', 'water'] }).map((node) => {
      if (node.id === 'garden') return { ...node, disabled: true };
      return node.id === 'light' ? { ...node, d: true } : node;
    });
    const page = await open(disabled);
    assert.deepEqual(await reasonsOnceInvalid(page), [
      'the tool switch_light is disabled',
      'the tool water_plants is disabled',
    ]);
  });

  it('should take tools of its own subflow, and those of one that is used once', async () => {
    const subflow = (count: number): FlowNode[] => [
      { id: 'sf', type: 'subflow', name: 'Room', in: [], out: [] },
      tool('inner', 'sf', 'inner_tool'),
      { ...(flowWith({})[3] as FlowNode), id: 'inner-chat', z: 'sf', tools: ['inner'] },
      ...Array.from({ length: count }, (_, index) => ({
        id: `instance${index}`,
        type: 'subflow:sf',
        z: 'house',
        x: 600,
        y: 300 + 60 * index,
        wires: [],
      })),
    ];
    let page = await open(flowWith({ tools: ['inner'] }, subflow(1)));
    await valid(page);
    page = await open(flowWith({ tools: ['inner'] }, subflow(2)));
    assert.deepEqual(await reasonsOnceInvalid(page), [
      'the tool inner_tool is in the subflow Room, which is used 2 times: it is ambiguous which instance is meant',
    ]);
    assert.equal(await nodeProperty(page, 'inner-chat', 'valid'), true);
  });

  it('should have an output for activity, and keep the wires with what comes out', async () => {
    const page = await open(
      flowWith({ stream: true, activity: true, outputs: 2, wires: [['first'], ['second']] }, [
        debug('first', 100),
        debug('second', 200),
      ]),
    );
    assert.deepEqual(await portLabels(page), ['reply chunks', 'tool calls']);
    await openTools(page);
    await pressDone(page);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);

    // Another output comes in between.
    await page.evaluate("RED.nodes.node('chat').whole = true; RED.nodes.node('chat').outputs = 3;");
    await page.evaluate(
      "RED.nodes.getNodeLinks('chat', 0).find((link) => link.sourcePort === 1).sourcePort = 2",
    );
    assert.deepEqual(await portLabels(page), ['reply chunks', 'complete reply', 'tool calls']);
    await openDialog(page, 'chat');
    await page.getByRole('tab', { name: 'Reply' }).click();
    await page.getByLabel('Stream the reply').uncheck();
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'outputs'), 2);
    assert.equal(await wires(page), '0,first 1,second');
    assert.deepEqual(await portLabels(page), ['reply', 'tool calls']);
    await page.keyboard.press('Control+Z');
    assert.equal(await nodeProperty(page, 'chat', 'outputs'), 3);
    assert.equal(await wires(page), '0,first 2,second');
    await page.keyboard.press('Control+Y');

    await openTools(page);
    await page.getByLabel('Add an output that reports each tool call').uncheck();
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'outputs'), 1);
    assert.equal(await wires(page), '0,first');
    await openTools(page);
    await page.getByLabel('Add an output that reports each tool call').check();
    await pressDone(page);
    await deploy(page);
    const chat = await saved('chat');
    assert.equal(chat.outputs, 2);
    assert.equal(chat.activity, true);
    assert.deepEqual(chat.wires, [['first'], []]);
  });

  it('should set the outputs right where they were written by hand', async () => {
    const page = await open(flowWith({ activity: true, outputs: 1 }));
    await openTools(page);
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'outputs'), 2);
  });

  it('should follow tools that are imported with it under new ids', async () => {
    const page = await open(flowWith({ tools: ['light'] }));
    const imported = (await page.evaluate(`
      const nodes = RED.nodes.createExportableNodeSet([RED.nodes.node('chat'), RED.nodes.node('light')]);
      const [first] = RED.nodes.import(nodes, { generateIds: true }).nodes.filter(({ type }) => type === 'vivgrid-chat');
      [first.tools, first.id];
    `)) as [string[], string];
    assert.notDeepEqual(imported[0], ['light']);
    assert.equal(await nodeProperty(page, imported[0][0] as string, 'type'), 'vivgrid-tool');
  });

  for (const theme of version.themes) {
    it(`should be readable in the ${theme} theme`, async () => {
      const page = await open(
        flowWith({ tools: ['light', 'lamp', 'old'], activity: true, outputs: 2 }, [
          tool('lamp', 'garden', 'switch_light'),
        ]),
        { theme },
      );
      await openTools(page);
      assert.ok(await rows(page).first().isVisible());
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/tab-${version.name}-${theme}.png` });
    });
  }
});
