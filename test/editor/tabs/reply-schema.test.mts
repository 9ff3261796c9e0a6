import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { chatNode } from '../../support/chat-node.mts';
import {
  nodeProperty,
  openDialog,
  pressCancel,
  pressDone,
  reasonsShown,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const flowWith = (chat: object): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'Flow' },
  { id: 'config', type: 'vivgrid-config', baseUrl: 'http://127.0.0.1:9/v1' },
  chatNode(chat),
];

describeInEditor('The schema of a reply', ({ open }) => {
  const form = (page: Page) => page.locator('#vivgrid-chat-schema-editor');
  const row = (page: Page, index: number) => form(page).locator('.vivgrid-schema-table li').nth(index);
  const problems = (page: Page) => form(page).locator('.vivgrid-problems');
  const view = (page: Page, name: 'Table' | 'JSON Schema') => form(page).getByRole('button', { name });
  const schema = async (page: Page) => JSON.parse(String(await nodeProperty(page, 'chat', 'schema')));

  async function openReply(page: Page): Promise<void> {
    await openDialog(page, 'chat');
    await page.getByRole('tab', { name: 'Reply' }).click();
  }

  async function write(page: Page, text: string): Promise<void> {
    await form(page).locator('.monaco-editor').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
  }

  it('should be made as a table, of which no other fields are allowed', async () => {
    const page = await open(flowWith({}));
    await openReply(page);
    await page.getByLabel('Format', { exact: true }).selectOption('json_schema');
    await row(page, 0).getByLabel('Name').fill('severity');
    await row(page, 0).getByLabel('Allowed values').fill('low, high');
    await form(page).locator('.red-ui-editableList-addButton').click();
    await page.keyboard.type('reason');
    await row(page, 1).getByLabel('Description').fill('One sentence');
    await row(page, 1).getByLabel('required').uncheck();
    assert.equal(await page.getByLabel('Schema name').isVisible(), false, 'hardly anybody minds its name');
    await pressDone(page);
    assert.deepEqual(await schema(page), {
      type: 'object',
      properties: {
        severity: { type: 'string', enum: ['low', 'high'] },
        reason: { type: 'string', description: 'One sentence' },
      },
      required: ['severity'],
      additionalProperties: false,
    });
    assert.equal(await nodeProperty(page, 'chat', 'valid'), true);
  });

  it('should be missed where there is none', async () => {
    const page = await open(flowWith({ format: 'json_schema', schema: '' }));
    await openReply(page);
    await problems(page).getByText('schema missing').waitFor();
    await form(page).locator('.red-ui-editableList-addButton').click();
    await page.keyboard.type('answer');
    await problems(page).getByText('schema missing').waitFor({ state: 'detached' });
    await pressDone(page);
    assert.equal((await schema(page)).additionalProperties, false);
  });

  it('should be the same in both views', async () => {
    const page = await open(
      flowWith({ format: 'json_schema', schema: '{"type":"object","properties":{"ok":{"type":"boolean"}}}' }),
    );
    await openReply(page);
    assert.equal(await row(page, 0).getByLabel('Name').inputValue(), 'ok');
    await view(page, 'JSON Schema').click();
    assert.equal(await page.getByLabel('Schema name').isVisible(), true);
    await write(page, '{"type":"object","properties":{"level":{"type":"integer"}}}');
    await view(page, 'Table').click();
    assert.equal(await row(page, 0).getByLabel('Type').inputValue(), 'integer');
    await row(page, 0).getByLabel('Name').fill('');
    await row(page, 0).getByLabel('Description').fill('How loud');
    await problems(page).getByText('a name is missing').waitFor();
    await pressCancel(page);
  });

  it('should stay as it is, to the letter, when nobody touches it', async () => {
    const saved = '{"type":"object",\n"properties":{"ok":{"type":"boolean"}}}';
    const page = await open(flowWith({ format: 'json_schema', schema: saved, schemaName: 'mine' }));
    await openReply(page);
    assert.equal(await page.getByLabel('Schema name').inputValue(), 'mine');
    assert.equal(await page.getByLabel('Schema name').isVisible(), true, 'a name of one’s own');
    await view(page, 'JSON Schema').click();
    await view(page, 'Table').click();
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'schema'), saved);
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
  });

  it('should be shown as text where the table can not show it, with the reason', async () => {
    const nested = '{"type":"object","properties":{"at":{"type":"object"}}}';
    const page = await open(flowWith({ format: 'json_schema', schema: nested }));
    await openReply(page);
    assert.equal(
      (await problems(page).textContent())?.trim(),
      'The table has no place for “"object"” (in at), so this schema is shown as text.',
    );
    assert.equal(await view(page, 'JSON Schema').getAttribute('aria-pressed'), 'true');
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'valid'), true);
  });

  it('should not be an example in silence, and be made of one', async () => {
    const example = '{"severity": "low, medium or high", "tags": ["a"], "level": 3}';
    const page = await open(flowWith({ format: 'json_schema', schema: example }));
    assert.deepEqual(await reasonsShown(page, 'chat'), [
      'JSON Schema: this is an example, not a JSON Schema',
    ]);
    await openReply(page);
    await page.getByRole('tab', { name: 'Reply: 1 mistake', exact: true }).waitFor();
    await form(page).getByRole('button', { name: 'Make a schema of it' }).click();
    assert.equal(await row(page, 0).getByLabel('Name').inputValue(), 'severity');
    assert.equal(await row(page, 1).getByLabel('Type').inputValue(), 'string[]');
    assert.equal(await row(page, 2).getByLabel('Type').inputValue(), 'number');
    await page.getByRole('tab', { name: 'Reply', exact: true }).waitFor();
    await pressDone(page);
    assert.deepEqual((await schema(page)).required, ['severity', 'tags', 'level']);
    assert.equal(await nodeProperty(page, 'chat', 'valid'), true);
  });

  it('should be made of an example with more in it, as text', async () => {
    const page = await open(flowWith({ format: 'json_schema', schema: '{}' }));
    await openReply(page);
    await write(page, '[{"at": {"room": "hall"}}]');
    await form(page).getByRole('button', { name: 'Make a schema of it' }).click();
    await problems(page).locator('.vivgrid-problem-error').waitFor({ state: 'detached' });
    assert.equal(await view(page, 'JSON Schema').getAttribute('aria-pressed'), 'true');
    await pressDone(page);
    assert.equal((await schema(page)).items.properties.at.properties.room.type, 'string');
  });
});
