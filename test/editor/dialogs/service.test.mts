import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Page } from 'playwright-core';
import { openDebugSidebar, openDialog, openedTray, pressCancel } from '../../support/edit-dialog.mts';
import { describeInEditor } from '../../support/editor-bench.mts';
import { type RawServer, type SeenRequest, startRawServer } from '../../support/raw-server.mts';
import type { FlowNode } from '../../support/start-node-red.mts';

const TOKEN = 'stored-token-1234';

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

describeInEditor('The forms and the service', (bench) => {
  const { open } = bench;
  let server: RawServer;

  beforeEach(async () => {
    server = await startRawServer(answer);
  });
  afterEach(() => server.close());

  /** A service that knows one token and two models, and says "Hello world" in two chunks. */
  function answer(response: ServerResponse, { url, headers, body }: SeenRequest): void {
    const reply = { id: 'x', created: 1, model: 'story-1' };
    if (!url.startsWith('/v1/')) {
      json(response, 404, { error: { message: 'no such page' } });
    } else if (headers.authorization !== `Bearer ${TOKEN}`) {
      json(response, 401, { error: { message: 'Unknown token', type: 'invalid_request_error' } });
    } else if (url === '/v1/models') {
      json(response, 200, { data: [{ id: 'story-1' }, { id: 'story-2' }] });
    } else if (body.stream) {
      const chunks = [
        { ...reply, choices: [{ index: 0, delta: { content: 'Hello' } }] },
        { ...reply, choices: [{ index: 0, delta: { content: ' world' } }] },
        { ...reply, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      ];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`);
    } else {
      const message = { role: 'assistant', content: 'Hello world' };
      json(response, 200, { ...reply, choices: [{ index: 0, message, finish_reason: 'stop' }] });
    }
  }

  function flow(chat: object = {}): FlowNode[] {
    return [
      { id: 'tab', type: 'tab', label: 'Flow' },
      {
        id: 'config',
        type: 'vivgrid-config',
        name: 'Local',
        baseUrl: server.url,
        credentials: { token: TOKEN },
      },
      {
        id: 'inject',
        type: 'inject',
        z: 'tab',
        x: 140,
        y: 100,
        props: [{ p: 'payload' }, { p: 'topic', vt: 'str' }],
        payload: '{"a":[1,"two"]}',
        payloadType: 'json',
        topic: 'news',
        wires: [['chat']],
      },
      {
        id: 'chat',
        type: 'vivgrid-chat',
        z: 'tab',
        x: 340,
        y: 100,
        config: 'config',
        wires: [['debug']],
        ...chat,
      },
      {
        id: 'debug',
        type: 'debug',
        z: 'tab',
        x: 540,
        y: 100,
        active: true,
        tosidebar: true,
        complete: 'payload',
        targetType: 'msg',
        wires: [],
      },
    ];
  }

  async function inject(page: Page): Promise<void> {
    await openDebugSidebar(page);
    await page.locator('[id="inject"] .red-ui-flow-node-button-button').click();
  }

  const debugged = (page: Page) => page.locator('.red-ui-debug-msg-payload .red-ui-debug-msg-element');

  it('should show the reply in the debug sidebar', async () => {
    const page = await open(flow());
    await inject(page);
    await debugged(page).first().waitFor();
    assert.deepEqual(await debugged(page).allTextContents(), ['"Hello world"']);
  });

  it('should show streamed pieces in order', async () => {
    const page = await open(flow({ stream: true }));
    await inject(page);
    await debugged(page).nth(2).waitFor();
    assert.deepEqual(await debugged(page).allTextContents(), ['"Hello"', '" world"', '""']);
  });

  describe('the preview', () => {
    const openPreview = async (page: Page): Promise<void> => {
      await page.locator('#vivgrid-chat-preview').click();
      const preview = await openedTray(page);
      await preview.getByRole('button', { name: 'JSON' }).click();
    };
    const note = (page: Page) => page.locator('.vivgrid-preview-note');
    const shown = async (page: Page): Promise<unknown> => {
      const text = await page.evaluate<string>(
        'monaco.editor.getEditors().find((editor) => editor.getRawOptions().readOnly).getValue()',
      );
      return text === '' ? undefined : JSON.parse(text);
    };
    const closePreview = async (page: Page): Promise<void> => {
      await page.locator('#vivgrid-preview-close').click();
      await page.locator('#vivgrid-preview-close').waitFor({ state: 'detached' });
    };
    const CHAT = {
      stream: true,
      model: 'story-1',
      modelType: 'str',
      messages: [
        { role: 'system', type: 'mustache', content: 'Write for {{env.ENV_NAME}}.' },
        { role: 'user', type: 'mustache', content: '{{topic}}: {{payload}} & {{payload.a.1}}' },
        { role: 'user', type: 'jsonata', content: '$count(payload.a)' },
      ],
      parameters: [
        { name: 'temperature', value: '0', type: 'num' },
        { name: 'stop', value: 'END', type: 'str' },
        { name: 'user', value: 'nobody', type: 'msg' },
      ],
    };

    it('should equal the body that reaches the server', async () => {
      const page = await open(flow(CHAT));
      await inject(page);
      await debugged(page).nth(2).waitFor();
      await openDialog(page, 'chat');
      await openPreview(page);
      await note(page).getByText('Received at').waitFor();
      const [sent] = await server.requests.count(1);
      assert.deepEqual(await shown(page), sent?.body);
      assert.doesNotMatch(await page.content(), new RegExp(TOKEN));
      await closePreview(page);
      await pressCancel(page);
    });

    it('should say of which properties of a large message there is a part only', async () => {
      const nodes = flow({ ...CHAT, messages: [{ role: 'user', type: 'mustache', content: '{{payload}}' }] });
      const large = nodes.map((node) =>
        node.id === 'inject' ? { ...node, payload: '$pad("", 200000, "x")', payloadType: 'jsonata' } : node,
      );
      const page = await open(large);
      await inject(page);
      await debugged(page).nth(2).waitFor();
      await openDialog(page, 'chat');
      await openPreview(page);
      await note(page).getByText('64 kB: msg.payload').waitFor();
      const { messages } = (await shown(page)) as { messages: { content: string }[] };
      assert.match(messages[0]?.content.slice(-10) ?? '', /^x{9}…$/);
      await closePreview(page);
      await pressCancel(page);
    });

    it('should show the form as it stands, for an example, before it is deployed', async () => {
      // A node that is gone has forgotten its last message.
      await bench.nodeRed.deploy([]);
      const page = await open(flow(CHAT));
      await openDialog(page, 'chat');
      await page.locator('.vivgrid-message').nth(1).locator('.monaco-editor').click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText('Tell me about {{payload}}');
      const editors = await page.evaluate('monaco.editor.getEditors().length');
      await openPreview(page);
      assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'example');
      await page.locator('.vivgrid-preview-example .monaco-editor').click();
      await page.keyboard.press('Control+A');
      await page.keyboard.type('{"payload": "dinosaurs"}');
      await page.waitForFunction(
        "document.querySelector('.vivgrid-preview-body').textContent.includes('dinosaurs')",
      );
      const { messages } = (await shown(page)) as { messages: { content: string }[] };
      assert.equal(messages[1]?.content, 'Tell me about dinosaurs');
      assert.equal(server.requests.items.length, 0, 'nothing is sent');
      await closePreview(page);
      assert.equal(
        await page.evaluate('monaco.editor.getEditors().length'),
        editors,
        'its code editors are gone',
      );
      await pressCancel(page);
    });

    it('should be closed without a complaint before its code editors are ready', async () => {
      // Of its own, because what is registered with Monaco stays.
      const page = await open(flow(CHAT), { isNew: true });
      const closed = Promise.withResolvers<void>();
      await page.route('**/json.worker.js', (route) => closed.promise.then(() => route.continue()));
      await openDialog(page, 'chat');
      await openPreview(page);
      await note(page).waitFor();
      // Another code editor, with all that has others look at the text: what it has asked, the preview's would have, too.
      await page.evaluate(`new Promise((resolve) => {
        const element = document.body.appendChild(document.createElement('div'));
        globalThis.other = monaco.editor.create(element, { language: 'json', value: '[\\n1\\n]' });
        globalThis.answers = Promise.withResolvers();
        const range = new monaco.Range(1, 1, 1, 1);
        monaco.languages.registerDocumentSymbolProvider('json', {
          async provideDocumentSymbols(model) {
            if (model === other.getModel()) resolve();
            await answers.promise;
            return [{ name: 'symbol', detail: '', kind: 0, tags: [], range, selectionRange: range }];
          },
        });
      })`);
      await closePreview(page);
      closed.resolve();
      // What was asked of the worker before has been answered when this is.
      await page.evaluate(`(async () => {
        answers.resolve();
        const model = other.getModel();
        const worker = await (await monaco.languages.json.getWorker())(model.uri);
        await worker.findDocumentSymbols(String(model.uri));
        await other.getContribution('editor.contrib.folding').getFoldingModel();
        other.dispose();
        model.dispose();
      })()`);
      await pressCancel(page);
    });

    it('should say why a message would fail', async () => {
      const page = await open(
        flow({ ...CHAT, parameters: [{ name: 'temperature', value: 'payload', type: 'msg' }] }),
      );
      await openDialog(page, 'chat');
      await openPreview(page);
      await note(page).getByText('temperature').waitFor();
      assert.equal(await shown(page), undefined);
      await closePreview(page);
      await pressCancel(page);
    });
  });

  describe('the completion of the model', () => {
    it('should offer what the service lists', async () => {
      const page = await open(flow());
      await openDialog(page, 'chat');
      await page.getByRole('textbox', { name: 'Model' }).click();
      await page.keyboard.type('-2');
      await page.locator('.red-ui-autoComplete-container').getByText('story-2').click();
      await page.waitForFunction("$('#node-input-model').val() === 'story-2'");
      await pressCancel(page);
    });

    it('should be silent when the list cannot be had, and take any name', async () => {
      server.answer((response) => json(response, 500, {}));
      const page = await open(flow());
      await openDialog(page, 'chat');
      const answered = page.waitForResponse((response) => response.url().endsWith('/models'));
      await page.getByRole('textbox', { name: 'Model' }).click();
      await page.keyboard.type('my-model');
      assert.deepEqual(await (await answered).json(), { models: [] });
      assert.equal(await page.locator('#node-input-model').inputValue(), 'my-model');
      await pressCancel(page);
    });
  });

  describe('the Test button', () => {
    const result = (page: Page) => page.locator('#vivgrid-config-test-result');

    const modelField = (page: Page) => page.getByRole('textbox', { name: 'Model' }).last();

    async function openConfig(): Promise<Page> {
      const page = await open(flow());
      await openDialog(page, 'chat');
      await page.locator('#node-input-btn-config-edit').click();
      await openedTray(page);
      return page;
    }

    async function test(page: Page): Promise<string> {
      const answered = page.waitForResponse((response) => response.url().endsWith('/vivgrid-config/test'));
      await page.locator('#vivgrid-config-test').click();
      assert.doesNotMatch(await (await answered).text(), new RegExp(TOKEN));
      await result(page).locator('.fa-spinner').waitFor({ state: 'detached' });
      return (await result(page).textContent()) ?? '';
    }

    it('should find that the deployed settings work, and offer the models', async () => {
      const page = await openConfig();
      await modelField(page).fill('story-1');
      assert.match(await test(page), /^Connected: 2 models, \d+ ms\.$/);
      await modelField(page).click();
      await page.locator('.red-ui-autoComplete-container').getByText('story-2').click();
      await page.waitForFunction("$('#node-config-input-model').val() === 'story-2'");
    });

    it('should say when the chosen model ends, and in the list of models, too', async () => {
      const data = [
        { id: 'story-1', shutdown_date: '2099-01-14' },
        { id: 'story-2', shutdown_date: '2024-06-30' },
      ];
      server.answer((response) => json(response, 200, { data }));
      const page = await openConfig();
      await modelField(page).fill('story-1');
      assert.match(await test(page), /^Connected: 2 models, .* The model “story-1” ends on 2099-01-14\.$/);
      assert.equal(await result(page).getAttribute('class'), 'vivgrid-test-works');
      await modelField(page).click();
      const offered = page.locator('.red-ui-autoComplete-container .vivgrid-suggestion');
      await offered.getByText('ends 2099-01-14').waitFor();
      await offered.getByText('ends 2024-06-30').click();
      assert.match(await test(page), /The model “story-2” ends on 2024-06-30\.$/);
      assert.equal(await result(page).getAttribute('class'), 'vivgrid-test-doubtful');
    });

    it('should warn of a model that the service does not have', async () => {
      const page = await openConfig();
      assert.equal(
        await test(page),
        'It works, but has no model “managed”. Choose one of its 2 models.',
        'the default is Vivgrid’s own',
      );
      assert.equal(await result(page).getAttribute('class'), 'vivgrid-test-doubtful');
      await modelField(page).click();
      const offered = page.locator('.red-ui-autoComplete-container .vivgrid-suggestion');
      await offered.first().waitFor();
      assert.deepEqual(await offered.allTextContents(), ['managed', 'story-1', 'story-2']);
      await offered.getByText('story-1').click();
      assert.match(await test(page), /^Connected: 2 models/);
      server.answer((response) => json(response, 200, { data: [{ id: 'story-3' }] }));
      assert.equal(await test(page), 'It works, but has no model “story-1”. Its only model is “story-3”.');
    });

    it('should try what was typed and not yet deployed', async () => {
      const page = await openConfig();
      await page.getByLabel('Token').fill('a wrong one');
      assert.match(await test(page), /401/);
      await page.getByLabel('Token').fill(TOKEN);
      await page.getByLabel('Base URL').fill(`${server.url}/chat/completions`);
      assert.match(await test(page), /^(Connected|It works)/);
    });

    it('should tell when nothing listens there', async () => {
      const page = await openConfig();
      await server.close();
      assert.match(await test(page), /Connection refused/);
      server = await startRawServer(answer);
    });

    it('should tell that the path is wrong', async () => {
      const page = await openConfig();
      await page.getByLabel('Token').fill(TOKEN);
      await page.getByLabel('Base URL').fill(server.url.replace('/v1', '/api/v2'));
      assert.match(await test(page), /no API at this address/);
    });

    it('should tell what is wrong with a setting', async () => {
      const page = await openConfig();
      await page.getByLabel('Token').fill(TOKEN);
      await page.getByLabel('Base URL').fill('example.com');
      await page.locator('#vivgrid-config-test').click();
      await result(page).getByText('must begin with http').waitFor();
      assert.equal(server.requests.items.length, 0);
    });

    it('should not send a stored token to an address that was changed', async () => {
      const other = await startRawServer((response) => json(response, 200, { data: [] }));
      const page = await openConfig();
      await page.getByLabel('Base URL').fill(other.url);
      assert.match(await test(page), /^The stored token is not sent to an address that was changed\./);
      assert.equal(other.requests.items.length, 0);
      // Without a token, a local server is called all the same, and gets nothing of the runtime's.
      await page.getByLabel('Token').fill('');
      assert.match(await test(page), /^(Connected|It works)/);
      assert.equal(other.requests.items[0]?.headers.authorization, undefined);
      await other.close();
    });
  });
});
