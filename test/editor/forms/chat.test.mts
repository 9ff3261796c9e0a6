import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { CHAT_DEFAULTS, type ChatSettings } from '../../../nodes/lib/common/settings.ts';
import {
  deploy,
  dragFromPalette,
  nodeIds,
  nodeProperty,
  openDialog,
  openedTray,
  pressCancel,
  pressConfigDone,
  pressDone,
  reasonsShown,
  screenshotDialog,
  writeInLargeEditor,
} from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const DOCS = join(import.meta.dirname, '../../../docs');

const CHAT: ChatSettings = { ...CHAT_DEFAULTS, config: 'config' };

/** A tab with a config node and one chat node, `chat`. */
function flowWith(chat: object, config: object = {}): FlowNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'Flow' },
    {
      id: 'config',
      type: 'vivgrid-config',
      name: 'Vivgrid',
      baseUrl: 'https://api.vivgrid.com/v1',
      ...config,
    },
    { id: 'chat', type: 'vivgrid-chat', z: 'tab', x: 300, y: 100, wires: [[]], config: 'config', ...chat },
  ];
}

describeInEditor('The form of the chat node', (bench) => {
  const { open, saved } = bench;

  const message = (page: Page, index: number) => page.locator('.vivgrid-message').nth(index);
  const parameter = (page: Page, index: number) =>
    page.locator('#node-input-parameters-container > li').nth(index);
  // Of the tab's own list: attachments come below it.
  const addButton = (page: Page) => page.locator('.red-ui-editableList-addButton:visible').first();
  const goTo = (page: Page, tab: string) => page.getByRole('tab', { name: tab }).click();

  async function write(page: Page, index: number, text: string): Promise<void> {
    await message(page, index).locator('.monaco-editor').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(text);
  }

  async function addParameter(page: Page, index: number, name: string, value?: string): Promise<void> {
    await addButton(page).click();
    await page.keyboard.type(name);
    await page.keyboard.press('Tab');
    if (value !== undefined) {
      await parameter(page, index).locator('.red-ui-typedInput-input').fill(value);
    }
  }

  it('should be offered in the palette', async () => {
    const page = await open([{ id: 'tab', type: 'tab', label: 'Flow' }]);
    const node = page.locator('.red-ui-palette-node[data-palette-type="vivgrid-chat"]');
    assert.match((await node.textContent()) ?? '', /^\s*vivgrid\s+chat\s*$/);
    assert.deepEqual(await page.evaluate("RED.nodes.getType('vivgrid-config').category"), 'config');
  });

  it('should be filled in, deployed and reopened exactly as it was left', async () => {
    const page = await open([{ id: 'tab', type: 'tab', label: 'Flow' }]);
    const id = await dragFromPalette(page, 'vivgrid-chat', { x: 300, y: 200 });
    await openDialog(page, id);

    await page.locator('#node-input-name').fill('Storyteller');
    await page.locator('#node-input-btn-config-add').click();
    await openedTray(page);
    await page.getByLabel('Base URL').fill('http://127.0.0.1:9/v1');
    await page.getByLabel('Token').fill('secret-token-5678');
    await pressConfigDone(page);
    await page.getByRole('textbox', { name: 'Model' }).fill('gpt-5');

    await message(page, 0).getByLabel('Role').selectOption('developer');
    await write(page, 0, 'You tell stories.\nShort ones.');
    await write(page, 1, 'Tell me one about {{topic}}.');
    await addButton(page).click();
    await message(page, 2).getByLabel('Role').selectOption('history');
    await message(page, 2).locator('.red-ui-typedInput-input').fill('earlier');
    // The history moves up between the two others, from the keyboard.
    await page.getByRole('button', { name: /^Move/ }).nth(2).focus();
    await page.keyboard.press('ArrowUp');

    await goTo(page, 'Parameters');
    await addParameter(page, 0, 'temperature', '0');
    await addParameter(page, 1, 'reasoning_effort', 'xhigh');
    await addParameter(page, 2, 'made_up', '7');

    await goTo(page, 'Reply');
    await page.getByRole('textbox', { name: 'Property' }).fill('reply.text');
    await page.getByLabel('Stream the reply').check();
    await goTo(page, 'Conversation');
    await page.getByLabel('When a message arrives').selectOption('queued');
    await pressDone(page);
    await deploy(page);

    const { x: _x, y: _y, z: _z, wires: _wires, id: _id, config, ...chat } = await saved(id);
    const { config: _default, ...defaults } = CHAT_DEFAULTS;
    assert.deepEqual(chat, {
      ...defaults,
      type: 'vivgrid-chat',
      name: 'Storyteller',
      model: 'gpt-5',
      modelType: 'str',
      messages: [
        { role: 'developer', type: 'mustache', content: 'You tell stories.\nShort ones.' },
        { role: 'history', type: 'msg', content: 'earlier' },
        { role: 'user', type: 'mustache', content: 'Tell me one about {{topic}}.' },
      ],
      parameters: [
        { name: 'temperature', value: '0', type: 'num' },
        { name: 'reasoning_effort', value: 'xhigh', type: 'str' },
        { name: 'made_up', value: '7', type: 'num' },
      ],
      output: 'reply.text',
      stream: true,
      mode: 'queued',
    });

    await openDialog(page, id);
    assert.equal(await page.locator('#node-input-name').inputValue(), 'Storyteller');
    assert.equal(await message(page, 0).getByLabel('Role').inputValue(), 'developer');
    assert.equal(await message(page, 1).locator('.red-ui-typedInput-input').inputValue(), 'earlier');
    assert.match((await message(page, 2).locator('.view-lines').textContent()) ?? '', /Tell.me.one.about/);
    await goTo(page, 'Parameters');
    assert.equal(await parameter(page, 0).locator('.red-ui-typedInput-input').inputValue(), '0');
    await goTo(page, 'Reply');
    assert.equal(await page.getByLabel('Stream the reply').isChecked(), true);
    await pressDone(page);
    assert.equal(await nodeProperty(page, id, 'changed'), false);

    const exported = await page.evaluate(
      `JSON.stringify(RED.nodes.createExportableNodeSet([RED.nodes.node('${id}')]))`,
    );
    assert.match(String(exported), /127\.0\.0\.1:9/, 'the config node comes along');
    assert.doesNotMatch(String(exported), /secret-token/);
    assert.doesNotMatch(JSON.stringify(await bench.nodeRed.flows()), /secret-token/);
    assert.equal((await saved(String(config))).type, 'vivgrid-config');
  });

  it('should take the only config that is in reach when it is new', async () => {
    const page = await open([
      ...flowWith(CHAT),
      { id: 'other', type: 'tab', label: 'Other' },
      { id: 'of-other', type: 'vivgrid-config', z: 'other', baseUrl: 'http://127.0.0.1:9/v1' },
    ]);
    const id = await dragFromPalette(page, 'vivgrid-chat', { x: 300, y: 300 });
    assert.equal(await nodeProperty(page, id, 'config'), 'config');
    await page.waitForFunction(`RED.nodes.node('${id}').valid === true`);
    await openDialog(page, id);
    assert.equal(await page.locator('#node-input-config').inputValue(), 'config');
    await pressCancel(page);
  });

  it('should leave the choice where two configs are in reach', async () => {
    const page = await open([
      ...flowWith({ ...CHAT, config: '' }),
      { id: 'second', type: 'vivgrid-config', baseUrl: 'http://127.0.0.1:9/v1' },
    ]);
    const id = await dragFromPalette(page, 'vivgrid-chat', { x: 300, y: 300 });
    assert.equal(await nodeProperty(page, id, 'config'), '');
    await openDialog(page, 'chat');
    await pressDone(page);
    assert.equal(await nodeProperty(page, 'chat', 'config'), '');
  });

  it('should offer parameters that are often used as long as there are none', async () => {
    const page = await open(flowWith(CHAT));
    await openDialog(page, 'chat');
    await goTo(page, 'Parameters');
    const often = page.locator('#vivgrid-chat-parameters-often');
    await often.getByText('max_completion_tokens').click();
    await page.keyboard.type('200');
    assert.equal(await often.isVisible(), false);
    await pressDone(page);
    assert.deepEqual(await nodeProperty(page, 'chat', 'parameters'), [
      { name: 'max_completion_tokens', value: '200', type: 'num' },
    ]);
  });

  it('should say what a history is, and not mark one that is blank', async () => {
    const page = await open(flowWith(CHAT));
    await openDialog(page, 'chat');
    await message(page, 1).getByLabel('Role').selectOption('history');
    await message(page, 1).getByText('[{role, content}, …]').waitFor();
    assert.equal(await message(page, 1).locator('.input-error').count(), 0);
    await pressCancel(page);
  });

  it('should be usable with the keyboard alone', async () => {
    const page = await open(flowWith(CHAT));
    await openDialog(page, 'chat');
    await page.getByRole('tab', { name: 'Prompt' }).focus();
    await page.keyboard.press('Tab');
    const visited = new Set<string>();
    for (let step = 0; step < 30; step++) {
      const label = await page.evaluate(
        "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.title) || document.activeElement.innerText",
      );
      visited.add(String(label).trim());
      await page.keyboard.press('Tab');
    }
    for (const stop of [
      'Collapse or expand',
      'Role',
      'template',
      'Content',
      'Duplicate',
      'Delete message',
      'message',
    ]) {
      assert.ok([...visited].includes(stop), `${stop} is reached: ${[...visited].join(', ')}`);
    }

    await page.getByRole('tab', { name: 'Prompt' }).focus();
    await page.keyboard.press('ArrowRight');
    await addButton(page).waitFor();
    await addButton(page).press('Enter');
    await page.keyboard.type('top');
    await page.locator('.red-ui-autoComplete-container').waitFor();
    await page.keyboard.press('Enter');
    assert.equal(await page.getByPlaceholder('Name').last().inputValue(), 'top_p');
    await pressCancel(page);
  });

  it('should show each tab that is clicked, however quickly', async () => {
    const page = await open(flowWith(CHAT));
    await openDialog(page, 'chat');
    await page.evaluate(`
      for (const tab of ['reply', 'conversation']) {
        for (const event of ['mousedown', 'mouseup', 'click']) {
          $('#vivgrid-chat-tabs a[href$="-' + tab + '"]')[0].dispatchEvent(new MouseEvent(event, { bubbles: true }));
        }
      }
    `);
    await page.getByLabel('When a message arrives').waitFor();
    await pressCancel(page);
  });

  it('should duplicate, collapse and delete messages', async () => {
    const page = await open(flowWith(CHAT));
    await openDialog(page, 'chat');
    await message(page, 0).getByRole('button', { name: 'Duplicate' }).click();
    await write(page, 1, 'Answer in Latin.');
    const collapse = message(page, 1).getByRole('button', { name: 'Collapse or expand' });
    await collapse.click();
    assert.equal(await collapse.getAttribute('aria-expanded'), 'false');
    assert.equal(await message(page, 1).locator('.vivgrid-summary').textContent(), 'Answer in Latin.');
    await page.getByLabel('Delete message').first().click();
    await pressDone(page);
    assert.deepEqual(await nodeProperty(page, 'chat', 'messages'), [
      { role: 'system', type: 'mustache', content: 'Answer in Latin.' },
      CHAT.messages[1],
    ]);
  });

  it('should edit a message in the large editor', async () => {
    const page = await open(flowWith(CHAT));
    await openDialog(page, 'chat');
    const expand = message(page, 1).getByRole('button', { name: 'Expand', exact: true });
    await writeInLargeEditor(page, expand, 'A long\n{{question}}');
    await pressDone(page);
    const messages = (await nodeProperty(page, 'chat', 'messages')) as { content: string }[];
    assert.equal(messages[1]?.content, 'A long\n{{question}}');
  });

  it('should be undone, copied and pasted like any other node', async () => {
    const page = await open(flowWith(CHAT));
    await openDialog(page, 'chat');
    await page.locator('#node-input-name').fill('Poet');
    await write(page, 0, 'Only rhymes.');
    await pressDone(page);
    const edited = [{ role: 'system', type: 'mustache', content: 'Only rhymes.' }, CHAT.messages[1]];
    assert.deepEqual(await nodeProperty(page, 'chat', 'messages'), edited);

    await page.locator('[id="chat"] .red-ui-flow-node').click();
    await page.keyboard.press('Control+C');
    await page.keyboard.press('Control+V');
    await page.locator('#red-ui-workspace-chart').click({ position: { x: 300, y: 300 } });
    const [copy] = (await nodeIds(page, 'vivgrid-chat')).filter((id) => id !== 'chat');
    assert.ok(copy, 'there is a second one');
    assert.deepEqual(await nodeProperty(page, copy, 'messages'), edited);
    assert.equal(await nodeProperty(page, copy, 'config'), 'config');

    await openDialog(page, copy);
    await write(page, 0, 'No rhymes.');
    await pressDone(page);
    assert.deepEqual(await nodeProperty(page, 'chat', 'messages'), edited, 'the copy is independent');

    for (let undone = 0; undone < 3; undone++) await page.keyboard.press('Control+Z');
    assert.deepEqual(await nodeIds(page, 'vivgrid-chat'), ['chat']);
    assert.deepEqual(await nodeProperty(page, 'chat', 'messages'), CHAT.messages);
    assert.equal(await nodeProperty(page, 'chat', 'name'), '');
  });

  it('should be exported and imported whole, but for the token', async () => {
    const flow = flowWith(
      { ...CHAT, name: 'Poet', stream: true },
      { credentials: { token: 'secret-token' } },
    );
    const page = await open(flow);
    const json = String(
      await page.evaluate("JSON.stringify(RED.nodes.createExportableNodeSet([RED.nodes.node('chat')]))"),
    );
    assert.doesNotMatch(json, /secret-token/);
    await page.keyboard.press('Control+I');
    await page.locator('#red-ui-clipboard-dialog-import-text').fill(json);
    // The editor looks at it when a key is let go.
    await page.locator('#red-ui-clipboard-dialog-import-text').press('End');
    await page.locator('#red-ui-clipboard-dialog-ok').click();
    await page.getByRole('button', { name: 'Import copy' }).click();
    await page.locator('#red-ui-workspace-chart').click({ position: { x: 300, y: 300 } });
    const [copy] = (await nodeIds(page, 'vivgrid-chat')).filter((id) => id !== 'chat');
    assert.ok(copy, 'there is a second one');
    for (const property of Object.keys(CHAT)) {
      if (property === 'config') continue;
      const original = await nodeProperty(page, 'chat', property);
      assert.deepEqual(await nodeProperty(page, copy, property), original, property);
    }
  });

  it('should leave no code editor behind', async () => {
    const page = await open(flowWith(CHAT));
    for (const close of [pressDone, pressCancel]) {
      await openDialog(page, 'chat');
      await message(page, 1).locator('.monaco-editor').waitFor();
      await close(page);
      assert.equal(await page.evaluate('monaco.editor.getEditors().length'), 0);
      assert.equal(await page.evaluate('monaco.editor.getModels().length'), 0);
    }
    await openDialog(page, 'chat');
    await page.locator('#node-dialog-delete').click();
    await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('monaco.editor.getModels().length'), 0);
  });

  describe('when nothing was edited', () => {
    const CHATS: Record<string, object> = {
      'the defaults': CHAT,
      'rows in another order of properties, with more in them': {
        ...CHAT,
        messages: [{ content: 'Hi', later: true, type: 'str', role: 'user' }],
        parameters: [{ type: 'num', value: '1', name: 'n' }],
      },
      'texts with line breaks in every type': {
        ...CHAT,
        messages: [
          { role: 'user', type: 'str', content: 'one\ntwo' },
          { role: 'user', type: 'jsonata', content: 'payload\n& "x"' },
          { role: 'user', type: 'flow', content: '#:(default)::a.b' },
          { role: 'history', type: 'msg', content: 'history' },
        ],
        parameters: [{ name: 'metadata', value: '{\n"a": "b"}', type: 'json' }],
      },
      'only what the first version saved': { name: 'old' },
      'rows that lack properties': {
        messages: [{ role: 'user', content: 'Hi' }],
        parameters: [{ name: 'n', value: '1' }],
      },
    };
    it('should mark nothing changed', async () => {
      const chats = Object.values(CHATS).map((chat, index) => ({
        ...chat,
        id: `chat${index}`,
        type: 'vivgrid-chat',
        z: 'tab',
        config: 'config',
        x: 200,
        y: 50 + 50 * index,
        wires: [[]],
      }));
      const page = await open([...flowWith(CHAT), ...chats]);
      for (const [index, what] of Object.keys(CHATS).entries()) {
        await openDialog(page, `chat${index}`);
        for (const tab of ['Parameters', 'Reply', 'Conversation', 'Prompt']) await goTo(page, tab);
        await pressDone(page);
        assert.equal(await nodeProperty(page, `chat${index}`, 'changed'), false, what);
      }
      assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
    });
  });

  it('should fill in what an earlier version did not save', async () => {
    const page = await open(flowWith({ name: 'old' }));
    assert.equal(await nodeProperty(page, 'chat', 'valid'), true);
    await openDialog(page, 'chat');
    assert.equal(await message(page, 1).getByLabel('Role').inputValue(), 'user');
    await goTo(page, 'Reply');
    assert.equal(await page.locator('#node-input-output').inputValue(), 'payload');
    await goTo(page, 'Conversation');
    assert.equal(await page.getByLabel('When a message arrives').inputValue(), 'parallel');
    await page.locator('#node-input-name').fill('new');
    await pressDone(page);
    await deploy(page);
    const { id: _id, type: _type, x: _x, y: _y, z: _z, wires: _wires, ...chat } = await saved('chat');
    assert.deepEqual(chat, { ...CHAT, name: 'new' });
  });

  describe('explains what is wrong', () => {
    const TEMPLATES: Record<string, [template: string, reason: RegExp]> = {
      'a tag that is not closed': [
        'one\n{{payload',
        /^Line 2: a tag is opened by \{\{ and not closed by }}$/,
      ],
      'a section that is not closed': ['{{#items}}x', /^Line 1: the section \{\{#items}} is not closed/],
      'an end without a section': ['{{/items}}', /^Line 1: \{\{\/items}} closes a section that is not open$/],
      'a partial': ['{{> footer}}', /^Line 1: partials such as \{\{> footer}} can't be used here$/],
      'msg. before a name': ['Say {{msg.payload}}', /use \{\{payload}}$/],
      'brackets in a name': ['Say {{payload[0].name}}', /use \{\{payload\.0\.name}}$/],
    };
    it('in a template', async () => {
      const page = await open(flowWith(CHAT));
      await openDialog(page, 'chat');
      const problem = message(page, 1).getByRole('status');
      for (const [what, [template, reason]] of Object.entries(TEMPLATES)) {
        await write(page, 1, template);
        await problem.locator('div').waitFor();
        assert.match((await problem.textContent()) ?? '', reason, what);
        await write(page, 1, '{{payload}}');
        await problem.locator('div').waitFor({ state: 'detached' });
      }
      await pressCancel(page);
    });

    const PARAMETERS: [name: string, value: string, reason: RegExp][] = [
      ['temperature', '2.1', /^must be from 0 to 2$/],
      ['max_completion_tokens', '0.5', /^must be a whole number$/],
      ['n', '0', /^must be from 1 to 16$/],
      ['max_tokens', '64', /use max_completion_tokens$/],
      ['model', '1', /^model is set by this form, not here$/],
      ['messages', '1', /^messages is set by this form, not here$/],
      ['stream', '1', /^stream is set by this form, not here$/],
      ['seed', 'one', /^Invalid number$/],
    ];
    it('in a parameter', async () => {
      const page = await open(flowWith(CHAT));
      await openDialog(page, 'chat');
      await goTo(page, 'Parameters');
      for (const [index, [name, value, reason]] of PARAMETERS.entries()) {
        await addParameter(page, index, name, value);
        const problem = parameter(page, index).getByRole('status');
        await problem.locator('div').waitFor();
        assert.match((await problem.textContent()) ?? '', reason, `${name} ${value}`);
      }
      await pressCancel(page);
    });

    it('on the node itself, when the flow is loaded', async () => {
      const page = await open(
        flowWith({
          ...CHAT,
          config: '',
          output: '',
          stream: true,
          messages: [{ role: 'system', type: 'mustache', content: '{{' }],
          parameters: [
            { name: 'n', value: '2', type: 'num' },
            { name: 'n', value: '99', type: 'num' },
            { name: '', value: '1', type: 'num' },
          ],
        }),
      );
      assert.deepEqual(await reasonsShown(page, 'chat'), [
        'Config: property value missing',
        'Message 1: Line 1: a tag is opened by {{ and not closed by }}',
        'The prompt is empty: add a user message',
        'n: must be from 1 to 16',
        'name missing',
        'n: listed twice',
        'n: only 1 when the reply is streamed',
        'Property: Invalid property expression: zero-length',
      ]);
    });
  });

  it('should fit into a narrow window', async () => {
    const page = await open(flowWith(CHAT), { viewport: { width: 780, height: 560 } });
    const tray = await openDialog(page, 'chat');
    const isCutOff = () =>
      tray
        .locator('.red-ui-tray-content:visible')
        .evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
    for (const tab of ['Prompt', 'Parameters', 'Reply', 'Conversation']) {
      await goTo(page, tab);
      assert.equal(await isCutOff(), false, tab);
    }
    await pressCancel(page);
  });

  for (const theme of bench.version.themes) {
    it(`should be readable in the ${theme} theme`, async () => {
      const page = await open(
        flowWith({
          ...CHAT,
          name: 'Summarise the news',
          messages: [
            {
              role: 'system',
              type: 'mustache',
              content: 'You are the editor of a newspaper for {{flow.readers}}.',
            },
            { role: 'history', type: 'flow', content: 'earlier' },
            {
              role: 'user',
              type: 'mustache',
              content:
                'Summarise these articles in three sentences:\n{{#payload}}\n- {{title}}: {{text}}\n{{/payload}}',
            },
          ],
        }),
        { theme, viewport: { width: 1280, height: 860 } },
      );
      const tray = await openDialog(page, 'chat');
      // The template is coloured a while after it is shown.
      await message(page, 2)
        .locator('.view-line span:not(.mtk1)', { hasText: /^#payload$/ })
        .waitFor();
      if (bench.version.isInPictures) {
        await mkdir(DOCS, { recursive: true });
        await screenshotDialog(page, tray, join(DOCS, `form-${theme}.png`));
      }
      const isDark = await page.evaluate("document.documentElement.classList.contains('nr-theme-dark')");
      assert.equal(isDark, theme === 'dark');
      await pressCancel(page);
    });
  }
});
