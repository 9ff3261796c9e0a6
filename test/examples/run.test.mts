// Each example is deployed to a real Node-RED as it stands, with the addresses of a stand-in for the API, a feed
// server and an MQTT broker on this machine, and does what it says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock';
import { find, placedExample } from '../support/examples.mts';
import { FlowDriver } from '../support/flow-driver.mts';
import { listen } from '../support/listen.mts';
import { Broker } from '../support/mqtt.mts';
import { completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from '../support/start-node-red.mts';

describe('examples', () => {
  let nodeRed: RunningNodeRed;
  let flows: FlowDriver;
  let api: LLMock;

  before(async () => {
    nodeRed = await startNodeRed({ settings: { debugMaxLength: 100_000 } });
    flows = await FlowDriver.connect(nodeRed);
    api = await LLMock.create({ host: '127.0.0.1', port: 0 });
  });

  after(async () => {
    flows.close();
    await nodeRed.stop();
    await api.stop();
  });

  beforeEach(() => {
    api.clearFixtures();
    api.clearRequests();
  });

  afterEach(function () {
    if (this.currentTest?.isFailed()) console.error(nodeRed.log());
  });

  const base = () => `${api.url}/v1`;

  /** The bodies of the chat requests so far. */
  const requests = () => api.getRequests().map(({ body }) => body as ChatCompletionRequest);
  const lastRow = () => requests()[0]?.messages.at(-1)?.content as string;

  describe('Ask a question', () => {
    const QUESTION = 'What is a retained message in MQTT?';

    it('should show the answer, and which model gave it for how many tokens', async () => {
      api.onMessage(QUESTION, { content: 'The last one, kept by the broker.', model: 'test-model' });
      const flow = placedExample('Ask a question', { api: base() });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'What is a retained message?'));

      assert.equal(
        (await flows.debug(find(flow, 'debug', 'Answer'))).msg,
        'The last one, kept by the broker.',
      );
      const facts = await flows.debug(find(flow, 'debug', 'Model, usage, time'));
      const { model, usage, finish_reason } = JSON.parse(facts.msg);
      assert.equal(model, 'test-model');
      assert.equal(finish_reason, 'stop');
      assert.ok(usage.total_tokens > 0);
      assert.equal(lastRow(), QUESTION);
    });

    it('should ask for the language that the message names', async () => {
      api.onMessage(/Answer in German\.$/, { content: 'Die letzte, vom Broker aufbewahrt.' });
      const flow = placedExample('Ask a question', { api: base() });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'Same question, in German'));

      assert.equal(
        (await flows.debug(find(flow, 'debug', 'Answer'))).msg,
        'Die letzte, vom Broker aufbewahrt.',
      );
      assert.equal(lastRow(), `${QUESTION}\n\nAnswer in German.`);
    });

    it('should show what went wrong', async () => {
      api.nextRequestError(401, { message: 'invalid token' });
      const flow = placedExample('Ask a question', { api: base() });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'What is a retained message?'));

      const error = JSON.parse((await flows.debug(find(flow, 'debug', 'What went wrong'))).msg);
      assert.equal(error.code, 'auth');
      assert.deepEqual(flows.debugged(find(flow, 'debug', 'Answer')), []);
    });
  });

  describe('Stream the answer', () => {
    const STORY = 'Once upon a time there was a dinosaur who was blue. Everybody liked her. The end.';

    it('should show each sentence as it comes, how it ended, and the complete story', async () => {
      api.onMessage('blue dinosaur', { content: STORY }, { chunkSize: 7 });
      const flow = placedExample('Stream the answer', { api: base() });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'Tell me a story'));

      assert.equal((await flows.debug(find(flow, 'debug', 'Complete story'))).msg, STORY);
      const sentences = flows.debugged(find(flow, 'debug', 'Each sentence')).map(({ msg }) => msg);
      assert.deepEqual(sentences, STORY.split(/(?<=\. )/));
      const ended = JSON.parse((await flows.debug(find(flow, 'debug', 'How it ended'))).msg);
      assert.equal(ended.finish_reason, 'stop');
    });

    it('should stop the story', async () => {
      api.onMessage('blue dinosaur', { content: STORY.repeat(100) }, { chunkSize: 7, latency: 5 });
      const flow = placedExample('Stream the answer', { api: base() });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'Tell me a story'));
      await flows.debug(find(flow, 'debug', 'Each sentence'));
      await flows.press(find(flow, 'inject', 'Stop'));

      const { msg } = await flows.debug(find(flow, 'debug', 'Complete story'));
      assert.ok(STORY.repeat(100).startsWith(msg));
      assert.ok(msg.length < STORY.repeat(100).length);
    });

    it('should show what went wrong when the story breaks off', async () => {
      // The latency lets the chunks out before the connection is cut.
      const cut = { chunkSize: 7, latency: 20, truncateAfterChunks: 4 };
      api.onMessage('blue dinosaur', { content: STORY }, cut);
      const flow = placedExample('Stream the answer', { api: base() });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'Tell me a story'));

      const error = JSON.parse((await flows.debug(find(flow, 'debug', 'What went wrong'))).msg);
      assert.equal(error.code, 'incomplete');
      assert.ok(STORY.startsWith(error.cause.text) && error.cause.text.length > 0);
    });
  });

  describe('Draw a picture', () => {
    const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    let server: RawServer;
    let flow: FlowNode[];

    /** Presses a button, and lets the model answer with a message that has these fields. */
    async function ask(button: string, message: object): Promise<void> {
      server = await startRawServer((response) =>
        sendJson(response, completion('', { choices: [{ message, finish_reason: 'stop' }] })),
      );
      flow = placedExample('Draw a picture', { api: server.url });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', button));
    }

    afterEach(() => server.close());

    it('should ask for a picture, and save it in a file', async () => {
      const url = `data:image/png;base64,${PNG.toString('base64')}`;
      await ask('A lighthouse', { content: '', images: [{ type: 'image_url', image_url: { url } }] });
      assert.equal((await flows.debug(find(flow, 'debug', 'Saved'))).msg, 'drawing.png');
      assert.deepEqual(readFileSync(join(nodeRed.userDir, 'drawing.png')), PNG);
      const [seen] = server.requests.items;
      assert.deepEqual(seen?.body.modalities, ['image', 'text']);
      assert.match(seen?.body.messages.at(-1).content, /^Draw a lighthouse/);
    });

    it('should show the words of a model that draws nothing', async () => {
      await ask('Words only', { content: 'A striped tower.' });
      assert.equal((await flows.debug(find(flow, 'debug', 'No picture'))).msg, 'A striped tower.');
    });
  });

  describe('Summarise a feed every morning', () => {
    let server: Server;
    let feed: string;
    let answer: { status: number; body: string };

    before(async () => {
      server = createServer((_request, response) => {
        response.writeHead(answer.status, { 'content-type': 'application/rss+xml; charset=utf-8' });
        response.end(answer.body);
      });
      feed = `http://127.0.0.1:${await listen(server)}/latest.rss`;
    });

    after(() => {
      server.close();
      server.closeAllConnections();
    });

    it('should save a briefing about the ten newest entries in the file of the day', async () => {
      answer = { status: 200, body: rss(12) };
      api.onMessage('newest entries', { content: '- Entry 1 & its "quotes" are hot.' });
      const flow = placedExample('Summarise a feed every morning', { api: base(), http: feed });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'Every morning at seven'));

      await flows.debug(find(flow, 'debug', 'Saved'));
      const content = lastRow();
      const day = /^Today is (\d{4}-\d\d-\d\d)\./.exec(content)?.[1];
      assert.equal(
        readFileSync(join(nodeRed.userDir, `briefing-${day}.md`), 'utf8'),
        '- Entry 1 & its "quotes" are hot.\n',
      );
      assert.match(
        content,
        /^- Entry 1: "Tabs" & <spaces> \(https:\/\/example\.com\/t\/1\)\n {2}Text of 1, /m,
      );
      assert.deepEqual(
        [...content.matchAll(/^- Entry (\d+)/gm)].map(([, number]) => Number(number)),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      );
      assert.doesNotMatch(
        content,
        /<p>|<\/p>|&amp;|&quot;/,
        'neither the markup of the feed nor html escapes',
      );
      assert.ok(content.length < 4500, 'the long texts are cut');
    });

    it('should manage a feed with one entry', async () => {
      answer = { status: 200, body: rss(1) };
      api.onMessage(/Entry 1/, { content: '- One thing.' });
      const flow = placedExample('Summarise a feed every morning', { api: base(), http: feed });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'Every morning at seven'));
      assert.equal((await flows.debug(find(flow, 'debug', 'Saved'))).msg, '- One thing.');
    });

    it('should say that a feed has no entries', async () => {
      answer = { status: 200, body: rss(0) };
      api.onMessage('The feed has no entries today', { content: 'Nothing new today.' });
      const flow = placedExample('Summarise a feed every morning', { api: base(), http: feed });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'Every morning at seven'));
      assert.equal((await flows.debug(find(flow, 'debug', 'Saved'))).msg, 'Nothing new today.');
    });

    it('should ask nothing when the feed can not be read', async () => {
      answer = { status: 503, body: '<html><body>Down for maintenance<br></body></html>' };
      const flow = placedExample('Summarise a feed every morning', { api: base(), http: feed });
      await flows.deploy(flow);
      await flows.press(find(flow, 'inject', 'Every morning at seven'));
      await flows.debug(find(flow, 'debug', 'What went wrong'));
      assert.deepEqual(requests(), []);
    });
  });

  describe('Explain a sensor alarm', () => {
    const ALARMS = 'plant/pump-3/vibration/alarm';
    let broker: Broker;

    before(async () => {
      broker = await Broker.start();
    });

    // The deployment without flows takes Node-RED off the broker, which would otherwise wait for it.
    after(async () => {
      await flows.deploy([]);
      await broker.stop();
    });

    async function deploy() {
      broker.forget();
      const flow = placedExample('Explain a sensor alarm', { api: base(), brokerPort: broker.port });
      await flows.deploy(flow);
      await broker.subscribed('plant/+/vibration', 'plant/+/vibration/alarm');
      return flow;
    }

    it('should publish an explanation of the reading that is over its limit, and of no other', async () => {
      api.onMessage('vibration alarm', { content: 'The bearing of pump-3 is wearing out.' });
      const flow = await deploy();
      await flows.press(find(flow, 'inject', 'Pump 3 runs well'));
      await flows.press(find(flow, 'inject', 'Pump 3 shakes'));

      assert.equal(await broker.published(ALARMS), 'The bearing of pump-3 is wearing out.');
      assert.equal(
        (await flows.debug(find(flow, 'debug', 'Alarm'))).msg,
        'The bearing of pump-3 is wearing out.',
      );
      assert.equal(requests().length, 1);
      const content = lastRow();
      assert.match(content, /^A vibration alarm came in on plant\/pump-3\/vibration\./);
      assert.deepEqual(
        JSON.parse(content.slice(content.indexOf('{'))),
        JSON.parse(find(flow, 'inject', 'Pump 3 shakes').payload as string),
      );
      assert.equal(requests()[0]?.temperature, 0.2);
    });

    it('should publish the bare alarm when there is no explanation', async () => {
      api.nextRequestError(402, { message: 'no balance', code: 'outstanding_balance' });
      const flow = await deploy();
      await flows.press(find(flow, 'inject', 'Pump 3 shakes'));
      assert.match(
        await broker.published(ALARMS),
        /^pump-3: vibration 11\.8 mm\/s, limit 7\.1\. There is no explanation: Payment required \(402\)\. .*no balance/,
      );
    });
  });
});

/** An RSS feed like those of a forum: texts with markup, some of them long. */
function rss(entries: number): string {
  const items = Array.from({ length: entries }, (_, index) => index + 1).map(
    (number) => `<item>
      <title>Entry ${number}: &quot;Tabs&quot; &amp; &lt;spaces&gt;</title>
      <description><![CDATA[<p>Text of ${number}, ${'and so on '.repeat(60)}</p>]]></description>
      <link>https://example.com/t/${number}</link>
    </item>`,
  );
  return `<?xml version="1.0" encoding="UTF-8" ?>
    <rss version="2.0"><channel><title>A forum</title>${items.join('\n')}</channel></rss>`;
}
