// MCP in a whole Node-RED: many messages with tool calls at once, none lost, and nothing left open.
import assert from 'node:assert/strict';
import { CHAT_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import { type McpEra, startMcpServer } from '../support/mcp-server.mts';
import { completion, sendJson, startRawServer } from '../support/raw-server.mts';
import { type FlowNode, startNodeRed } from '../support/start-node-red.mts';
import { callReply, resultsIn } from '../support/tool-flow.mts';

const MESSAGES = 200;
const CONCURRENCY = 8;

function flows(serviceUrl: string, mcpUrl: string): FlowNode[] {
  const onTab = { z: 'tab', x: 100, y: 100 };
  return [
    { id: 'tab', type: 'tab', label: 'Flow' },
    { id: 'config', type: 'vivgrid-config', baseUrl: serviceUrl, concurrency: CONCURRENCY, maxRetries: 0 },
    { id: 'house', type: 'vivgrid-mcp', name: 'House', url: mcpUrl },
    { ...onTab, id: 'in', type: 'http in', url: '/ask', method: 'post', wires: [['chat']] },
    { ...onTab, id: 'chat', type: 'vivgrid-chat', config: 'config', servers: ['house'], wires: [['out']] },
    { ...onTab, id: 'out', type: 'http response', wires: [] },
    { ...onTab, id: 'catch', type: 'catch', scope: ['chat'], wires: [['failed']] },
    {
      ...onTab,
      id: 'failed',
      type: 'function',
      func: 'msg.payload = msg.error.message; msg.statusCode = 500; return msg;',
      wires: [['out']],
    },
  ];
}

describe('MCP servers in a whole Node-RED', function () {
  this.timeout(120_000);

  for (const [era, answers] of [
    ['modern', 'json'],
    ['sessions', 'events'],
  ] as [McpEra, 'json' | 'events'][]) {
    it(`should answer calls of ${MESSAGES} messages, ${CONCURRENCY} at once, and close what was open (${era})`, async () => {
      const run = ({ number }: Record<string, unknown>) => `doubled ${Number(number) * 2}`;
      const server = await startMcpServer({ era, answers, tools: [{ name: 'double', run }] });
      let atWork = 0;
      let most = 0;
      const service = await startRawServer(async (response, { body }) => {
        most = Math.max(most, ++atWork);
        await new Promise(setImmediate);
        const [result] = resultsIn(body);
        const question = body.messages.find(({ role }: { role: string }) => role === 'user').content;
        // Local servers give every call the same id.
        const answer = result
          ? completion(`${question}: ${result[1]}`)
          : callReply(['call', 'double', JSON.stringify({ number: Number(question) })]);
        atWork--;
        sendJson(response, answer);
      });
      const nodeRed = await startNodeRed({ flows: flows(service.url, server.url) });
      try {
        const replies = await Promise.all(
          Array.from({ length: MESSAGES }, async (_, number) => {
            const headers = { 'content-type': 'text/plain' };
            const address = new URL('ask', nodeRed.url);
            const response = await fetch(address, { method: 'POST', headers, body: String(number) });
            return response.text();
          }),
        );
        assert.deepEqual(
          replies,
          replies.map((_reply, number) => `${number}: doubled ${number * 2}`),
        );
        assert.ok(most > 1 && most <= CONCURRENCY, `${most} at once`);
        assert.equal(server.asked('tools/call').length, MESSAGES);
        assert.equal(server.asked('tools/list').length, 1);
        assert.equal(nodeRed.log().split('Started flows')[1]?.trim(), '', 'nothing was logged');
        await nodeRed.deploy([{ id: 'tab', type: 'tab', label: 'Empty' }]);
        assert.equal(server.sessions(), 0);
        assert.equal(await server.openConnections(), 0);
      } finally {
        await nodeRed.stop();
        await service.close();
        await server.close();
      }
    });
  }

  for (const what of ['preview', 'try']) {
    it(`should be asked for their tools by the ${what}, which calls none`, async () => {
      const server = await startMcpServer({ tools: [{ name: 'double', run: () => 'called' }] });
      const service = await startRawServer((response) =>
        sendJson(response, callReply(['call', 'double', '{}'])),
      );
      const nodeRed = await startNodeRed({ flows: flows(service.url, server.url) });
      try {
        const settings = { ...CHAT_DEFAULTS, config: 'config', servers: ['house'] };
        const response = await fetch(new URL(`vivgrid-chat/chat/${what}`, nodeRed.url), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ settings, model: 'managed', message: { payload: 'Two' } }),
        });
        assert.match(await response.text(), /"double"/);
        assert.equal(server.asked('tools/list').length, 1);
        assert.equal(server.asked('tools/call').length, 0);
      } finally {
        await nodeRed.stop();
        await service.close();
        await server.close();
      }
    });
  }
});
