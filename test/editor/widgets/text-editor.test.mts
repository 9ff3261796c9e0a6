import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { chatNode } from '../../support/chat-node.mts';
import { openDialog, pressCancel } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const PARAGRAPH = 'A sentence about the sensors of a small factory that goes on. '.repeat(6).trim();

const flowWith = (content: string): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'Flow' },
  { id: 'config', type: 'vivgrid-config', name: 'Vivgrid', baseUrl: 'http://127.0.0.1:9/v1' },
  chatNode({ messages: [{ role: 'user', type: 'mustache', content }] }),
];

for (const codeEditor of ['monaco', 'ace', 'basic'] as const)
  describeInEditor(
    `The editor of a prompt (${codeEditor})`,
    ({ open }) => {
      const editor = (page: Page) => page.locator('.vivgrid-message .vivgrid-text-editor');
      const height = (page: Page) => editor(page).evaluate((element) => element.clientHeight);
      const heightIs = (page: Page, condition: string) =>
        page.waitForFunction(
          `(() => { const height = document.querySelector('.vivgrid-message .vivgrid-text-editor').clientHeight; return ${condition}; })()`,
        );

      it('should open as tall as its text, wrapped lines included', async () => {
        const page = await open(flowWith(PARAGRAPH));
        await openDialog(page, 'chat');
        await heightIs(page, 'height > 75');
        assert.ok((await height(page)) < 200, 'no taller than it needs to be');
        await pressCancel(page);
      });

      it('should grow while it is written in, up to 14 lines, and shrink again', async () => {
        const page = await open(flowWith('{{payload}}'));
        await openDialog(page, 'chat');
        const short = await height(page);
        await editor(page).click();
        await page.keyboard.press('Control+A');
        await page.keyboard.insertText('line\n'.repeat(7));
        await heightIs(page, `height > ${short} + 60`);
        const middle = await height(page);
        await page.keyboard.insertText('line\n'.repeat(20));
        await heightIs(page, `height > ${middle} + 60`);
        assert.ok((await height(page)) <= 14 * 19 + 10);
        await page.keyboard.press('Control+A');
        await page.keyboard.press('Delete');
        await heightIs(page, `height === ${short}`);
        await pressCancel(page);
      });

      it('should keep the height that it was dragged to', async () => {
        const page = await open(flowWith('{{payload}}'));
        await openDialog(page, 'chat');
        const box = await editor(page).boundingBox();
        assert.ok(box);
        await page.mouse.move(box.x + box.width - 4, box.y + box.height - 4);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width - 4, box.y + box.height + 56, { steps: 4 });
        await page.mouse.up();
        const dragged = await height(page);
        assert.ok(dragged > box.height + 30, `${dragged}`);
        await editor(page).click();
        await page.keyboard.insertText('line\n'.repeat(12));
        // In the second frame, the editor would have grown.
        await page.evaluate(
          'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
        );
        assert.equal(await height(page), dragged);
        await pressCancel(page);
      });

      it('should have a red edge while something in it is wrong, and show the reason', async () => {
        const page = await open(flowWith(`${PARAGRAPH}\n{{payload}}`));
        await openDialog(page, 'chat');
        await editor(page).click();
        await page.keyboard.press('Control+End');
        await page.keyboard.insertText(' {{#items}}');
        const reason = page.locator('.vivgrid-message .vivgrid-problem-error');
        await reason.waitFor();
        assert.equal(
          await editor(page).evaluate((element) => element.classList.contains('vivgrid-wrong')),
          true,
        );
        const isInView = await reason.evaluate((element) => {
          const list = element.closest('.red-ui-editableList-container');
          return element.getBoundingClientRect().bottom <= (list?.getBoundingClientRect().bottom ?? 0) + 1;
        });
        assert.equal(isInView, true);
        // A textarea has no marks.
        await editor(page)
          .locator('.squiggly-error, .vivgrid-mark-error, textarea.red-ui-editor-text-basic')
          .first()
          .waitFor();
        await page.keyboard.insertText('{{/items}}');
        await reason.waitFor({ state: 'detached' });
        assert.equal(
          await editor(page).evaluate((element) => element.classList.contains('vivgrid-wrong')),
          false,
        );
        await pressCancel(page);
      });
    },
    codeEditor,
  );
