// What the preview shows of a request, and how it is tried on the service.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Locator, Page } from 'playwright-core';
import { CHAT_DEFAULTS, CONFIG_DEFAULTS } from '../../../nodes/lib/common/settings.ts';
import { openDialog, openedTray, pressCancel, pressConfigDone } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import {
  chunk,
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../../support/raw-server.mts';
import type { FlowNode } from '../../support/start-node-red.mts';
import { callChunks } from '../../support/tool-flow.mts';

const TOKEN = 'stored-token-1234';
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==';

describeInEditor('The preview, tried', ({ open }) => {
  let server: RawServer;
  // Tries are kept by their node, and totals by their config node: each test has its own.
  let count = 0;
  const chatId = () => `chat${count}`;
  const configId = () => `config${count}`;

  beforeEach(async () => {
    count++;
    server = await startRawServer((response) => sendStream(response, streamText(chunksOf(['Fine', ' day']))));
  });
  afterEach(() => server.close());

  function flow(chat: object = {}, config: object = {}): FlowNode[] {
    return [
      { id: 'tab', type: 'tab', label: 'Flow' },
      {
        ...CONFIG_DEFAULTS,
        id: configId(),
        type: 'vivgrid-config',
        name: 'Local',
        baseUrl: server.url,
        maxRetries: 0,
        ...config,
        credentials: { token: TOKEN },
      },
      {
        id: 'in',
        type: 'inject',
        z: 'tab',
        x: 100,
        y: 100,
        props: [{ p: 'payload' }, { p: 'picture', v: `data:image/png;base64,${PICTURE}`, vt: 'str' }],
        payload: 'Frost\nin May',
        payloadType: 'str',
        wires: [[chatId()]],
      },
      {
        ...CHAT_DEFAULTS,
        id: chatId(),
        type: 'vivgrid-chat',
        z: 'tab',
        x: 300,
        y: 100,
        config: configId(),
        wires: [[]],
        ...chat,
      },
    ];
  }

  async function openTry(page: Page): Promise<Locator> {
    await openDialog(page, chatId());
    await page.locator('#vivgrid-chat-preview').click();
    const dialog = await openedTray(page);
    await dialog.getByRole('button', { name: 'readable' }).click();
    await ready(dialog);
    return dialog;
  }

  const ready = (dialog: Locator) => dialog.locator('#vivgrid-try-ask:enabled').waitFor();

  async function ask(dialog: Locator): Promise<void> {
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await state(dialog, 'finished');
  }

  const state = (dialog: Locator, words: string) =>
    dialog.locator('.vivgrid-try-state', { hasText: words }).waitFor();

  async function close(page: Page): Promise<void> {
    await page.locator('#vivgrid-preview-close').click();
    await page.locator('#vivgrid-preview-close').waitFor({ state: 'detached' });
  }

  const textOf = async (element: Locator): Promise<string> => (await element.textContent()) ?? '';

  it('should show who says what, with line breaks, attachments by their names, and the size', async () => {
    const page = await open(flow({ attachments: [{ value: 'picture', type: 'msg' }] }));
    await page.evaluate(`$.post('inject/in')`);
    await server.requests.count(1);
    const dialog = await openTry(page);
    assert.match(await textOf(dialog.locator('.red-ui-tray-titlebar')), /Preview and try$/);
    const said = dialog.locator('.vivgrid-said');
    assert.deepEqual(await dialog.locator('.vivgrid-role-badge').allTextContents(), ['system', 'user']);
    assert.equal(await said.last().locator('.vivgrid-said-text').innerText(), 'Frost\nin May');
    assert.equal(await textOf(said.last().locator('.vivgrid-said-more')), '+ [image/png, 1 kB]');
    assert.match(await textOf(dialog.locator('.vivgrid-said-fields')), /^model: managed/);
    assert.equal(await textOf(dialog.locator('.vivgrid-try-size')), 'about 10 tokens');
    await close(page);
    await pressCancel(page);
  });

  it('should show the reply as it is written, then what it took', async () => {
    const page = await open(flow({}, { priceInput: 1, priceOutput: 1 }));
    const dialog = await openTry(page);
    const held = Promise.withResolvers<ServerResponse>();
    server.answer((response) => {
      const [first, ...rest] = [
        chunk({ reasoning_content: 'The user greets me.' }),
        ...chunksOf(['Fine', ' day']),
      ];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(first)}\n\ndata: ${JSON.stringify(rest[1])}\n\n`);
      held.promise.then(() => response.end(streamText(rest.slice(2))));
      response.on('close', () => held.resolve(response));
    });
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await dialog.locator('.vivgrid-try-reply > .vivgrid-said-text', { hasText: /^Fine$/ }).waitFor();
    assert.equal(await dialog.locator('#vivgrid-try-ask').isDisabled(), true);
    held.resolve(undefined as never);
    await state(dialog, 'finished');
    assert.equal(await textOf(dialog.locator('.vivgrid-try-reply > .vivgrid-said-text')), 'Fine day');
    await dialog.getByText('Reasoning (words: 4)').click();
    await dialog.getByText('The user greets me.').waitFor();
    assert.match(
      await textOf(dialog.locator('.vivgrid-try-details')),
      /^test-model · Local · first text [\d.]+ s · [\d.]+ s in all · 3 \+ 2 tokens · cost 0\.000005$/,
    );
    await close(page);
    await pressCancel(page);
  });

  it('should end what it asks with Stop, and when it is closed', async () => {
    const page = await open(flow());
    const dialog = await openTry(page);
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ content: 'Endless' }))}\n\n`);
    });
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await dialog.locator('.vivgrid-try-reply', { hasText: 'Endless' }).waitFor();
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await state(dialog, 'stopped');
    const [stopped] = await server.closed.count(1);
    assert.equal(stopped?.closedEarly, true);
    assert.equal(await dialog.locator('.vivgrid-tries tbody tr').count(), 1, 'is listed all the same');
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await server.requests.count(2);
    await dialog.locator('.vivgrid-try-reply', { hasText: 'Endless' }).waitFor();
    await close(page);
    await server.closed.count(2);
    await pressCancel(page);
  });

  it('should lay two tries side by side, what differs first, also after the form was changed', async () => {
    const page = await open(flow());
    let dialog = await openTry(page);
    await ask(dialog);
    await close(page);
    await page.locator('.vivgrid-message').last().locator('.monaco-editor').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('Say less about {{payload}}');
    await page.locator('#vivgrid-chat-preview').click();
    dialog = await openedTray(page);
    await ready(dialog);
    server.answer((response) => sendStream(response, streamText(chunksOf(['Less']))));
    await ask(dialog);
    const rows = dialog.locator('.vivgrid-tries tbody tr');
    assert.match(await textOf(rows.nth(0)), /^2test-model[\d.]+ s4–Less●$/);
    assert.match(await textOf(rows.nth(1)), /^1test-model[\d.]+ s5–Fine daycompare$/);
    await dialog.getByRole('button', { name: 'Compare with try 1' }).click();
    const lines = dialog.locator('.vivgrid-comparison tbody tr');
    assert.deepEqual(await lines.nth(0).locator('th, td').allTextContents(), [
      'user',
      'Hello',
      'Say less about Hello',
    ]);
    assert.deepEqual(await lines.nth(1).locator('th, td').allTextContents(), ['Reply', 'Fine day', 'Less']);
    assert.equal(await lines.count(), 2);
    await dialog.getByRole('button', { name: 'Show try 1' }).click();
    assert.equal(await textOf(dialog.locator('.vivgrid-try-reply > .vivgrid-said-text')), 'Fine day');
    await close(page);
    await pressCancel(page);
  });

  it('should say why it failed, without the token', async () => {
    const page = await open(flow());
    const dialog = await openTry(page);
    server.answer((response) => sendJson(response, { error: { message: `Not ${TOKEN}` } }, 401));
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await state(dialog, 'failed');
    await dialog.locator('.vivgrid-try-failed', { hasText: 'Access denied (401)' }).waitFor();
    assert.doesNotMatch(await page.content(), new RegExp(TOKEN));
    await close(page);
    await pressCancel(page);
  });

  it('should say whether JSON fits', async () => {
    const schema = '{"type":"object","properties":{"severity":{"enum":["low","high"]}}}';
    const page = await open(flow({ format: 'json_schema', schema }));
    const dialog = await openTry(page);
    server.answer((response) => sendJson(response, completion('{"severity":"middle"}')));
    await ask(dialog);
    await dialog.locator('.vivgrid-try-failed', { hasText: 'severity' }).waitFor();
    server.answer((response) => sendJson(response, completion('{"severity":"low"}')));
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await dialog.locator('.vivgrid-try-works').waitFor();
    assert.deepEqual(JSON.parse(await textOf(dialog.locator('.vivgrid-try-value'))), { severity: 'low' });
    await close(page);
    await pressCancel(page);
  });

  it('should show the calls that would be made', async () => {
    const page = await open(flow());
    const dialog = await openTry(page);
    server.answer((response) =>
      sendStream(response, streamText(callChunks('', ['a', 'switch_light', '{"on":true}']))),
    );
    await ask(dialog);
    assert.equal(await textOf(dialog.locator('.vivgrid-try-call code')), 'switch_light {"on":true}');
    await dialog.getByText('Tools are not run here.').waitFor();
    await close(page);
    await pressCancel(page);
  });

  it('should begin an example with a copy of the last message', async () => {
    const page = await open(flow());
    await page.evaluate(`$.post('inject/in')`);
    await server.requests.count(1);
    const dialog = await openTry(page);
    await dialog.getByRole('button', { name: 'edit a copy' }).click();
    const example = dialog.locator('.vivgrid-preview-example');
    await example.getByText('Frost').first().waitFor();
    assert.equal(await dialog.getByLabel('Message', { exact: true }).inputValue(), 'example');
    await close(page);
    await pressCancel(page);
  });

  it('should show what is used of the limit, and count towards it', async () => {
    const page = await open(flow({}, { limit: 100, limitOf: 'tokens', limitPer: 'day' }));
    const dialog = await openTry(page);
    const hint = dialog.locator('#vivgrid-try-hint');
    await hint.getByText('asks Local · today: 0 of 100 (tokens)').waitFor();
    await ask(dialog);
    await hint.getByText('today: 9 of 100 (tokens)').waitFor();
    await close(page);
    await pressCancel(page);
  });

  it('should ask nothing while the config node is not deployed as it stands', async () => {
    const page = await open(flow());
    await openDialog(page, chatId());
    await page.locator('#node-input-btn-config-edit').click();
    await openedTray(page);
    await page.locator('#node-config-input-name').fill('Another');
    await pressConfigDone(page);
    await page.locator('#vivgrid-chat-preview').click();
    const dialog = await openedTray(page);
    await dialog.getByText('Deploy first').waitFor();
    assert.equal(await dialog.locator('#vivgrid-try-ask').isDisabled(), true);
    assert.equal(await dialog.locator('#vivgrid-try-hint.vivgrid-note-error').count(), 1);
    await close(page);
    await pressCancel(page);
  });

  it('should say why there is no request to ask', async () => {
    const page = await open(flow({ parameters: [{ name: 'temperature', value: '9', type: 'num' }] }));
    await openDialog(page, chatId());
    await page.locator('#vivgrid-chat-preview').click();
    const dialog = await openedTray(page);
    await dialog.locator('.vivgrid-preview-note', { hasText: 'temperature' }).waitFor();
    assert.equal(await dialog.locator('#vivgrid-try-ask').isDisabled(), true);
    await close(page);
    await pressCancel(page);
  });

  it('should survive a reload of the page in the middle', async () => {
    const page = await open(flow());
    const dialog = await openTry(page);
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ content: 'Endless' }))}\n\n`);
    });
    await dialog.getByRole('button', { name: 'Ask' }).click();
    await dialog.locator('.vivgrid-try-reply', { hasText: 'Endless' }).waitFor();
    await page.reload();
    const [stopped] = await server.closed.count(1);
    assert.equal(stopped?.closedEarly, true);
    server.answer((response) => sendStream(response, streamText(chunksOf(['Fine']))));
    await ask(await openTry(page));
    await close(page);
    await pressCancel(page);
  });
});
