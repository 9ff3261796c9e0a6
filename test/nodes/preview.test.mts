// The request that a message would lead to, as the editor gets it. What its dialog makes of it is tested in the browser.
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import { CHAT_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';

describe('a preview', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer((response) => sendJson(response, completion('Fine.')));
    flow = await startChatFlow({ config: { baseUrl: server.url }, chat: { messages: [] } });
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  it('should show the last message whatever it holds', async () => {
    const payload: Message = { count: 3n };
    payload.self = payload;
    payload.list = [1];
    payload.again = payload.list;
    flow.input({ topic: 'Hi', payload });
    await flow.ended(1);
    const messages = [{ role: 'user', type: 'mustache', content: '{{topic}}' }];
    const { body } = await helper
      .request()
      .post('/vivgrid-chat/chat/preview')
      .send({ settings: { ...CHAT_DEFAULTS, config: 'config', messages }, model: 'managed' });
    assert.equal(body.outcome, 'request');
    assert.equal(body.request.messages[0].content, 'Hi');
    const { count, self, list, again } = body.seenMessage.payload;
    assert.deepEqual([count, self, list, again], ['3', '[circular]', [1], [1]]);
  });

  it('should take a copy of the last message as the message that it was, bytes included', async () => {
    const message = { payload: Buffer.from('Frost in May'), deep: [{ bytes: Buffer.from([1, 2]) }] };
    const messages = [{ role: 'user', type: 'mustache', content: '{{payload}}' }];
    const { body } = await helper
      .request()
      .post('/vivgrid-chat/chat/preview')
      .send({ settings: { ...CHAT_DEFAULTS, config: 'config', messages }, model: 'managed', message });
    assert.equal(body.request.messages[0].content, 'Frost in May');
  });
});
