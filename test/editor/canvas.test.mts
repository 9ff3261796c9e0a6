// What the editor shows of a chat node outside its form: the status on the canvas, and failures in the debug sidebar.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { openDebugSidebar } from '../support/edit-dialog.mts';
import { describeInEditor } from '../support/editor-bench.mts';
import {
  chunk,
  chunksOf,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';
import type { FlowNode } from '../support/start-node-red.mts';

describeInEditor('The canvas and the sidebar', (bench) => {
  const { open } = bench;
  let server: RawServer;

  beforeEach(async () => {
    server = await startRawServer((response) => sendStream(response, streamText(chunksOf(['Once']))));
  });
  afterEach(() => server.close());

  const flow = (): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'Flow' },
    {
      id: 'config',
      type: 'vivgrid-config',
      baseUrl: server.url,
      maxRetries: 0,
      credentials: { token: 'stored-token-1234' },
    },
    {
      id: 'inject',
      type: 'inject',
      z: 'tab',
      x: 140,
      y: 100,
      props: [{ p: 'payload' }],
      payload: 'Hi',
      payloadType: 'str',
      wires: [['chat']],
    },
    {
      id: 'chat',
      type: 'vivgrid-chat',
      z: 'tab',
      x: 340,
      y: 100,
      config: 'config',
      stream: true,
      wires: [[]],
    },
  ];

  const inject = (page: Page) => page.locator('[id="inject"] .red-ui-flow-node-button-button').click();
  const status = (page: Page, text: string | RegExp) =>
    page.locator('[id="chat"] .red-ui-flow-node-status-label').getByText(text).waitFor();

  it("should show a node's state in the editor's language, and what the reply took", async () => {
    let finish = (): void => {};
    let begin = (): void => {};
    server.answer((response) => {
      begin = () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
      };
      finish = () => void response.end(streamText(chunksOf([' upon'])));
    });
    const page = await open(flow(), { language: 'de' });
    await inject(page);
    await status(page, 'fragt an');
    await server.requests.count(1);
    begin();
    await status(page, 'empfängt');
    finish();
    // Put together by the runtime, whose language is English.
    await status(page, /^9 tokens, \d+\.\d s$/);
  });

  it('should show a failure nobody catches in its first words, and all that matters after one click', async () => {
    const error = { message: 'Unknown token', code: 'invalid_api_key' };
    server.answer((response) => sendJson(response, { error }, 401, { 'x-request-id': 'req_1' }));
    const page = await open(flow());
    await openDebugSidebar(page);
    await inject(page);
    const entry = page.locator('.red-ui-debug-msg-payload');
    await entry.waitFor();
    assert.match(
      (await entry.textContent()) ?? '',
      /^\{ name: "", message: "Access denied \(401\)\. Check the…", code: "auth", cause: "status 401, code invalid_api_k…"/,
    );
    await entry.locator('.red-ui-debug-msg-object-handle').first().click();
    const rows = entry.locator('.red-ui-debug-msg-object-entry');
    await rows.first().waitFor();
    const shown = (await rows.allTextContents()).map((row) => row.trim());
    assert.ok(
      shown.some((row) =>
        /^message: "Access denied \(401\)\. Check the token in the config node\./.test(row),
      ),
    );
    assert.ok(
      shown.includes('cause: "status 401, code invalid_api_key, request req_1, attempts 1"'),
      shown.join(),
    );
    await status(page, /^token refused \d\d:\d\d$/);
    assert.match(
      bench.nodeRed.log(),
      /\[error\] \[vivgrid-chat:chat\] Access denied \(401\)\..*: Unknown token \(auth, status 401, code invalid_api_key, request req_1, attempts 1\)/,
    );
  });
});
