import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { chatNode } from '../../support/chat-node.mts';
import { nodeProperty, openDialog, pressCancel, pressDone } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const flowWith = (chat: object): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'Flow' },
  { id: 'config', type: 'vivgrid-config', baseUrl: 'http://127.0.0.1:9/v1' },
  chatNode(chat),
];

describeInEditor('The tabs of the chat node’s form', ({ open }) => {
  const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });
  const names = async (page: Page): Promise<string[]> => {
    const tabs = page.locator('#vivgrid-chat-tabs a.red-ui-tab-label');
    return tabs.evaluateAll((links) =>
      links.map((link) => link.getAttribute('aria-label') ?? link.textContent?.trim() ?? ''),
    );
  };

  it('should say how many mistakes there are on each', async () => {
    const page = await open(
      flowWith({
        messages: [{ role: 'user', type: 'mustache', content: '{{#items}}' }],
        attachments: [{ value: 'a..b', type: 'msg' }],
        parameters: [{ name: 'temperature', value: '3', type: 'num' }],
        rounds: 0,
        output: 'a..b',
        memory: true,
        conversation: 'a..b',
        turns: -1,
      }),
    );
    await openDialog(page, 'chat');
    await tab(page, 'Prompt: 2 mistakes').waitFor();
    assert.deepEqual(await names(page), [
      'Prompt: 2 mistakes',
      'Parameters: 1 mistake',
      'Tools: 1 mistake',
      'Reply: 1 mistake',
      'Conversation: 2 mistakes',
    ]);
    assert.equal(
      (await tab(page, 'Prompt: 2 mistakes').textContent())?.replace(/\s+/g, ' ').trim(),
      'Prompt 2',
    );
    await pressCancel(page);
  });

  it('should follow what is typed, added, deleted and ticked', async () => {
    const page = await open(flowWith({ rounds: 0 }));
    await openDialog(page, 'chat');
    await tab(page, 'Tools: 1 mistake').click();
    await page.getByLabel('Max. rounds').fill('8');
    await tab(page, 'Tools').waitFor();

    await tab(page, 'Prompt').click();
    await page.locator('.vivgrid-message .vivgrid-text-editor').last().click();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText(' {{#items}}');
    await tab(page, 'Prompt: 1 mistake').waitFor();
    await page.getByRole('button', { name: 'Duplicate' }).last().click();
    await tab(page, 'Prompt: 2 mistakes').waitFor();
    await page.getByLabel('Delete message').last().click();
    await tab(page, 'Prompt: 1 mistake').waitFor();

    await tab(page, 'Conversation').click();
    await page.getByLabel('Remember the conversation').check();
    await page.getByRole('textbox', { name: 'Stored in' }).fill('a..b');
    await tab(page, 'Conversation: 1 mistake').waitFor();
    await page.getByLabel('Remember the conversation').uncheck();
    await tab(page, 'Conversation').waitFor();
    await pressDone(page);
    assert.equal(((await nodeProperty(page, 'chat', 'validationErrors')) as string[]).length, 1);
  });
});
