import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { CHAT_DEFAULTS, type ChatSettings } from '../../../nodes/lib/common/settings.ts';
import {
  chooseOption,
  chooseType,
  deploy,
  nodeProperty,
  openDialog,
  pressAtOnce,
  pressCancel,
  pressDone,
  reasonsShown,
  writeInLargeEditor,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const CHAT: ChatSettings = { ...CHAT_DEFAULTS, config: 'config' };

/** A tab with a config node and chat nodes, by their ids. */
function flowWith(chats: Record<string, object>): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Flow' },
    { id: 'config', type: 'vivgrid-config', name: 'Vivgrid', baseUrl: 'http://127.0.0.1:9/v1' },
    ...Object.entries(chats).map(([id, chat], index) => ({
      type: 'vivgrid-chat',
      z: 'tab',
      x: 200,
      y: 60 + 60 * index,
      wires: [],
      ...chat,
      id,
    })),
  ];
}

describeInEditor('The fields for replies, attachments and conversations', ({ open, saved }) => {
  const goTo = (page: Page, tab: string) => page.getByRole('tab', { name: tab }).click();
  const attachment = (page: Page, index: number) =>
    page.locator('#node-input-attachments-container > li').nth(index);
  const attachmentField = (page: Page, index: number) =>
    attachment(page, index).getByRole('textbox', { name: 'Attachment' });
  const conversation = (page: Page) => page.getByRole('textbox', { name: 'Stored in' });
  const schemaProblem = (page: Page) => page.locator('#vivgrid-chat-schema-editor .vivgrid-problems');

  /** Like a person, who lets the editor close brackets. */
  async function writeSchema(page: Page, text: string): Promise<void> {
    await page.getByRole('button', { name: 'JSON Schema' }).click();
    await page.locator('#vivgrid-chat-schema-editor .monaco-editor').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.type(text);
  }

  it('should be filled in, deployed and reopened exactly as they were left', async () => {
    const page = await open(flowWith({ chat: CHAT }));
    await openDialog(page, 'chat');
    await page.getByRole('button', { name: 'attachment' }).click();
    await attachmentField(page, 0).fill('image');
    await page.getByRole('button', { name: 'attachment' }).click();
    await attachmentField(page, 1).fill('https://example.com/map.png');
    await chooseType(attachment(page, 1), 'string');
    await page.getByRole('button', { name: 'attachment' }).click();
    assert.equal(await attachmentField(page, 2).inputValue(), 'payload', 'where a picture mostly is');
    await attachmentField(page, 2).fill('');
    assert.equal(await attachment(page, 2).locator('.input-error').count(), 0, 'a blank one is fine');
    // The address goes first, from the keyboard; the row that stays blank is dropped.
    await attachment(page, 1).getByRole('button', { name: /^Move/ }).press('ArrowUp');

    await goTo(page, 'Reply');
    await page.getByLabel('Format', { exact: true }).selectOption('JSON matching a schema');
    await writeSchema(page, '{"type": "array"}');
    await page.getByLabel('Schema name').fill('table');
    await page.getByLabel('Stream the reply').press('Space');
    await page.getByLabel('Chunks', { exact: true }).selectOption('sentences');
    await page.getByLabel('Interval').fill('250.5');
    await page.getByLabel("Also stream the model's reasoning").check();
    await page.getByLabel('Also send the complete reply').check();

    await goTo(page, 'Conversation');
    await page.getByLabel('Remember the conversation').check();
    await conversation(page).fill('chats.{{topic}}');
    await chooseType(page.locator('#vivgrid-chat-conversation-row'), 'global.');
    await chooseOption(page.locator('#vivgrid-chat-conversation-row'), 'disk');
    await page.getByLabel('Keep last', { exact: true }).fill('0');
    await pressDone(page);
    assert.deepEqual(await nodeProperty(page, 'chat', 'validationErrors'), []);
    await deploy(page);

    const { id: _id, type: _type, x: _x, y: _y, z: _z, wires, ...chat } = await saved('chat');
    assert.deepEqual(chat, {
      ...CHAT,
      attachments: [
        { value: 'https://example.com/map.png', type: 'str' },
        { value: 'image', type: 'msg' },
      ],
      format: 'json_schema',
      schema: '{"type": "array"}',
      schemaName: 'table',
      stream: true,
      chunks: 'sentence',
      interval: '250.5',
      reasoning: true,
      whole: true,
      memory: true,
      conversation: '#:(disk)::chats.{{topic}}',
      conversationType: 'global',
      turns: '0',
      outputs: 2,
    });
    assert.deepEqual(wires, [[], []]);

    await openDialog(page, 'chat');
    const url = attachment(page, 0).getByRole('textbox', { name: 'Attachment' });
    assert.equal(await url.inputValue(), 'https://example.com/map.png');
    await goTo(page, 'Reply');
    assert.equal(await page.getByLabel('Format', { exact: true }).inputValue(), 'json_schema');
    assert.match(
      (await page.locator('#vivgrid-chat-schema-editor .view-lines').textContent()) ?? '',
      /"array"/,
    );
    assert.equal(await page.getByLabel('Schema name').inputValue(), 'table');
    assert.equal(await page.getByLabel('Chunks', { exact: true }).inputValue(), 'sentence');
    assert.equal(await page.getByLabel('Interval').inputValue(), '250.5');
    assert.equal(await page.getByLabel("Also stream the model's reasoning").isChecked(), true);
    assert.equal(await page.getByLabel('Also send the complete reply').isChecked(), true);
    await goTo(page, 'Conversation');
    assert.equal(await page.getByLabel('Remember the conversation').isChecked(), true);
    assert.equal(await conversation(page).inputValue(), 'chats.{{topic}}');
    assert.match(
      (await page.locator('#vivgrid-chat-conversation-row .red-ui-typedInput-container').textContent()) ?? '',
      /global\..*disk/,
    );
    assert.equal(await page.getByLabel('Keep last', { exact: true }).inputValue(), '0');
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'changed'), false);
  });

  it('should be saved without rows that still fade out', async () => {
    const rows = {
      attachments: [{ value: 'image', type: 'msg' }],
      parameters: [{ name: 'n', value: '1', type: 'num' }],
    };
    const page = await open(flowWith({ chat: { ...CHAT, ...rows } }));
    for (const close of ['#node-dialog-cancel', '#node-dialog-ok']) {
      await openDialog(page, 'chat');
      await pressAtOnce(page, '.red-ui-editableList-item-remove', close);
      assert.equal(await nodeProperty(page, 'chat', 'changed'), close === '#node-dialog-ok', close);
    }
    for (const list of ['messages', 'attachments', 'parameters']) {
      assert.deepEqual(await nodeProperty(page, 'chat', list), [], list);
    }
  });

  it('should show only the fields that apply', async () => {
    const page = await open(flowWith({ chat: CHAT }));
    await openDialog(page, 'chat');
    await goTo(page, 'Reply');
    const schema = page.locator('#vivgrid-chat-schema-editor .vivgrid-schema-table');
    const streaming = ['Chunks', 'Interval', "Also stream the model's reasoning"].map((name) =>
      page.getByLabel(name, { exact: true }),
    );
    for (const field of [
      page.getByLabel('Schema name'),
      page.locator('#vivgrid-chat-schema-editor'),
      ...streaming,
    ]) {
      assert.equal(await field.isVisible(), false);
    }
    await page.getByLabel('Format', { exact: true }).selectOption('JSON');
    assert.equal(await page.getByLabel('Schema name').isVisible(), false);
    await page.getByLabel('Format', { exact: true }).selectOption('JSON matching a schema');
    await schema.waitFor();
    await page.getByLabel('Format', { exact: true }).selectOption('text');
    await schema.waitFor({ state: 'hidden' });
    await page.getByLabel('Stream the reply').check();
    for (const field of streaming) await field.waitFor();
    const tips = page.locator('#vivgrid-chat-stream-fields .vivgrid-field-tip:visible');
    await tips.getByText('puts the reply together again').waitFor();
    await page.getByLabel('Chunks', { exact: true }).selectOption('growing');
    await tips.getByText('Each message has the full text so far.').waitFor();
    assert.equal(await tips.count(), 1);
    await page.getByLabel('Stream the reply').uncheck();
    for (const field of streaming) await field.waitFor({ state: 'hidden' });

    await goTo(page, 'Conversation');
    assert.equal(await conversation(page).isVisible(), false);
    await page.getByLabel('Remember the conversation').check();
    await conversation(page).waitFor();
    await page.getByLabel('Keep last', { exact: true }).waitFor();
    await page.getByLabel('When a message arrives').waitFor();
    await pressCancel(page);
  });

  it('should offer a schema to start from, and edit it in the large editor', async () => {
    const page = await open(flowWith({ chat: CHAT }));
    await openDialog(page, 'chat');
    await goTo(page, 'Reply');
    await page.getByLabel('Format', { exact: true }).selectOption('JSON matching a schema');
    assert.equal(await schemaProblem(page).textContent(), '');
    await page.getByRole('button', { name: 'JSON Schema' }).click();
    // No brackets or quotes: which of them Node-RED's editor closes by itself depends on what it has loaded.
    await writeInLargeEditor(
      page,
      page.locator('#vivgrid-chat-schema-editor .vivgrid-expand-schema'),
      'true',
    );
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'schema'), 'true');
    assert.equal(await page.evaluate('monaco.editor.getModels().length'), 0, 'no editor is left behind');
  });

  describe('when nothing was edited', () => {
    const CHATS: Record<string, object> = {
      everything: {
        ...CHAT,
        attachments: [
          { type: 'jsonata', value: 'images\n.data', later: 1 },
          { value: '#:(disk)::map', type: 'flow' },
        ],
        format: 'json_schema',
        schema: '{\r\n\t"type": "object" }\n',
        schemaName: '',
        stream: true,
        chunks: 'line',
        interval: 100,
        reasoning: true,
        whole: true,
        memory: true,
        conversation: '#:(disk)::chats["{{topic}}"]',
        conversationType: 'global',
        turns: 5,
        activity: true,
        outputs: 3,
      },
      'fields that do not apply': { ...CHAT, schema: 'no JSON', whole: true, turns: 'x', interval: '-1' },
      'a store that is not there': { ...CHAT, memory: true, conversation: '#:(gone)::chats' },
      'the default store by its name': { ...CHAT, memory: true, conversation: '#:(default)::chats' },
      'attachments that lack properties': { ...CHAT, attachments: [{ value: 'image' }] },
      'only what the first version saved': { name: 'old', config: 'config' },
    };
    it('should mark nothing changed', async () => {
      const page = await open(flowWith(CHATS));
      for (const what of Object.keys(CHATS)) {
        await openDialog(page, what);
        for (const tab of ['Reply', 'Conversation', 'Prompt']) await goTo(page, tab);
        await pressDone(page);
        assert.equal(await nodeProperty(page, what, 'changed'), false, what);
        assert.deepEqual(await nodeProperty(page, what, 'validationErrors'), [], what);
      }
      assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
    });
  });

  it('should keep wires and labels with the outputs that they are for', async () => {
    const page = await open([
      ...flowWith({
        chat: {
          ...CHAT,
          activity: true,
          outputs: 2,
          outputLabels: ['', 'what tools do'],
          wires: [['a'], ['b']],
        },
      }),
      { id: 'a', type: 'junction', z: 'tab', x: 500, y: 40, wires: [] },
      { id: 'b', type: 'junction', z: 'tab', x: 500, y: 80, wires: [] },
    ]);
    const chatWires = async () => (await saved('chat')).wires;
    const labels = () =>
      page.evaluate(
        "[0, 1, 2].map((i) => RED.nodes.node('chat')._def.outputLabels.call(RED.nodes.node('chat'), i))",
      );
    await openDialog(page, 'chat');
    await goTo(page, 'Reply');
    await page.getByLabel('Stream the reply').check();
    await page.getByLabel('Also send the complete reply').check();
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'outputs'), 3);
    assert.deepEqual(await labels(), ['reply chunks', 'complete reply', 'tool calls']);
    const [, , own] = (await nodeProperty(page, 'chat', 'outputLabels')) as string[];
    assert.equal(own, 'what tools do');
    await deploy(page);
    assert.deepEqual(await chatWires(), [['a'], [], ['b']]);

    await openDialog(page, 'chat');
    await goTo(page, 'Reply');
    await page.getByLabel('Stream the reply').uncheck();
    await pressDone(page);
    assert.deepEqual(await labels(), ['reply', 'tool calls', undefined]);
    await deploy(page);
    assert.deepEqual(await chatWires(), [['a'], ['b']]);
    assert.equal((await saved('chat')).whole, true, 'a field that is hidden keeps its value');

    await page.locator('#red-ui-workspace-chart').click({ position: { x: 700, y: 400 } });
    await page.keyboard.press('Control+z');
    assert.equal(await nodeProperty(page, 'chat', 'outputs'), 3);
    await deploy(page);
    assert.deepEqual(await chatWires(), [['a'], [], ['b']]);
  });

  describe('explain what is wrong', () => {
    const SCHEMAS: [schema: string, reason: RegExp][] = [
      ['', /^schema missing$/],
      ['{"type": ', /JSON/],
      ['[]', /^must be a JSON object$/],
      ['{"severity": "low or high"}', /^this is an example, not a JSON Schema/],
      ['{"properties": {"a": {"type": "text"}}}', /^\/properties\/a\/type: must be string, number/],
      ['{"required": "a"}', /^\/required: must be an array of strings$/],
    ];
    it('in a schema', async () => {
      const page = await open(flowWith({ chat: { ...CHAT, format: 'json_schema', schema: '{}' } }));
      await openDialog(page, 'chat');
      await goTo(page, 'Reply');
      for (const [schema, reason] of SCHEMAS) {
        await writeSchema(page, schema || ' ');
        await schemaProblem(page).locator('div').waitFor();
        assert.match((await schemaProblem(page).textContent()) ?? '', reason, schema);
        await writeSchema(page, '{}');
        await schemaProblem(page).locator('div').waitFor({ state: 'detached' });
      }
      await pressCancel(page);
    });

    const CONVERSATIONS: [conversation: string, reason: RegExp][] = [
      ['', /zero-length/],
      ['a..b', /unexpected \. at position 2/],
      ['chats.{{topic', /a tag is opened by \{\{ and not closed by }}/],
      ['chats.{{> topic}}', /partials/],
      ['chats.{{msg.topic}}', /use \{\{topic}}$/],
    ];
    it('in the property of a conversation', async () => {
      const page = await open(flowWith({ chat: { ...CHAT, memory: true } }));
      await openDialog(page, 'chat');
      await goTo(page, 'Conversation');
      const problem = page.locator('#vivgrid-chat-conversation-problems').getByRole('status');
      for (const [path, reason] of CONVERSATIONS) {
        await conversation(page).fill(path);
        await problem.locator('div').waitFor();
        assert.match((await problem.textContent()) ?? '', reason, path);
      }
      const fine = ['chats.{{topic}}', '{{topic}}', 'chats["{{{a.b}}}"].{{& c}}', 'a{{#b}}.{{b}}{{/b}}'];
      for (const path of fine) {
        await conversation(page).fill(path);
        await conversation(page).blur();
        await problem.locator('div').waitFor({ state: 'detached' });
        const isRed = await page.locator('#vivgrid-chat-conversation-row .input-error').count();
        assert.equal(isRed, 0, path);
      }
      await pressCancel(page);
    });

    it('in an attachment', async () => {
      const page = await open(
        flowWith({ chat: { ...CHAT, attachments: [{ value: 'map.png', type: 'str' }] } }),
      );
      await openDialog(page, 'chat');
      const problem = attachment(page, 0).getByRole('status');
      assert.match((await problem.textContent()) ?? '', /^must be an http\(s\) address or a data URL/);
      const input = attachment(page, 0).getByRole('textbox', { name: 'Attachment' });
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable as Node-RED writes it
      for (const value of ['data:image/png;base64,AAAA', 'http://127.0.0.1/a.png', '${PICTURE}']) {
        await input.fill(value);
        await problem.locator('div').waitFor({ state: 'detached' });
      }
      await pressCancel(page);
    });

    const NUMBERS: [tab: string, property: string, value: string, reason: string][] = [
      ['Reply', 'interval', '-1', 'Interval: must be a number, 0 or more'],
      ['Reply', 'interval', 'often', 'Interval: must be a number, 0 or more'],
      ['Conversation', 'turns', '-1', 'Keep last: must be a whole number, 0 or more'],
      ['Conversation', 'turns', '1.5', 'Keep last: must be a whole number, 0 or more'],
      ['Reply', 'schemaName', 'a table', 'the name of the schema must be at most 64 letters, digits, _ or -'],
    ];
    it('in numbers and names', async () => {
      const page = await open(
        flowWith({ chat: { ...CHAT, stream: true, memory: true, format: 'json_schema', schema: '{}' } }),
      );
      await openDialog(page, 'chat');
      for (const [tab, property, value, reason] of NUMBERS) {
        await goTo(page, tab);
        const input = page.locator(`#node-input-${property}`);
        const before = await input.inputValue();
        await input.fill(value);
        await page.keyboard.press('Tab');
        await page.locator('.red-ui-tray-header').hover();
        await input.hover();
        await page.locator('.red-ui-popover').getByText(reason, { exact: true }).waitFor();
        await input.fill(before);
        await page.keyboard.press('Tab');
        await page
          .locator('.red-ui-popover')
          .getByText(reason, { exact: true })
          .waitFor({ state: 'detached' });
        assert.equal(await page.locator('.input-error').count(), 0);
      }
      await pressCancel(page);
    });

    it('on the node itself, as long as it applies', async () => {
      const wrong = {
        ...CHAT,
        attachments: [
          { value: 'image', type: 'msg' },
          { value: 'a..b', type: 'msg' },
        ],
        format: 'json_schema',
        stream: true,
        interval: -1,
        memory: true,
        conversation: '',
        turns: 0.5,
      };
      const page = await open(flowWith({ chat: wrong }));
      assert.deepEqual(await reasonsShown(page, 'chat'), [
        'Attachment 2: Invalid property expression: unexpected . at position 2',
        'JSON Schema: schema missing',
        'Interval: must be a number, 0 or more',
        'Stored in: Invalid property expression: zero-length',
        'Keep last: must be a whole number, 0 or more',
      ]);
      await openDialog(page, 'chat');
      await page.getByLabel('Delete attachment').nth(1).click();
      await goTo(page, 'Reply');
      await page.getByLabel('Format', { exact: true }).selectOption('text');
      await page.getByLabel('Stream the reply').uncheck();
      await goTo(page, 'Conversation');
      await page.getByLabel('Remember the conversation').uncheck();
      await pressDone(page);
      assert.deepEqual(await nodeProperty(page, 'chat', 'validationErrors'), []);
    });
  });
});
