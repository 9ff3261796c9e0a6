// What the Conversation tab says of stored conversations, and how they are forgotten there.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { chatNode } from '../../support/chat-node.mts';
import { openDialog, pressCancel } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../../support/raw-server.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

describeInEditor('The stored conversations', ({ open }) => {
  let server: RawServer;
  before(async () => {
    server = await startRawServer((response) => sendJson(response, completion('Fine.')));
  });
  after(() => server.close());

  function flowWith(chat: object): FlowNode[] {
    const inject = (topic: string, y: number): FlowNode => ({
      id: `in-${topic}`,
      type: 'inject',
      z: 'tab',
      x: 100,
      y,
      props: [{ p: 'payload' }, { p: 'topic', vt: 'str' }],
      topic,
      payload: 'Hi',
      payloadType: 'str',
      wires: [['chat']],
    });
    return [
      { id: 'tab', type: 'tab', label: 'Flow' },
      { id: 'config', type: 'vivgrid-config', baseUrl: server.url, credentials: { token: 'a-token' } },
      inject('a', 60),
      inject('b', 160),
      chatNode({ x: 300, memory: true, wires: [['out']], ...chat }),
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

  async function openTab(page: Page): Promise<void> {
    await openDialog(page, 'chat');
    await page.getByRole('tab', { name: 'Conversation' }).click();
  }

  const stored = (page: Page) => page.locator('#vivgrid-chat-stored');
  const forget = (page: Page) => page.locator('#vivgrid-chat-forget');

  it('should be counted with the time of the last one, and be forgotten after a question', async () => {
    const page = await open(flowWith({ conversation: 'chats.{{topic}}' }));
    for (const topic of ['a', 'b']) await page.evaluate(`$.post('inject/in-${topic}')`);
    await page
      .locator('.red-ui-debug-msg-payload', { hasText: 'Fine.' })
      .nth(1)
      .waitFor({ state: 'attached' });
    await openTab(page);
    await stored(page)
      .filter({ hasText: /^2 conversations, last changed .*\d:\d\d/ })
      .waitFor();
    await forget(page).click();
    const question = page.locator('.red-ui-notification', {
      hasText: 'Delete all conversations of this node?',
    });
    await question.getByRole('button', { name: 'Cancel' }).click();
    assert.match((await stored(page).textContent()) ?? '', /^2 conversations/);
    await forget(page).click();
    await question.last().getByRole('button', { name: 'Forget all' }).click();
    await stored(page).filter({ hasText: 'no conversations' }).waitFor();
    assert.equal(await forget(page).isVisible(), false);
    await pressCancel(page);
  });

  it('should say where they cannot be told apart', async () => {
    const page = await open(flowWith({ conversation: 'chat_{{topic}}' }));
    await openTab(page);
    await stored(page)
      .filter({ hasText: "This property doesn't tell which conversations are this node's." })
      .waitFor();
    assert.equal(await forget(page).isVisible(), false);
    await pressCancel(page);
  });

  it('should say that the node is to be deployed with its memory first', async () => {
    const page = await open(flowWith({ memory: false }));
    await openTab(page);
    await page.getByLabel('Remember the conversation').check();
    await stored(page).filter({ hasText: 'Shown once this node is deployed with its memory.' }).waitFor();
    await pressCancel(page);
  });

  it('should not be told inside a subflow', async () => {
    const page = await open([
      { id: 'sub', type: 'subflow', name: 'Sub', in: [], out: [] },
      { id: 'tab', type: 'tab', label: 'Flow' },
      { id: 'config', type: 'vivgrid-config', baseUrl: server.url, credentials: { token: 'a-token' } },
      chatNode({ z: 'sub', memory: true }),
    ]);
    await page.evaluate(`RED.workspaces.show('sub')`);
    await openTab(page);
    await stored(page).filter({ hasText: "This can't be told inside a subflow." }).waitFor();
    await pressCancel(page);
  });
});
