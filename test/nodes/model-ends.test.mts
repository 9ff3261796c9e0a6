// What the log says of a model that its service is about to shut down.
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { FIRST_LOOK, LOOK_EVERY } from '../../nodes/lib/service/model-watch.ts';
import { type ChatFlow, startChatFlow } from '../support/chat-flow.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';

const NOW = Date.UTC(2026, 11, 1);

describe('a model that ends', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer((response, { url }) => {
      const data = [{ id: 'story-1', shutdown_date: '2027-01-14' }, { id: 'story-2' }];
      sendJson(response, url.endsWith('/models') ? { data } : completion('Hello'));
    });
  });
  afterEach(async () => {
    mock.timers.reset();
    await flow.stop();
    await server.close();
  });

  /** Starts the flow with a clock that stands still but for these timers' own. */
  async function start(chat: Partial<ChatSettings>, config: object = {}): Promise<void> {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: NOW });
    // The runtime's start waits for timers of its own.
    const clock = setInterval(() => mock.timers.tick(1), 1);
    try {
      flow = await startChatFlow({ config: { baseUrl: server.url, model: 'story-1', ...config }, chat });
    } finally {
      clearInterval(clock);
    }
  }

  const warnings = (): string[] =>
    flow
      .log()
      .split('\n')
      .filter((line) => line.includes('2027-01-14'));

  /** Lets so much time pass, and waits until the service has been asked for its models so often. */
  async function pass(milliseconds: number, asked: number): Promise<void> {
    mock.timers.tick(milliseconds);
    await server.requests.count(asked);
    // The list is on its way: the request for it came over a real connection.
    mock.timers.reset();
    flow.input({ payload: 'Hello' });
    await flow.ended(1);
  }

  it('should be named in the log with its day', async () => {
    await start({ name: 'Story' } as Partial<ChatSettings>);
    await pass(FIRST_LOOK, 1);
    const [line = ''] = warnings();
    assert.match(line, /story-1.*ends on 2027-01-14/);
    assert.equal(warnings().length, 1);
  });

  for (const [what, chat] of Object.entries({
    'another model': { model: 'story-2', modelType: 'str' },
    'the model of each message': { model: 'model', modelType: 'msg' },
  } as const)) {
    it(`should not be named for a node that uses ${what}`, async () => {
      await start(chat);
      await pass(FIRST_LOOK, 1);
      assert.deepEqual(warnings(), []);
    });
  }

  it('should not be asked for once the flow has stopped', async () => {
    await start({});
    await flow.redeploy((nodes) => nodes.filter(({ type }) => !type.startsWith('vivgrid')));
    mock.timers.tick(FIRST_LOOK + LOOK_EVERY);
    await new Promise(setImmediate);
    assert.deepEqual(server.requests.items, []);
  });
});
