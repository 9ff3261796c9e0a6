// "A queue that survives", in real Node-REDs with a real Redis: nothing is lost, whatever ends in the middle.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { Collector } from '../support/collector.mts';
import { find, readExample } from '../support/examples.mts';
import { FlowDriver } from '../support/flow-driver.mts';
import { ANSWERS, ASIDE, QUESTIONS, QueueRun, type QueueSettings } from '../support/queue-run.mts';
import { type Answer, completion, sendJson } from '../support/raw-server.mts';
import { readStream, streamUntil } from '../support/redis.mts';

const SETTINGS: QueueSettings = { atOnce: 8, tries: 3, wait: 2, tick: 0.5 };
const echo: Answer = (response, { body }) =>
  sendJson(response, completion(`re: ${body.messages.at(-1).content}`));
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `question ${index}`);

describe('A queue that survives', function () {
  // Each test starts a Node-RED or several, and waits for tries that are made later.
  this.timeout(60_000);
  const flow = readExample('A queue that survives');
  let run: QueueRun;

  async function start(answer: Answer = echo, settings: Partial<QueueSettings> = {}): Promise<void> {
    run = await QueueRun.start({ ...SETTINGS, ...settings }, answer);
  }

  afterEach(async function () {
    if (this.currentTest?.isFailed())
      for (const nodeRed of run.running.values()) console.error(nodeRed.log());
    await run.stop();
  });

  const texts = async (stream: string, field: string): Promise<string[]> =>
    (await readStream(run.redis.client, stream)).map((entry) => entry[field] as string);

  it('should do what its buttons say', async () => {
    await start();
    const flows = await FlowDriver.connect(await run.startInstance('one'));
    await flows.press(find(flow, 'inject', 'Ask three questions'));
    await streamUntil(run.redis, ANSWERS, (entries) => entries.length === 3);
    const answers = await texts(ANSWERS, 'text');
    assert.ok(answers.includes('re: Why is the sky blue?'), answers.join());
    await flows.press(find(flow, 'inject', "Ask what can't be answered"));
    await streamUntil(run.redis, ASIDE, (entries) => entries.length === 1);

    await flows.press(find(flow, 'inject', 'Show the last answers'));
    assert.match((await flows.debug(find(flow, 'debug', 'Last answers'))).msg, /re: Why is the sky blue\?/);
    await flows.press(find(flow, 'inject', 'Show what was put aside'));
    assert.match((await flows.debug(find(flow, 'debug', 'Put aside'))).msg, /"parameter"/);
    assert.equal(flows.debugged(find(flow, 'debug', 'Answers')).length, 3);
    assert.deepEqual(flows.debugged(find(flow, 'debug', 'What went wrong')), []);
    flows.close();
  });

  it('should take no more than there is room for, and keep nothing that is answered', async () => {
    const waiting: (() => void)[] = [];
    await start((response, seen, number, request) => {
      waiting.push(() => echo(response, seen, number, request));
    });
    await run.startInstance('one');
    const ids = await run.ask(numbered(20));
    const { requests } = run.service;
    await requests.count(8);
    assert.equal(await pendingCount(), 8);
    for (let answered = 0; answered < 20; answered++) {
      await requests.count(Math.min(20, answered + 8));
      assert.ok(requests.items.length <= answered + 8);
      waiting.shift()?.();
      await streamUntil(run.redis, ANSWERS, ({ length }) => length > answered);
    }
    await run.finished(ids);
    assert.equal(await pendingCount(), 0);
    assert.equal((await run.account(ids)).answered, 20);
  });

  async function pendingCount(): Promise<number> {
    const [count] = await run.redis.client.xpending(QUESTIONS, 'answering');
    return Number(count);
  }

  it('should try a failed question again later, and put it aside with its error after so many times', async () => {
    await start((response, seen, number, request) => {
      const question = seen.body.messages.at(-1).content;
      const times = run.service.requests.items.filter(
        ({ body }) => body.messages.at(-1).content === question,
      );
      const isFailure = question === 'question 1' || (question === 'question 2' && times.length < 3);
      if (isFailure) sendJson(response, { error: { message: `No ${times.length}.` } }, 500);
      else echo(response, seen, number, request);
    });
    await run.startInstance('one');
    const ids = await run.ask(numbered(3));
    await run.finished(ids);
    const [entry, ...more] = await readStream(run.redis.client, ASIDE);
    assert.deepEqual(more, []);
    const { question, text, code, error, tries } = entry ?? assert.fail();
    assert.deepEqual([question, text, code, tries], [ids[1], 'question 1', 'server', '3']);
    assert.match(error ?? '', /No 3\./);
    const tried = (await readStream(run.redis.client, ANSWERS)).map(({ question, tries }) => [
      question,
      tries,
    ]);
    assert.deepEqual(tried, [
      [ids[0], '1'],
      [ids[2], '3'],
    ]);
  });

  it('should not take over what another instance still works on', async () => {
    let finish = (): void => {};
    await start((response, seen, number, request) => {
      finish = () => echo(response, seen, number, request);
    });
    await run.startInstance('one');
    const ids = await run.ask(['slow']);
    await run.service.requests.count(1);
    await run.startInstance('two');
    // It looks four times in the time after which it may take over what nobody renews.
    await commands('two', 'XAUTOCLAIM', 8);
    finish();
    await run.finished(ids);
    assert.equal(run.service.requests.items.length, 1);
  });

  /** Waits until this instance has sent a command so many times more. */
  async function commands(instance: string, command: string, count: number): Promise<void> {
    // Not with the client: it takes the first lines for answers when they come along with that to its command.
    const socket = connect(run.redis.port, '127.0.0.1');
    socket.write('MONITOR\r\n');
    let seen = 0;
    for await (const line of createInterface({ input: socket })) {
      const [name, , , consumer] = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) => word);
      if (name === command && consumer === instance && ++seen === count) break;
    }
    socket.destroy();
  }

  it('should ask again what a deployment ended', async () => {
    await start((response, seen, number, request) => {
      if (number > 1) echo(response, seen, number, request);
    });
    const nodeRed = await run.startInstance('one');
    const ids = await run.ask(['slow']);
    await run.service.requests.count(1);
    await nodeRed.deploy(await nodeRed.flows());
    await run.finished(ids);
    assert.equal((await run.account(ids)).answered, 1);
    assert.equal(run.service.requests.items.length, 2);
  });

  it('should ask again when there is no end of an answer, as when only the chat node was deployed', async () => {
    const slow: Answer = (response, seen, number, request) => {
      if (number > 1) echo(response, seen, number, request);
    };
    await start(slow, { longest: 1 });
    await run.startInstance('one');
    const ids = await run.ask(['slow']);
    await run.finished(ids);
    assert.equal((await run.account(ids)).answered, 1);
    assert.equal(run.service.requests.items.length, 2);
  });

  it('should put aside what was taken so often and never ended, without asking again', async () => {
    await start();
    const { client } = run.redis;
    await client.xgroup('CREATE', QUESTIONS, 'answering', '0', 'MKSTREAM');
    const [id, ...more] = await run.ask(['deadly', 'harmless']);
    await client.xreadgroup('GROUP', 'answering', 'dead', 'COUNT', 1, 'STREAMS', QUESTIONS, '>');
    const state = ['IDLE', 60_000, 'RETRYCOUNT', SETTINGS.tries] as const;
    await client.xclaim(QUESTIONS, 'answering', 'dead', 0, id as string, ...state);
    await run.startInstance('one');
    await run.finished([id as string, ...more]);
    const [{ question, code, error } = assert.fail()] = await readStream(client, ASIDE);
    assert.deepEqual([question, code], [id, 'given_up']);
    assert.equal(error, 'It was taken 3 times and never ended.');
    assert.deepEqual(await texts(ANSWERS, 'text'), ['re: harmless']);
    assert.equal(run.service.requests.items.length, 1);
  });

  it('should go on when Redis was killed, with all that it had', async () => {
    const waiting: (() => void)[] = [];
    await start((response, seen, number, request) => {
      if (number > 8) echo(response, seen, number, request);
      else waiting.push(() => echo(response, seen, number, request));
    });
    await run.startInstance('one');
    const ids = await run.ask(numbered(20));
    await run.service.requests.count(8);
    await run.redis.restart();
    for (const answer of waiting) answer();
    await run.finished(ids);
    const { answered, lost } = await run.account(ids);
    assert.deepEqual([answered, lost], [20, []]);
  });

  it('should take an answer given twice for explained only by a kill at that moment', async () => {
    await start();
    const { client } = run.redis;
    await client.xgroup('CREATE', QUESTIONS, 'answering', '0', 'MKSTREAM');
    const ids = await run.ask(['killed', 'not killed']);
    await client.xreadgroup('GROUP', 'answering', 'one', 'STREAMS', QUESTIONS, '>');
    for (const id of ids) await client.xadd(ANSWERS, '*', 'question', id, 'by', 'one');
    await client.xack(QUESTIONS, 'answering', ids[1] as string);
    await run.kill('one');
    for (const id of ids) await client.xadd(ANSWERS, '*', 'question', id, 'by', 'two');
    const { twice, unexplained } = await run.account(ids);
    assert.deepEqual([twice, unexplained], [ids, [ids[1]]]);
  });

  it('should answer 200 questions with two instances, one of which is killed', async () => {
    // The one that is killed has answered some, and is at work.
    const held = new Collector<object>();
    let asked = 0;
    const failing: Answer = (response, seen, number, request) => {
      const isKilledSoon = seen.headers['x-instance'] === 'one' && run.kills.length === 0;
      if (isKilledSoon && ++asked > 20) held.add(response);
      else if (number % 20 === 3) sendJson(response, { error: { message: 'no' } }, 503);
      else echo(response, seen, number, request);
    };
    await start(failing, { wait: 4 });
    await Promise.all([run.startInstance('one'), run.startInstance('two')]);
    const ids = await run.ask(numbered(200));
    await held.count(1);
    const { pending } = await run.kill('one');
    assert.ok(pending.length > 0, 'it was at work');
    await run.startInstance('one');
    await run.finished(ids);

    const { answered, aside, lost, unexplained } = await run.account(ids);
    assert.deepEqual([lost, unexplained], [[], []]);
    assert.equal(answered + aside, 200);
    const by = new Set(await texts(ANSWERS, 'by'));
    assert.deepEqual([...by].sort(), ['one', 'two']);
  });
});
