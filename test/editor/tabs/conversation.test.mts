import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { TOOL_DEFAULTS } from '../../../nodes/lib/common/settings.ts';
import { chatNode } from '../../support/chat-node.mts';
import { nodeProperty, openDialog, pressDone, reasonsShown } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

function flowWith(chat: object, more: FlowNode[] = []): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Flow' },
    { id: 'config', type: 'vivgrid-config', baseUrl: 'http://127.0.0.1:9/v1' },
    chatNode(chat),
    ...more,
  ];
}

describeInEditor('The conversation tab of the chat node', ({ open }) => {
  async function openTab(page: Page, id = 'chat'): Promise<void> {
    await openDialog(page, id);
    await page.getByRole('tab', { name: 'Conversation' }).click();
  }

  const memory = (page: Page) => page.getByLabel('Remember the conversation');
  const tip = (page: Page) => page.locator('#vivgrid-chat-mode-tip');
  const modes = (page: Page) =>
    page
      .locator('#node-input-mode option:not([hidden])')
      .evaluateAll((options) =>
        options.map((option) => `${(option as HTMLOptionElement).value}: ${option.textContent}`),
      );

  const SINGLE = 'single: ignore the new one';
  const RESTART = 'restart: stop the running answer, then answer the new one';

  it('should offer to answer at the same time only where that can be', async () => {
    const page = await open(flowWith({}));
    await openTab(page);
    const all = [
      'parallel: answer both at the same time',
      'queued: answer one after the other',
      RESTART,
      SINGLE,
    ];
    assert.deepEqual(await modes(page), all);
    assert.equal(await tip(page).isVisible(), false);

    await memory(page).check();
    assert.deepEqual(await modes(page), ['parallel: answer one after the other', RESTART, SINGLE]);
    assert.equal(await tip(page).isVisible(), true);

    await memory(page).uncheck();
    assert.deepEqual(await modes(page), all);
    assert.equal(await tip(page).isVisible(), false);
  });

  it('should keep any saved mode with a memory', async () => {
    const modesSaved = ['queued', 'restart', 'single'];
    const others = modesSaved.map((mode, index) =>
      chatNode({ id: mode, y: 160 + index * 60, memory: true, mode }),
    );
    const page = await open(flowWith({ memory: true }, others));
    for (const id of ['chat', ...modesSaved]) {
      const mode = id === 'chat' ? 'parallel' : id;
      await openTab(page, id);
      assert.equal(await page.locator('#node-input-mode').inputValue(), mode);
      const inOrder = mode === 'queued' ? 'queued' : 'parallel';
      assert.deepEqual(await modes(page), [`${inOrder}: answer one after the other`, RESTART, SINGLE]);
      await pressDone(page);
      assert.equal(await nodeProperty(page, id, 'mode'), mode);
    }
    assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
  });

  it('should say that all share a conversation, as long as they do', async () => {
    const page = await open(flowWith({ memory: true }));
    await openTab(page);
    const shared = page.getByText('All messages share this one conversation.');
    assert.equal(await shared.isVisible(), true);
    assert.equal(await page.getByText('Lost when Node-RED restarts').isVisible(), true);
    await page.getByRole('textbox', { name: 'Stored in' }).fill('chats.{{topic}}');
    await shared.waitFor({ state: 'hidden' });
    await pressDone(page);
  });

  it('should name the number that is out of its range', async () => {
    const tool = {
      ...TOOL_DEFAULTS,
      id: 'tool',
      type: 'vivgrid-tool',
      z: 'tab',
      x: 200,
      y: 200,
      wires: [[]],
    };
    const page = await open(
      flowWith({ rounds: 0, memory: true, turns: -1 }, [{ ...tool, name: 'lamp', timeout: 0 }]),
    );
    assert.deepEqual(await reasonsShown(page, 'chat'), [
      'Keep last: must be a whole number, 0 or more',
      'Max. rounds: must be a whole number from 1 to 1000',
    ]);
    assert.deepEqual(await reasonsShown(page, 'tool'), ['Timeout: must be a number above 0']);
  });
});
