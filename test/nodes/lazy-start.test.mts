// What the editor asks for before any node has been deployed: their code is loaded by that.
import assert from 'node:assert/strict';
import { startNodeRed } from '../support/start-node-red.mts';

const EMPTY = [{ id: 'tab', type: 'tab' }];

describe('a Node-RED without any of these nodes in its flows', () => {
  const QUESTIONS: { what: string; path: string; body?: object; answer: unknown }[] = [
    { what: 'the models of a config node', path: 'vivgrid-config/none/models', answer: { models: [] } },
    { what: 'what has been used', path: 'vivgrid-config/none/usage', answer: { outcome: 'none' } },
    {
      what: 'the requests that are kept',
      path: 'vivgrid-chat/requests',
      answer: { rows: [], services: [] },
    },
    {
      what: 'stored conversations',
      path: 'vivgrid-chat/none/conversations',
      answer: { outcome: 'none' },
    },
    {
      what: 'a preview without a message',
      path: 'vivgrid-chat/none/preview',
      body: { settings: {}, model: '' },
      answer: { outcome: 'no-message' },
    },
    { what: 'a tool', path: 'vivgrid-tool/none', answer: { outcome: 'none' } },
  ];

  // Each in a Node-RED of its own: one question would load what the next one needs.
  for (const { what, path, body, answer } of QUESTIONS) {
    it(`should answer when the editor asks for ${what}`, async () => {
      const nodeRed = await startNodeRed({ flows: EMPTY });
      try {
        const response = await fetch(new URL(path, nodeRed.url), {
          method: body ? 'POST' : 'GET',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          ...(body && { body: JSON.stringify(body) }),
        });
        assert.equal(response.status, 200);
        assert.deepEqual(await response.json(), answer);
      } finally {
        await nodeRed.stop();
      }
    });
  }

  it('should test an MCP server', async () => {
    const nodeRed = await startNodeRed({ flows: EMPTY });
    try {
      const response = await fetch(new URL('vivgrid-mcp/test', nodeRed.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          id: 'new',
          token: '',
          settings: { url: 'http://127.0.0.1:1/mcp', headers: [], tools: [], timeout: 1, proxy: '', tls: '' },
        }),
      });
      assert.equal(response.status, 200);
      assert.equal(((await response.json()) as { outcome: string }).outcome, 'failed');
    } finally {
      await nodeRed.stop();
    }
  });
});
