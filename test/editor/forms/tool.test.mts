import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import {
  deploy,
  dragFromPalette,
  nodeProperty,
  openDialog,
  pressAtOnce,
  pressCancel,
  pressDone,
  reasonsShown,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const SCHEMA = {
  type: 'object',
  properties: {
    room: { type: 'string', description: 'Which room', enum: ['hall', 'attic'] },
    level: { type: 'integer' },
  },
  required: ['room'],
};

/** A tab with a tool node, `tool`, and the node that ends its flow. */
function flowWith(tool: object, more: FlowNode[] = []): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'House' },
    {
      id: 'tool',
      type: 'vivgrid-tool',
      z: 'tab',
      x: 200,
      y: 100,
      name: 'switch_light',
      wires: [['result']],
      ...tool,
    },
    { id: 'result', type: 'vivgrid-tool-result', z: 'tab', x: 500, y: 100, name: '', wires: [] },
    ...more,
  ];
}

describeInEditor('The forms of the tool nodes', ({ open, saved, version }) => {
  const row = (page: Page, index: number) =>
    page.locator('#vivgrid-tool-schema .vivgrid-schema-table li').nth(index);
  const problems = (page: Page) => page.locator('#vivgrid-tool-schema .vivgrid-problems');
  const textView = (page: Page) => page.getByRole('button', { name: 'JSON Schema' });
  const tableView = (page: Page) => page.getByRole('button', { name: 'Table' });

  async function writeSchema(page: Page, schema: string): Promise<void> {
    await page.locator('#vivgrid-tool-schema .vivgrid-schema-text .monaco-editor').click();
    await page.keyboard.press('Control+A');
    // A bracket that is typed over a selection would be put around it.
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(schema);
  }

  it('should be filled in, deployed and reopened exactly as they were left', async () => {
    const page = await open([{ id: 'tab', type: 'tab', label: 'House' }]);
    const id = await dragFromPalette(page, 'vivgrid-tool', { x: 200, y: 200 });
    const result = await dragFromPalette(page, 'vivgrid-tool-result', { x: 500, y: 200 });
    await openDialog(page, id);
    await page.getByLabel('Function').fill('switch_light');
    await page.getByRole('textbox', { name: 'Description' }).first().fill('Switches a light.\nOn or off.');
    await page.locator('.red-ui-editableList-addButton').click();
    await page.keyboard.type('room');
    await row(page, 0).getByLabel('Description').fill('Which room');
    await row(page, 0).getByLabel('Allowed values').fill('hall, attic');
    await page.locator('.red-ui-editableList-addButton').click();
    await page.keyboard.type('level');
    await row(page, 1).getByLabel('Type').selectOption('whole number');
    await row(page, 1).getByLabel('required').uncheck();
    await page.getByLabel('Timeout').fill('5');
    await pressDone(page);
    await openDialog(page, result);
    await page.locator('#node-input-name').fill('To the model');
    await pressDone(page);
    await deploy(page);

    const { schema, ...tool } = await saved(id);
    assert.deepEqual(tool, {
      id,
      type: 'vivgrid-tool',
      z: tool.z,
      name: 'switch_light',
      description: 'Switches a light.\nOn or off.',
      timeout: '5',
      approval: false,
      inputs: 0,
      outputs: 1,
      x: tool.x,
      y: tool.y,
      wires: [[]],
    });
    assert.deepEqual(JSON.parse(String(schema)), SCHEMA);
    assert.equal((await saved(result)).name, 'To the model');

    await page.reload();
    await openDialog(page, id);
    assert.equal(await row(page, 0).getByLabel('Name').inputValue(), 'room');
    assert.equal(await row(page, 0).getByLabel('Allowed values').inputValue(), 'hall, attic');
    assert.equal(await row(page, 1).getByLabel('Type').inputValue(), 'integer');
    assert.equal(await row(page, 1).getByLabel('required').isChecked(), false);
    await textView(page).click();
    await tableView(page).click();
    await pressDone(page);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false, 'looking at it changes nothing');
    assert.equal((await saved(id)).schema, schema);
  });

  it('should show one schema in both views', async () => {
    const page = await open(flowWith({ schema: '' }));
    await openDialog(page, 'tool');
    await textView(page).click();
    await writeSchema(page, JSON.stringify({ ...SCHEMA, additionalProperties: false }));
    await tableView(page).click();
    assert.equal(await row(page, 0).getByLabel('Description').inputValue(), 'Which room');
    assert.equal(await row(page, 1).getByLabel('required').isChecked(), false);
    await row(page, 1).getByLabel('Name').fill('brightness');
    await pressDone(page);
    assert.deepEqual(JSON.parse(String(await nodeProperty(page, 'tool', 'schema'))), {
      ...SCHEMA,
      properties: { room: SCHEMA.properties.room, brightness: { type: 'integer' } },
      additionalProperties: false,
    });
  });

  it('should keep the text view for a schema that the table can not show, and say why', async () => {
    const schema = '{ "type": "object", "properties": { "level": { "type": "integer", "minimum": 0 } } }';
    const page = await open(flowWith({ schema }));
    await openDialog(page, 'tool');
    const words = 'The table has no place for “minimum” (in level), so this schema is shown as text.';
    assert.equal((await problems(page).textContent())?.trim(), words);
    assert.equal(await textView(page).getAttribute('aria-pressed'), 'true');
    await tableView(page).click();
    assert.equal(await textView(page).getAttribute('aria-pressed'), 'true');
    assert.equal((await problems(page).textContent())?.trim(), words);
    await pressDone(page);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
    assert.equal(await nodeProperty(page, 'tool', 'valid'), true);
    assert.equal(await nodeProperty(page, 'tool', 'schema'), schema);
  });

  it('should explain what is wrong', async () => {
    const page = await open(flowWith({ name: '', schema: '{"type":' }));
    const errors = async () => String(await reasonsShown(page, 'tool'));
    assert.match(await errors(), /^the function has no name,the schema is not valid JSON: /);
    await openDialog(page, 'tool');
    assert.match((await problems(page).textContent()) ?? '', /the schema is not valid JSON/);
    await writeSchema(page, '[]');
    await problems(page).getByText('the schema must be a JSON object with "type": "object"').waitFor();
    await writeSchema(page, '');
    await problems(page).locator('.vivgrid-problem-error').waitFor({ state: 'detached' });
    await tableView(page).click();
    await page.locator('.red-ui-editableList-addButton').click();
    await row(page, 0).getByLabel('Description').fill('no name');
    await problems(page).getByText('a name is missing').waitFor();
    await row(page, 0).getByLabel('Name').fill('level');
    await row(page, 0).getByLabel('Type').selectOption('number');
    await row(page, 0).getByLabel('Allowed values').fill('1, two');
    await problems(page).getByText('level: the allowed values must be numbers').waitFor();
    await page.locator('.red-ui-editableList-addButton').click();
    await page.keyboard.type('level');
    await problems(page).getByText('level: listed twice').waitFor();
    await page.getByLabel('Function').fill('switch the light');
    await page.getByLabel('Timeout').fill('0');
    await pressDone(page);
    assert.match(await errors(), /a function's name has 1 to 64 letters/);
    assert.match(await errors(), /must be a number above 0/);
  });

  it('should say what a model does without a description, and offer a name that is allowed', async () => {
    const page = await open(flowWith({ description: '' }));
    await openDialog(page, 'tool');
    const hint = page.locator('#vivgrid-tool-description-problems .vivgrid-problem-hint');
    assert.match((await hint.textContent()) ?? '', /^Without a description/);
    await page.locator('#node-input-description').fill('Switches a light.');
    await hint.waitFor({ state: 'detached' });
    await page.getByLabel('Function').fill('Schalte das Öllicht!');
    await page.getByRole('button', { name: 'Use Schalte_das_Ollicht' }).click();
    assert.equal(await page.getByLabel('Function').inputValue(), 'Schalte_das_Ollicht');
    assert.equal(await page.locator('#vivgrid-tool-name-problems').textContent(), '');
    await pressCancel(page);
  });

  it('should turn an example into the schema of its parameters', async () => {
    const page = await open(flowWith({ schema: '' }));
    await openDialog(page, 'tool');
    await textView(page).click();
    await writeSchema(page, '{"room": "hall", "level": 3}');
    await problems(page).getByText('this is an example, not a JSON Schema').waitFor();
    await page.getByRole('button', { name: 'Make a schema of it' }).click();
    assert.equal(await row(page, 0).getByLabel('Name').inputValue(), 'room');
    assert.equal(await row(page, 1).getByLabel('Type').inputValue(), 'number');
    await pressCancel(page);
  });

  it('should say that another tool has the same name', async () => {
    const other = { id: 'other', type: 'vivgrid-tool', z: 'tab2', x: 200, y: 100, name: 'lamp', wires: [[]] };
    const page = await open(flowWith({}, [{ id: 'tab2', type: 'tab', label: 'Garden' }, other]));
    await openDialog(page, 'tool');
    const hint = page.locator('#vivgrid-tool-name-problems');
    assert.equal(await hint.textContent(), '');
    await page.getByLabel('Function').fill('lamp');
    assert.match((await hint.textContent()) ?? '', /A tool in “Garden” also has this name/);
    await pressCancel(page);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
  });

  it('should leave an unfinished schema in the saved property when it is cancelled', async () => {
    const page = await open(flowWith({ schema: JSON.stringify(SCHEMA) }));
    await openDialog(page, 'tool');
    await row(page, 0).getByLabel('Name').fill('place');
    await row(page, 1).getByLabel('Delete parameter').click();
    await pressCancel(page);
    assert.equal(await nodeProperty(page, 'tool', 'schema'), JSON.stringify(SCHEMA));
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
  });

  it('should have an input and a second output while it asks a person first', async () => {
    const page = await open(flowWith({}));
    const ports = async () => ({
      inputs: await page.locator('#tool .red-ui-flow-port-input').count(),
      outputs: await page.locator('#tool .red-ui-flow-port-output').count(),
    });
    const saves = async () => {
      await deploy(page);
      const { approval, inputs, outputs, wires } = await saved('tool');
      return { approval, inputs, outputs, wires };
    };
    assert.deepEqual(await ports(), { inputs: 0, outputs: 1 });
    await openDialog(page, 'tool');
    await page.getByLabel('Ask a person first').check();
    await pressDone(page);
    assert.deepEqual(await ports(), { inputs: 1, outputs: 2 });
    assert.deepEqual(await saves(), { approval: true, inputs: 1, outputs: 2, wires: [['result'], []] });
    const label = (index: number) =>
      page.evaluate(
        `RED.nodes.node('tool')._def.outputLabels.call(RED.nodes.node('tool'), ${JSON.stringify(index)})`,
      );
    assert.deepEqual([await label(0), await label(1)], ['call', 'question']);
    await openDialog(page, 'tool');
    await page.getByLabel('Ask a person first').uncheck();
    await pressDone(page);
    assert.deepEqual(await ports(), { inputs: 0, outputs: 1 });
    assert.deepEqual(await saves(), { approval: false, inputs: 0, outputs: 1, wires: [['result']] });
  });

  describe('while a deleted row still fades out', () => {
    const DELETE = '#vivgrid-tool-schema .vivgrid-schema-table .red-ui-editableList-item-remove:last';

    it('should be saved without the row', async () => {
      const page = await open(flowWith({ schema: JSON.stringify(SCHEMA) }));
      await openDialog(page, 'tool');
      await pressAtOnce(page, DELETE, '#node-dialog-ok');
      const { level: _level, ...properties } = SCHEMA.properties;
      assert.deepEqual(JSON.parse(String(await nodeProperty(page, 'tool', 'schema'))), {
        ...SCHEMA,
        properties,
      });
    });

    it('should be cancelled', async () => {
      const page = await open(flowWith({ schema: JSON.stringify(SCHEMA) }));
      await openDialog(page, 'tool');
      await pressAtOnce(page, DELETE, '#node-dialog-cancel');
      assert.equal(await nodeProperty(page, 'tool', 'schema'), JSON.stringify(SCHEMA));
      assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
    });

    it('should show the schema without the row', async () => {
      const page = await open(flowWith({ schema: JSON.stringify(SCHEMA) }));
      await openDialog(page, 'tool');
      await pressAtOnce(page, DELETE, '#vivgrid-tool-schema .vivgrid-show-text', '#node-dialog-ok');
      assert.doesNotMatch(String(await nodeProperty(page, 'tool', 'schema')), /level/);
    });
  });

  it('should have help, port labels and names in the palette', async () => {
    const page = await open(flowWith({}));
    for (const [type, name] of [
      ['vivgrid-tool', /^\s*vivgrid\s+tool\s*$/],
      ['vivgrid-tool-result', /^\s*tool\s+result\s*$/],
    ] as const) {
      const node = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
      assert.match((await node.textContent()) ?? '', name);
      assert.match(String(await page.evaluate(`RED.nodes.getNodeHelp(${JSON.stringify(type)})`)), /model/);
    }
    assert.equal(
      await page.evaluate("RED.nodes.node('tool')._def.outputLabels.call(RED.nodes.node('tool'), 0)"),
      'call',
    );
  });

  for (const theme of version.themes) {
    it(`should be readable in the ${theme} theme`, async () => {
      const page = await open(flowWith({ schema: JSON.stringify(SCHEMA) }), { theme });
      const tray = await openDialog(page, 'tool');
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/tool-${version.name}-${theme}.png` });
      assert.ok(await tray.getByLabel('Allowed values').first().isVisible());
      await textView(page).click();
      await page.locator('#vivgrid-tool-schema .vivgrid-schema-text .monaco-editor').waitFor();
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/tool-text-${version.name}-${theme}.png` });
    });
  }
});
