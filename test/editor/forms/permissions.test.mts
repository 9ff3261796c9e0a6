import assert from 'node:assert/strict';
import { type RunningNodeRed, startNodeRed } from '../../support/start-node-red.mts';

describe('What the forms ask of the runtime', function () {
  this.timeout(60_000);

  let nodeRed: RunningNodeRed;
  before(async () => {
    const settings = { adminAuth: { type: 'credentials', users: [], default: { permissions: 'read' } } };
    nodeRed = await startNodeRed({ settings });
  });
  after(() => nodeRed?.stop());

  async function statusOf(method: string, path: string): Promise<number> {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(new URL(path, nodeRed.url), {
      method,
      headers,
      ...(method === 'POST' && { body: '{}' }),
    });
    return response.status;
  }

  it('should let those who may only read list the models', async () => {
    assert.equal(await statusOf('GET', 'vivgrid-config/any/models'), 200);
  });

  it('should let them see what a tool takes, and how many conversations are stored', async () => {
    assert.equal(await statusOf('GET', 'vivgrid-tool/any'), 200);
    assert.equal(await statusOf('GET', 'vivgrid-chat/any/conversations'), 200);
  });

  it('should let none of them call a tool or forget conversations', async () => {
    assert.equal(await statusOf('POST', 'vivgrid-tool/any/call'), 401);
    assert.equal(await statusOf('POST', 'vivgrid-chat/any/conversations/forget'), 401);
  });

  it('should let none of them preview, try or test', async () => {
    assert.equal(await statusOf('POST', 'vivgrid-chat/any/preview'), 401);
    assert.equal(await statusOf('POST', 'vivgrid-chat/any/try'), 401);
    assert.equal(await statusOf('POST', 'vivgrid-config/test'), 401);
    assert.equal(await statusOf('POST', 'vivgrid-mcp/test'), 401);
  });

  it('should let them list the requests, but neither read nor clear them', async () => {
    assert.equal(await statusOf('GET', 'vivgrid-chat/requests'), 200);
    assert.equal(await statusOf('GET', 'vivgrid-chat/requests/any'), 401);
    assert.equal(await statusOf('POST', 'vivgrid-chat/requests/clear'), 401);
  });
});
