// "Share the work over MQTT", in two real Node-REDs behind a real MQTT 5 broker.
import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import { Collector } from '../support/collector.mts';
import { find, placedExample, readExample } from '../support/examples.mts';
import { FlowDriver } from '../support/flow-driver.mts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.mts';
import { type Answer, completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from '../support/start-node-red.mts';

const NAME = 'Share the work over MQTT';
const echo: Answer = (response, { body }) =>
  sendJson(response, completion(`re: ${body.messages.at(-1).content}`));

describe(NAME, function () {
  // Each test starts two Node-REDs.
  this.timeout(60_000);
  let broker: Mosquitto;
  let service: RawServer;
  let client: MqttClient;
  let answers: Collector<{ topic: string; text: string }>;
  let running: Map<string, RunningNodeRed>;
  let started: number;

  beforeEach(async () => {
    broker = await startMosquitto();
    service = await startRawServer(echo);
    running = new Map();
    started = 0;
    answers = new Collector();
    client = await connectAsync({ port: broker.port, host: '127.0.0.1', protocolVersion: 5 });
    client.on('message', (topic, text) => answers.add({ topic, text: text.toString() }));
    await client.subscribeAsync('answer/#', { qos: 1 });
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed()) for (const nodeRed of running.values()) console.error(nodeRed.log());
    await client.endAsync();
    await Promise.all([...running.values()].map((nodeRed) => nodeRed.stop()));
    await service.close();
    await broker.stop();
  });

  /** The instance that answers this part, and says in a header which it is. */
  async function start(part: number): Promise<RunningNodeRed> {
    const flows = placedExample(NAME, { api: service.url, brokerPort: broker.port }).map((node): FlowNode => {
      if (node.type !== 'vivgrid-config') return node;
      return { ...node, headers: [{ name: 'x-part', value: 'PART', type: 'env' }] };
    });
    const nodeRed = await startNodeRed({ flows, env: { INSTANCE: `instance-${part}`, PART: `${part}` } });
    running.set(`${part}`, nodeRed);
    started++;
    await broker.subscribed('$share/answerers/ask/+', started);
    await broker.subscribed(`talk/${part}/+`, 1);
    return nodeRed;
  }

  const ask = (topic: string, text: string) => client.publishAsync(topic, text, { qos: 1 });
  const partsAsked = () => service.requests.items.map(({ headers }) => headers['x-part']);

  it('should give each question to one instance, and share them', async () => {
    await Promise.all([start(0), start(1)]);
    const questions = Array.from({ length: 20 }, (_, index) => `question ${index}`);
    for (const question of questions) await ask('ask/bob', question);
    await answers.count(20);
    assert.deepEqual(
      answers.items.map(({ text }) => text).sort(),
      questions.map((text) => `re: ${text}`).sort(),
    );
    assert.ok(answers.items.every(({ topic }) => topic === 'answer/bob'));
    assert.deepEqual([...new Set(partsAsked())].sort(), ['0', '1']);
    assert.equal(service.requests.items.length, 20);
  });

  it('should keep a conversation to the instance of its part, with its memory', async () => {
    await Promise.all([start(0), start(1)]);
    for (const [index, text] of ['I am Ada.', 'Who am I?', 'And now?'].entries()) {
      await ask('talk/1/ada', text);
      await answers.count(index + 1);
    }
    assert.deepEqual(partsAsked(), ['1', '1', '1']);
    const rows = service.requests.items[2]?.body.messages.slice(1);
    assert.deepEqual(
      rows.map(({ content }: { content: string }) => content),
      ['I am Ada.', 're: I am Ada.', 'Who am I?', 're: Who am I?', 'And now?'],
    );
  });

  it('should answer what came for a conversation while its instance was away', async () => {
    await Promise.all([start(0), start(1)]);
    await ask('talk/1/ada', 'Are you there?');
    await answers.count(1);
    await running.get('1')?.kill();
    running.delete('1');
    await ask('talk/1/ada', 'And now?');
    await ask('ask/bob', 'Is anybody there?');
    await answers.count(2);
    assert.equal(answers.items[1]?.text, 're: Is anybody there?');
    await start(1);
    await answers.count(3);
    assert.deepEqual(answers.items[2], { topic: 'answer/ada', text: 're: And now?' });
  });

  it('should lose what an instance had taken when it is killed, and nothing else', async () => {
    await start(0);
    service.answer(() => {});
    await ask('ask/bob', 'Lost?');
    await service.requests.count(1);
    await running.get('0')?.kill();
    service.answer(echo);
    await start(0);
    await ask('ask/bob', 'And this one?');
    await answers.count(1);
    assert.deepEqual(
      answers.items.map(({ text }) => text),
      ['re: And this one?'],
    );
  });

  it('should say why when there is no answer', async () => {
    await start(0);
    service.answer((response) => sendJson(response, { error: { message: 'no balance is left' } }, 402));
    await ask('ask/bob', 'Hello?');
    await ask('talk/0/ada', 'Hello?');
    await answers.count(2);
    assert.deepEqual(answers.items.map(({ topic }) => topic).sort(), ['answer/ada', 'answer/bob']);
    for (const { text } of answers.items)
      assert.match(text, /^There is no answer now\. .*no balance is left/);
  });

  it('should do what its buttons say', async () => {
    const flow = readExample(NAME);
    const flows = await FlowDriver.connect(await start(0));
    await flows.press(find(flow, 'inject', 'Anna asks three questions'));
    await flows.debugTimes(find(flow, 'debug', 'Answers'), 3);
    await flows.press(find(flow, 'inject', 'Anna says her name'));
    await answers.count(4);
    await flows.press(find(flow, 'inject', 'Anna asks what it is'));
    await answers.count(5);
    assert.ok(answers.items.every(({ topic }) => topic === 'answer/anna'));
    const rows = service.requests.items.at(-1)?.body.messages.slice(1);
    assert.equal(rows[1].content, 're: My name is Anna.');
    flows.close();
  });
});
