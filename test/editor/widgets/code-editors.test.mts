import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { chatNode } from '../../support/chat-node.mts';
import {
  nodeProperty,
  openDialog,
  openedTray,
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

// Monaco, which most have, is what all other tests of the forms use.
for (const codeEditor of ['ace', 'basic'] as const)
  describeInEditor(
    `The forms with the code editor "${codeEditor}"`,
    ({ open }) => {
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
    codeEditor,
  );
