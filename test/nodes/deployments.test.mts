// Messages and tool calls that come while flows are being deployed, when tools are gone or not there yet.
import assert from 'node:assert/strict';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import { stopClock } from '../support/moved-clock.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { type Call, callReply, inTurn, resultsIn, toolFlow } from '../support/tool-flow.mts';

const HALL: Call = ['a', 'switch_light', '{"room":"hall"}'];
const TAB = { id: 'tools', type: 'tab' };

/** The tool's flow, in a tab of its own, with a node that takes as long as the test wants to close. */
const TOOL: Message[] = [
  ...toolFlow('light', 'switch_light', 'msg.payload = "on"; return msg;'),
  { id: 'slow', type: 'helper' },
].map((node) => ({ ...node, z: 'tools' }));

describe('while flows are being deployed', () => {
  let server: RawServer;
  let flow: ChatFlow;

  beforeEach(async () => {
    server = await startRawServer(inTurn(callReply(HALL), completion('Done.')));
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function start(): Promise<void> {
    flow = await startChatFlow({
      config: { baseUrl: server.url, maxRetries: 0 },
      // With one tool alone Node-RED takes its id for that of a config node, and restarts the chat node with it.
      chat: { tools: ['light', 'fan'] },
      nodes: [TAB, ...TOOL, ...toolFlow('fan', 'switch_fan', 'return msg;')],
    });
  }

  /** Begins to deploy the tool's tab with a change. Resolves when its nodes are closed, but for one. */
  function deploy(change: (node: Message) => Message[]): Promise<{ goOn(): Promise<void> }> {
    return new Promise((resolve) => {
      flow.node('slow').on('close', (closed: () => void) =>
        resolve({
          goOn() {
            closed();
            return deployed;
          },
        }),
      );
      const deployed = flow.redeploy((nodes) => nodes.flatMap(change), 'flows');
    });
  }

  const changed = (node: Message): Message[] => [node.z === 'tools' ? { ...node, info: 'changed' } : node];
  const without = (node: Message): Message[] => (node.id === 'light' ? [] : changed(node));

  it('should let messages wait for their tools, and answer them in order of arrival', async () => {
    await start();
    server.answer((response, { body }) => {
      const [{ content }] = body.messages.filter(({ role }: Message) => role === 'user');
      sendJson(response, body.messages.length === 1 ? callReply(HALL) : completion(content));
    });
    const { goOn } = await deploy(changed);
    for (const payload of ['1', '2', '3']) flow.input({ payload });
    await goOn();
    await flow.ended(3);
    assert.deepEqual(flow.caught.items, []);
    assert.deepEqual(
      server.requests.items.slice(0, 3).map(({ body }) => body.messages[0].content),
      ['1', '2', '3'],
    );
    for (const { body } of server.requests.items.slice(3)) assert.deepEqual(resultsIn(body), [['a', 'on']]);
  });

  it('should let a call wait for its tool', async () => {
    await start();
    let answer = (): void => {};
    server.answer((response, _seen, number) => {
      answer = () => sendJson(response, number === 1 ? callReply(HALL) : completion('Done.'));
      if (number > 1) answer();
    });
    flow.input({ payload: 'Light!' });
    await server.requests.count(1);
    const { goOn } = await deploy(changed);
    answer();
    await server.closed.count(1);
    await goOn();
    await flow.ended(1);
    assert.deepEqual(resultsIn(server.requests.items[1]?.body), [['a', 'on']]);
  });

  it('should fail with config, and tell the model of a call, when the tool is gone afterwards', async () => {
    await start();
    let answer = (): void => {};
    server.answer((response, _seen, number) => {
      answer = () => sendJson(response, number === 1 ? callReply(HALL) : completion('Done.'));
      if (number > 1) answer();
    });
    flow.input({ payload: 'Light!' });
    await server.requests.count(1);
    const { goOn } = await deploy(without);
    answer();
    flow.input({ payload: 'And now?' });
    await goOn();
    await flow.ended(2);
    assert.deepEqual(
      flow.caught.items.map(({ payload, error }) => [payload, error.code]),
      [['And now?', 'config']],
    );
    const [[, text]] = resultsIn(server.requests.items[1]?.body) as [[string, string]];
    assert.match(text, /^Error: The tool switch_light is not there any more/);
  });

  it('should wait for 10 seconds at most', async () => {
    await start();
    const clock = stopClock();
    try {
      const { goOn } = await deploy(changed);
      flow.input({ payload: 'Light!' });
      clock.pass(9_999);
      await new Promise(setImmediate);
      assert.deepEqual(flow.caught.items, []);
      clock.pass(1);
      const [{ error }] = await flow.caught.count(1);
      assert.equal(error.code, 'config');
      await goOn();
    } finally {
      clock.stop();
    }
  });

  for (const reset of [true, 'one']) {
    it(`should end the wait at once on a reset (${reset})`, async () => {
      await start();
      const { goOn } = await deploy(changed);
      flow.input({ payload: 'Light!', _msgid: 'one' });
      flow.input({ reset });
      await flow.ended(2);
      await goOn();
      flow.input({ payload: 'Light!' });
      await flow.ended(3);
      assert.deepEqual(flow.caught.items, []);
      assert.equal(flow.outputs.items.length, 1);
    });
  }

  it('should let messages wait that come before everything is there, when Node-RED starts', async () => {
    // Sends in the middle of the start, with the tool still to come.
    const eager = (RED: Message): void => {
      function Eager(this: Message, def: Message): void {
        RED.nodes.createNode(this, def);
        RED.nodes.getNode('chat').receive({ payload: 'Light!' });
      }
      RED.nodes.registerType('eager', Eager);
    };
    const between = Array.from({ length: 50 }, (_, index) => ({ id: `n${index}`, z: 'tab', type: 'helper' }));
    flow = await startChatFlow({
      config: { baseUrl: server.url },
      chat: { tools: ['light'] },
      types: [eager],
      nodes: [{ id: 'eager', z: 'tab', type: 'eager' }, ...between, TAB, ...TOOL],
    });
    await server.requests.count(2);
    assert.deepEqual(resultsIn(server.requests.items[1]?.body), [['a', 'on']]);
    await flow.outputs.count(1);
  });
});
