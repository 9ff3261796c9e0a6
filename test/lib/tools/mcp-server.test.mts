import assert from 'node:assert/strict';
import { McpServer } from '../../../nodes/lib/tools/mcp-server.ts';
import { type McpTestServer, startMcpServer } from '../../support/mcp-server.mts';

const tool = (name: string) => ({ name, run: () => name });

describe('an MCP server', () => {
  let server: McpTestServer;
  let asked: McpServer;
  let now = 0;
  const { signal } = new AbortController();
  const names = async (): Promise<string[]> =>
    (await asked.tools(signal)).map((offered) => offered.tool.name);

  beforeEach(async () => {
    server = await startMcpServer({ era: 'stateless', tools: [tool('one')] });
    now = 0;
    asked = new McpServer(
      {
        name: 'House',
        url: server.url,
        token: '',
        headers: {},
        timeout: 5000,
        isOffered: () => true,
        proxy: undefined,
        tls: {},
      },
      () => now,
    );
  });

  afterEach(async () => {
    await asked.close();
    await server.close();
  });

  it('should be asked for its tools again after five minutes', async () => {
    assert.deepEqual(await names(), ['one']);
    await server.setTools([tool('two')], false);
    now = 5 * 60_000 - 1;
    assert.deepEqual(await names(), ['one']);
    now = 5 * 60_000;
    assert.deepEqual(await names(), ['two']);
    assert.equal(server.asked('tools/list').length, 2);
  });

  it('should not let one message that gives up take the list from the others', async () => {
    const abort = new AbortController();
    const given = asked.tools(abort.signal);
    const others = names();
    abort.abort(new Error('reset'));
    await assert.rejects(given, /reset/);
    assert.deepEqual(await others, ['one']);
    assert.equal(server.asked('tools/list').length, 1);
  });

  it('should answer calls after its end with words', async () => {
    const [first] = await asked.tools(signal);
    await asked.close();
    assert.deepEqual(await asked.call(first?.tool ?? assert.fail(), {}, signal), {
      text: 'Error: The MCP server House is not there any more.',
      isError: true,
    });
  });
});
