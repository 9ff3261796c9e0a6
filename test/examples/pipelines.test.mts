// The examples in which a reply is shaped for the node behind it, each run in a real Node-RED with its real parts.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createWebServer, type ServerResponse } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { find, placedExample } from '../support/examples.mts';
import { FlowDriver } from '../support/flow-driver.mts';
import { listen } from '../support/listen.mts';
import { Broker } from '../support/mqtt.mts';
import { launchBrowser } from '../support/open-editor.mts';
import {
  chunk,
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from '../support/start-node-red.mts';
import { startWebServer } from '../support/web-server.mts';

describe('examples for pipelines', () => {
  let nodeRed: RunningNodeRed;
  let flows: FlowDriver;
  let api: RawServer;

  before(async () => {
    nodeRed = await startNodeRed({ settings: { debugMaxLength: 100_000, httpNodeRoot: '/' } });
    flows = await FlowDriver.connect(nodeRed);
  });

  after(async () => {
    flows.close();
    await nodeRed.stop();
  });

  beforeEach(async () => {
    api = await startRawServer((response) => sendJson(response, completion('Hello!')));
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed()) console.error(nodeRed.log());
    await flows.deploy([]);
    await api.close();
  });

  const lastRow = (index: number) => api.requests.items[index]?.body.messages.at(-1).content;

  async function deploy(name: string, places: { brokerPort?: number; http?: string } = {}) {
    const flow = placedExample(name, { api: api.url, ...places });
    await flows.deploy(flow);
    return flow;
  }

  describe('Answer a voice assistant', () => {
    const SAY = 'hermes/tts/say';
    let broker: Broker;

    beforeEach(async () => {
      broker = await Broker.start();
    });

    afterEach(async () => {
      await flows.deploy([]);
      await broker.stop();
    });

    it('should speak sentence by sentence while the model talks', async () => {
      let finish = (): void => {};
      api.answer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const text of ['It scatters ', 'blue light. Dr. Tyndall ', 'saw it first.']) {
          response.write(`data: ${JSON.stringify(chunk({ content: text }))}\n\n`);
        }
        finish = () => response.end(streamText([chunk({}, 'stop')]));
      });
      await deploy('Answer a voice assistant', { brokerPort: broker.port });
      await broker.subscribed('hermes/asr/textCaptured');
      broker.publish(
        'hermes/asr/textCaptured',
        JSON.stringify({ text: 'Why is the sky blue?', siteId: 'kitchen' }),
      );
      assert.deepEqual(JSON.parse(await broker.published(SAY)), {
        text: 'It scatters blue light.',
        siteId: 'kitchen',
      });
      finish();
      const said = await broker.publishedTimes(SAY, 2);
      assert.equal(JSON.parse(said[1] as string).text, 'Dr. Tyndall saw it first.');
      assert.equal(lastRow(0), 'Why is the sky blue?');
    });

    it('should end the running answer when a new question comes', async () => {
      api.answer((response, _seen, number) => {
        if (number > 1) {
          sendStream(response, streamText(chunksOf(['Eight minutes.'])));
          return;
        }
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'The sky is blue. And' }))}\n\n`);
      });
      const flow = await deploy('Answer a voice assistant', { brokerPort: broker.port });
      await broker.subscribed('hermes/asr/textCaptured');
      await flows.press(find(flow, 'inject', 'Why is the sky blue?'));
      await broker.publishedTimes(SAY, 1);
      await flows.press(find(flow, 'inject', 'How do I boil an egg?'));
      const said = (await broker.publishedTimes(SAY, 3)).map((text) => JSON.parse(text).text);
      assert.deepEqual(said, ['The sky is blue.', 'And', 'Eight minutes.']);
      const [first] = await api.closed.count(1);
      assert.equal(first?.closedEarly, true);
    });
  });

  describe('Chat on a web page', () => {
    let browser: BrowserContext;

    before(async () => {
      browser = await launchBrowser();
    });

    after(() => browser.close());

    it('should show the answer on the page while the model writes it', async () => {
      let finish = (): void => {};
      api.answer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Once <b>upon</b>' }))}\n\n`);
        finish = () => response.end(streamText([chunk({ content: ' a time' }), chunk({}, 'stop')]));
      });
      await deploy('Chat on a web page');
      const page = await browser.newPage();
      await page.goto(new URL('chat', nodeRed.url).href);
      await page.fill('#question', 'Tell me a story & more');
      await page.click('button');
      await page.locator('.answer', { hasText: /^Once <b>upon<\/b>$/ }).waitFor();
      finish();
      await page.locator('.answer[data-done]', { hasText: /^Once <b>upon<\/b> a time$/ }).waitFor();
      assert.equal(lastRow(0), 'Tell me a story & more');
      await page.close();
    });

    it('should end the request at the model when the page is closed', async () => {
      api.answer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
      });
      await deploy('Chat on a web page');
      const page = await browser.newPage();
      await page.goto(new URL('chat', nodeRed.url).href);
      await page.fill('#question', 'Tell me a story');
      await page.press('#question', 'Enter');
      await page.locator('.answer', { hasText: 'Once' }).waitFor();
      await page.close();
      const [seen] = await api.closed.count(1);
      assert.equal(seen?.closedEarly, true);
    });

    it('should not ask again by itself when the connection breaks', async () => {
      api.answer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
      });
      await deploy('Chat on a web page');
      const relay = await startRelay(Number(new URL(nodeRed.url).port));
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${relay.port}/chat`);
      await page.fill('#question', 'Tell me a story');
      await page.click('button');
      await page.locator('.answer', { hasText: 'Once' }).waitFor();
      relay.breakConnections();
      await page.locator('.answer[data-done]', { hasText: /The connection broke/ }).waitFor();
      assert.equal(api.requests.items.length, 1);
      await page.close();
      await relay.close();
    });

    it('should say on the page what went wrong', async () => {
      api.answer((response) => sendJson(response, { error: { message: 'no balance' } }, 402));
      await deploy('Chat on a web page');
      const page = await browser.newPage();
      await page.goto(new URL('chat', nodeRed.url).href);
      await page.fill('#question', 'Tell me a story');
      await page.click('button');
      await page.locator('.answer[data-done]', { hasText: /no balance/ }).waitFor();
      await page.close();
    });
  });

  describe('Chat on a dashboard', () => {
    let browser: BrowserContext;

    before(async () => {
      browser = await launchBrowser();
    });

    after(() => browser.close());

    async function open() {
      const page = await browser.newPage();
      await page.goto(new URL('dashboard/chat', nodeRed.url).href);
      const ask = async (question: string): Promise<void> => {
        await page.getByLabel('Question').fill(question);
        await page.getByRole('button', { name: 'Ask' }).click();
      };
      const answer = (text: string) => page.locator('.model', { hasText: text }).waitFor();
      return { page, ask, answer };
    }

    it('should stream into the page that asked, with a conversation for each', async function () {
      // The dashboard is a large page, opened twice.
      this.timeout(90_000);
      let finish = (): void => {};
      api.answer((response, { body }) => {
        const [, ...rows] = body.messages as { content: string }[];
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: `${rows.length} so far` }))}\n\n`);
        finish = () => response.end(streamText([chunk({ content: ', that is all' }), chunk({}, 'stop')]));
      });
      await deploy('Chat on a dashboard');
      const one = await open();
      const two = await open();
      await one.ask('I am Ada');
      await one.answer('1 so far');
      finish();
      await one.answer('1 so far, that is all');
      await two.ask('I am Bob');
      await two.answer('1 so far');
      finish();
      await two.answer('1 so far, that is all');
      await one.ask('Who am I?');
      await one.answer('3 so far');
      finish();
      await one.answer('3 so far, that is all');
      // Asked at once, answered one after the other, each in its own line.
      await one.ask('First?');
      await one.ask('Second?');
      await one.answer('5 so far');
      finish();
      await one.answer('7 so far');
      finish();
      await one.answer('7 so far, that is all');
      assert.deepEqual((await one.page.locator('.model').allTextContents()).slice(2), [
        '5 so far, that is all',
        '7 so far, that is all',
      ]);
      assert.equal(await two.page.locator('.model').count(), 1);
      await one.page.close();
      await two.page.close();
    });
  });

  describe('Turn readings into a table', () => {
    it('should append a row for each reading that the model finds', async () => {
      const file = join(nodeRed.userDir, 'readings.csv');
      rmSync(file, { force: true });
      const readings = [
        { device: 'Boiler 2', quantity: 'temperature', value: 74.5, unit: '°C' },
        { device: 'Pump, cellar', quantity: 'power', value: 340, unit: 'W' },
      ];
      api.answer((response) => sendJson(response, completion(JSON.stringify({ readings }))));
      const flow = await deploy('Turn readings into a table');
      await flows.press(find(flow, 'inject', 'A note from the boiler room'));
      await flows.debug(find(flow, 'debug', 'Row'));
      while (flows.debugged(find(flow, 'debug', 'Row')).length < 2) await new Promise(setImmediate);
      await until(() => readFileSync(file, 'utf8').split('\n').length === 4);
      assert.equal(
        readFileSync(file, 'utf8'),
        'device,quantity,value,unit\nBoiler 2,temperature,74.5,°C\n"Pump, cellar",power,340,W\n',
      );
      const { response_format, temperature } = api.requests.items[0]?.body ?? {};
      assert.equal(temperature, 0);
      assert.equal(response_format.json_schema.name, 'readings');
    });

    it('should show what the model wrote when it breaks the schema', async () => {
      api.answer((response) => sendJson(response, completion('{"readings":[{"device":"Boiler 2"}]}')));
      const flow = await deploy('Turn readings into a table');
      await flows.press(find(flow, 'inject', 'A line from a logger'));
      const error = JSON.parse((await flows.debug(find(flow, 'debug', 'What went wrong'))).msg);
      assert.equal(error.code, 'schema');
      assert.equal(error.cause.text, '{"readings":[{"device":"Boiler 2"}]}');
    });
  });

  describe('Describe a camera picture', () => {
    it('should show the picture to the model', async () => {
      const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0]);
      const camera = await startWebServer('image/jpeg', jpeg);
      api.answer((response) => sendJson(response, completion('A parcel, and nobody waits.')));
      const flow = await deploy('Describe a camera picture', { http: camera.url });
      await flows.press(find(flow, 'inject', 'Look now'));
      assert.equal(
        (await flows.debug(find(flow, 'debug', 'Description'))).msg,
        'A parcel, and nobody waits.',
      );
      assert.deepEqual(lastRow(0), [
        { type: 'text', text: 'What do you see?' },
        { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${jpeg.toString('base64')}` } },
      ]);
      await camera.close();
    });

    it('should report once that there is no picture, and then not ask the model', async () => {
      // Off at first, then on without the page, and all right at last.
      const answers: ((response: ServerResponse) => void)[] = [
        (response) => response.destroy(),
        (response) => response.writeHead(404).end('<h1>Not found</h1>'),
        (response) => response.writeHead(200).end(Buffer.from([0xff, 0xd8, 0xff, 0xe0])),
      ];
      const camera = createWebServer((_request, response) => answers.shift()?.(response));
      const http = `http://127.0.0.1:${await listen(camera)}/`;
      const flow = await deploy('Describe a camera picture', { http });
      const shown = ['What went wrong', 'No picture', 'Description'].map((name) => find(flow, 'debug', name));
      for (const debug of shown) {
        await flows.press(find(flow, 'inject', 'Look now'));
        await flows.debug(debug);
      }
      assert.deepEqual(
        shown.map((debug) => flows.debugged(debug).length),
        [1, 1, 1],
      );
      assert.equal(api.requests.items.length, 1);
      camera.closeAllConnections();
      camera.close();
    });
  });

  describe('Summarise a long document', () => {
    it('should summarise the parts side by side and then their summaries, in order', async () => {
      const parts = ['A', 'B', 'C'].map((letter) => letter.repeat(8000));
      writeFileSync(join(nodeRed.userDir, 'document.txt'), parts.join('').slice(0, -1000));
      const waiting: (() => void)[] = [];
      api.answer((response, { body }) => {
        const text = body.messages.at(-1).content as string;
        if (text.length < 1000) {
          sendJson(response, completion('All in all.'));
          return;
        }
        // The parts are answered in the reverse order, once all of them have come.
        waiting.unshift(() => sendJson(response, completion(`About ${text[0]}.`)));
        if (waiting.length === 3) for (const answer of waiting) answer();
      });
      const flow = await deploy('Summarise a long document');
      await flows.press(find(flow, 'inject', 'Summarise document.txt'));
      assert.equal((await flows.debug(find(flow, 'debug', 'Summary'))).msg, 'All in all.');
      assert.equal(lastRow(3), 'About A.\n\nAbout B.\n\nAbout C.');
    });
  });

  describe('Tell failures apart', () => {
    const ask = (): Promise<Response> => fetch(new URL('ask?q=Hello', nodeRed.url));

    async function deployOnce(): Promise<FlowNode[]> {
      const flow = placedExample('Tell failures apart', { api: api.url }).map((node) =>
        node.type === 'vivgrid-config' ? { ...node, maxRetries: 0 } : node,
      );
      await flows.deploy(flow);
      return flow;
    }

    it('should answer, and say the right thing when there is no answer', async () => {
      const flow = await deployOnce();
      const good = await ask();
      assert.deepEqual([good.status, await good.text()], [200, 'Hello!']);

      const cases = [
        { status: 500, answered: 503, words: /again in a minute/ },
        { status: 400, answered: 400, words: /ask differently/ },
        { status: 401, answered: 500, words: /my owner knows/ },
      ];
      for (const { status, answered, words } of cases) {
        api.answer((response) => sendJson(response, { error: { message: 'no' } }, status));
        const response = await ask();
        assert.equal(response.status, answered);
        assert.match(await response.text(), words);
      }
      const error = JSON.parse((await flows.debug(find(flow, 'debug', 'For the owner'))).msg);
      assert.equal(error.code, 'auth');
    });
  });

  describe('Run a chat bot', () => {
    it('should remember each chat by itself, and forget it when asked to', async () => {
      const messenger = await startWebServer('application/json', '{"ok":true}');
      let number = 0;
      api.answer((response) => sendJson(response, completion(`Answer ${++number}`)));
      await deploy('Run a chat bot', { http: messenger.url });
      let sent = 0;
      const say = async (id: number | string, text: string): Promise<void> => {
        const response = await fetch(new URL('bot', nodeRed.url), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ message: { chat: { id }, text } }),
        });
        assert.equal(response.status, 200);
        await messenger.requests.count(++sent);
      };
      await say(-17, 'I am Ada');
      await say('a.b@c', 'I am Bob');
      await say(-17, 'Who am I?');
      await say(-17, '/forget');
      await say(-17, 'And now?');

      const rows = api.requests.items.map(({ body }) =>
        body.messages.slice(1).map(({ content }: { content: string }) => content),
      );
      assert.deepEqual(rows, [
        ['I am Ada'],
        ['I am Bob'],
        ['I am Ada', 'Answer 1', 'Who am I?'],
        ['And now?'],
      ]);
      assert.deepEqual(messenger.requests.items.map((text) => JSON.parse(text)).slice(0, 4), [
        { chat_id: -17, text: 'Answer 1' },
        { chat_id: 'a.b@c', text: 'Answer 2' },
        { chat_id: -17, text: 'Answer 3' },
        { chat_id: -17, text: 'Forgotten.' },
      ]);
      await messenger.close();
    });
  });
});

/** Passes connections on to a port of this machine, until it breaks them. */
async function startRelay(to: number) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(to, '127.0.0.1');
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on('error', () => end.destroy());
    }
    socket.pipe(onward).pipe(socket);
  });
  const breakConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: await listen(server),
    breakConnections,
    close() {
      breakConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Waits for something in the file system, which tells nobody. The test's own time limit ends a vain wait. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
