import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { chatNode } from '../../support/chat-node.mts';
import {
  nodeProperty,
  openDialog,
  openedTray,
  pressCancel,
  pressDone,
  writeInLargeEditor,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const SCHEMA = '{"type": "object", "properties": {"city": {"type": "string"}}}';

const FLOW: FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'Flow' },
  { id: 'config', type: 'vivgrid-config', name: 'Vivgrid', baseUrl: 'http://127.0.0.1:9/v1' },
  chatNode({
    model: 'story-1',
    format: 'json_schema',
    schema: SCHEMA,
    messages: [{ role: 'user', type: 'mustache', content: '{{payload}}' }],
  }),
];

const PARAGRAPH = 'A sentence about the sensors of a small factory that goes on. '.repeat(6).trim();

const flowWith = (content: string): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'Flow' },
  { id: 'config', type: 'vivgrid-config', name: 'Vivgrid', baseUrl: 'http://127.0.0.1:9/v1' },
  chatNode({ messages: [{ role: 'user', type: 'mustache', content }] }),
];

for (const codeEditor of ['monaco', 'ace', 'basic'] as const)
  describeInEditor(
    `The forms with the code editor "${codeEditor}"`,
    ({ open }) => {
      describe('the editor of a prompt', () => {
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
      });

      // What most have, and all other tests of the forms use.
      if (codeEditor === 'monaco') return;
      const prompt = (page: Page) => page.locator('.vivgrid-message .vivgrid-text-editor');
      const schema = (page: Page) => page.locator('#vivgrid-chat-schema-editor .vivgrid-text-editor');
      const problem = (page: Page) => page.locator('#vivgrid-chat-schema-editor .vivgrid-problems');

      // Ace shows lines, and the basic editor is a textarea.
      const shownText = `(() => {
        const body = document.querySelector('.vivgrid-preview-body');
        return body.querySelector('.ace_content')?.innerText ?? body.querySelector('textarea').value;
      })()`;

      async function write(page: Page, editor: Locator, text: string): Promise<void> {
        await editor.click();
        await page.keyboard.press('Control+A');
        await page.keyboard.insertText(text);
      }

      it('should edit a prompt, which the Tab key leaves', async () => {
        const page = await open(FLOW);
        await openDialog(page, 'chat');
        await prompt(page).click();
        await page.keyboard.press('Control+A');
        await page.keyboard.type('Say "yes" to {{topic}}.');
        await page.keyboard.press('Tab');
        assert.equal(await prompt(page).locator(':focus').count(), 0, 'Tab leaves it');
        assert.equal(await prompt(page).locator('.ace_gutter:visible').count(), 0, 'no line numbers');
        assert.equal(await prompt(page).getByRole('textbox', { name: 'Content' }).count(), 1);
        await pressDone(page);
        assert.deepEqual(await nodeProperty(page, 'chat', 'messages'), [
          { role: 'user', type: 'mustache', content: 'Say "yes" to {{topic}}.' },
        ]);
      });

      it('should check and keep a schema as it is typed', async () => {
        const page = await open(FLOW);
        await openDialog(page, 'chat');
        await page.getByRole('tab', { name: 'Reply' }).click();
        await page.getByRole('button', { name: 'JSON Schema' }).click();
        await write(page, schema(page), '{"type": "objekt"}');
        await problem(page).getByText('type').waitFor();
        await page.keyboard.press('Control+A');
        await page.keyboard.insertText('{"type": "object"}');
        await problem(page).getByText('type').waitFor({ state: 'hidden' });
        // Closes the dialog and leaves the focus where it is.
        await page.evaluate("$('#node-dialog-ok').trigger('click')");
        await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
        assert.equal(await nodeProperty(page, 'chat', 'schema'), '{"type": "object"}');
      });

      it('should keep a schema that was written in the large editor', async () => {
        const page = await open(FLOW);
        await openDialog(page, 'chat');
        await page.getByRole('tab', { name: 'Reply' }).click();
        await page.getByRole('button', { name: 'JSON Schema' }).click();
        await writeInLargeEditor(
          page,
          page.locator('#vivgrid-chat-schema-editor .vivgrid-expand-schema'),
          'true',
        );
        await pressDone(page);
        assert.equal(await nodeProperty(page, 'chat', 'schema'), 'true');
      });

      it('should preview an example while it is typed', async () => {
        const page = await open(FLOW);
        await openDialog(page, 'chat');
        await page.locator('#vivgrid-chat-preview').click();
        const preview = await openedTray(page);
        await preview.getByRole('button', { name: 'JSON' }).click();
        await write(
          page,
          preview.locator('.vivgrid-preview-example .vivgrid-text-editor'),
          '{"payload": 7531}',
        );
        await page.waitForFunction(`${shownText}.includes('7531')`);
        const request = await page.evaluate(shownText);
        await page.keyboard.type(' ');
        assert.equal(
          await preview.locator('.vivgrid-preview-example :focus').count(),
          1,
          'has kept the focus',
        );
        await preview.locator('.vivgrid-preview-body .vivgrid-text-editor').click();
        await page.keyboard.type('no');
        assert.equal(await page.evaluate(shownText), request, 'is there to be read');
        await page.locator('#vivgrid-preview-close').click();
        await page.locator('#vivgrid-preview-close').waitFor({ state: 'detached' });
        await pressDone(page);
      });
    },
    { codeEditor },
  );
