// Whatever bytes come, a message ends exactly once and Node-RED lives. `FUZZ_SEED=<number>` runs other mutations, or
// those of a failure again.
import assert from 'node:assert/strict';
import { asSentBack } from '../../nodes/lib/reply/tool-calls.ts';
import { describeReply } from '../../nodes/lib/sending/reply-details.ts';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import { type MovedClock, stopClock } from '../support/moved-clock.mts';
import { createRandom } from '../support/random.mts';
import {
  type Answer,
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';
import { type ReadResult, readSteps } from '../support/read-fixture.mts';
import { recordedStreams } from '../support/recorded-streams.mts';
import { serviceFixtures, withoutBytes } from '../support/service-fixtures.mts';

const SEED = Number(process.env.FUZZ_SEED ?? 20260);
const CASES = 1250;

const CODES = [
  'network',
  'incomplete',
  'server',
  'bad_request',
  'auth',
  'payment',
  'rate_limit',
  'timeout',
  'config',
];

const STREAMS = [...recordedStreams.map(({ chunks }) => chunks), chunksOf(['Grüße', ' 🦕', '\n'])].map(
  (chunks) => Buffer.from(streamText(chunks)),
);
const BODIES = [
  completion('Grüße 🦕'),
  { error: { message: 'No such model.', type: 'invalid_request_error', code: null, param: 'model' } },
  {
    ...completion(''),
    choices: [
      {
        index: 0,
        message: {
          content: [{ type: 'text', text: 'Once' }],
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'b', arguments: '{}' } }],
        },
        finish_reason: 'tool_calls',
      },
    ],
  },
].map((body) => Buffer.from(JSON.stringify(body)));

type Random = () => number;

const pick = <T,>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

const MUTATIONS: ((bytes: Buffer, random: Random) => Buffer)[] = [
  function flip(bytes, random) {
    const copy = Buffer.from(bytes);
    const at = Math.floor(random() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return copy;
  },
  function cut(bytes, random) {
    const at = Math.floor(random() * bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + Math.floor(random() * 200))]);
  },
  function duplicate(bytes, random) {
    const at = Math.floor(random() * bytes.length);
    const part = bytes.subarray(at, at + Math.floor(random() * 200));
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
  },
  function insert(bytes, random) {
    const at = Math.floor(random() * bytes.length);
    const part =
      random() < 0.5
        ? Buffer.from(Array.from({ length: 1 + Math.floor(random() * 20) }, () => Math.floor(random() * 256)))
        : Buffer.from(
            pick(random, ['\n', '\r', '\n\n', '"', '{', '}', '[', '\\', 'null', 'data:', '\uFEFF', '0']),
          );
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
  },
  function end(bytes, random) {
    return bytes.subarray(0, Math.floor(random() * bytes.length));
  },
];

function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = bytes;
  const times = 1 + Math.floor(random() * 3);
  for (let count = 0; count < times; count++) mutated = pick(random, MUTATIONS)(mutated, random);
  return mutated;
}

/** Answers with bytes that depend on nothing but the number of the case. */
const answerMutated: Answer = (response, seen, _number, { socket }) => {
  const random = createRandom(SEED + Number(seen.body.messages[0].content) * 7919);
  const isStream = random() < 0.7;
  const type = isStream ? 'text/event-stream' : 'application/json';
  const bytes = pick(random, isStream ? STREAMS : BODIES);
  const status = pick(random, [200, 200, 200, 200, 400, 500]);
  const isAbrupt = random() < 0.3;
  if (random() < 0.2) {
    // The head of the answer may be hit as well.
    const head = `HTTP/1.1 ${status} Fine\r\ncontent-type: ${type}\r\ncontent-length: ${bytes.length}\r\nconnection: close\r\n\r\n`;
    const whole = mutate(Buffer.concat([Buffer.from(head), bytes]), random);
    socket.write(whole, () => (isAbrupt ? socket.resetAndDestroy() : socket.end()));
    return;
  }
  const mutated = mutate(bytes, random);
  response.writeHead(status, {
    'content-type': random() < 0.95 ? type : pick(random, ['text/plain', 'text/html', '']),
  });
  const at = Math.floor(random() * mutated.length);
  response.write(mutated.subarray(0, at));
  setImmediate(() => {
    if (isAbrupt) response.write(mutated.subarray(at), () => socket.resetAndDestroy());
    else response.end(mutated.subarray(at));
  });
};

describe('vivgrid-chat and mutated answers', () => {
  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  for (const stream of [true, false]) {
    it(`should end each of ${CASES} messages exactly once (stream: ${stream}, seed: ${SEED})`, async function () {
      this.timeout(180_000);
      server = await startRawServer(answerMutated);
      flow = await startChatFlow({
        config: { baseUrl: server.url, maxRetries: 0, concurrency: 50, maxQueue: 0, timeout: 5 },
        chat: { stream },
      });
      for (let number = 0; number < CASES; number++) flow.input({ payload: `${number}`, topic: number });
      await flow.ended(CASES);

      // One more, unharmed, behind all of them: Node-RED lives, and nothing comes late.
      server.answer((response) => sendJson(response, completion('Fine.')));
      flow.input({ payload: 'last', topic: CASES });
      await flow.ended(CASES + 1);
      // A broken head can make a connection look as if it could be used again.
      assert.ok(server.requests.items.length <= CASES + 1);

      const outputs = byTopic(flow.outputs.items);
      const completed = byTopic(flow.completed.items);
      const caught = byTopic(flow.caught.items);
      for (let number = 0; number <= CASES; number++) {
        const where = `case ${number} of seed ${SEED} (stream: ${stream})`;
        const ends = (completed.get(number)?.length ?? 0) + (caught.get(number)?.length ?? 0);
        assert.equal(ends, 1, where);
        const failure = caught.get(number)?.[0];
        const sent = outputs.get(number) ?? [];
        if (failure) {
          assert.ok(
            CODES.includes(failure.error.code),
            `${failure.error.code}: ${failure.error.message}, ${where}`,
          );
          assert.doesNotMatch(failure.error.message, /unexpected/i, where);
          assert.equal(failure.error.cause.attempts, 1, where);
        }
        if (!stream) {
          assert.equal(sent.length, failure ? 0 : 1, where);
          if (!failure) assert.equal(typeof sent[0].payload, 'string', where);
          continue;
        }
        for (const [index, { parts, complete, payload }] of sent.entries()) {
          const isLast = !failure && index === sent.length - 1;
          assert.equal(parts.index, index, where);
          assert.equal(parts.count, isLast ? sent.length : undefined, where);
          assert.equal(complete, isLast ? true : undefined, where);
          assert.equal(payload === '', isLast, where);
        }
        if (failure) {
          const [first] = sent;
          assert.deepEqual(
            failure.parts,
            first && { ...first.parts, index: sent.length, broken: true },
            where,
          );
          const text = sent.map(({ payload }) => payload).join('');
          // A whole reply that is not finished counts as arrived, but is not sent on.
          if (first) assert.equal(failure.error.cause.text, text, where);
        } else assert.ok(sent.length > 0, where);
      }
      assert.equal(outputs.get(CASES)?.[0].payload, 'Fine.');
    });
  }
});

describe('the reader and mutated forms of what services really send', () => {
  const REPLIES = serviceFixtures.filter(({ status }) => status === 200);
  const COUNT = 2000;
  let clock: MovedClock;

  before(() => {
    clock = stopClock();
  });

  after(() => clock.stop());

  it(`should come to a reply or to a failure with a meaning ${COUNT} times (seed: ${SEED})`, () => {
    for (let number = 0; number < COUNT; number++) {
      const random = createRandom(SEED + number * 7919);
      const fixture = pick(random, REPLIES);
      const where = `case ${number} of seed ${SEED}, ${fixture.name}`;
      const bytes = mutate(fixture.bytes, random);
      const at = Math.floor(random() * bytes.length);
      const isStreamAsked = random() < 0.5;
      const read = (...steps: Buffer[]): ReadResult => readSteps(steps, fixture, isStreamAsked, clock);
      const { reply, pieces, error } = read(bytes);
      const cut = read(bytes.subarray(0, at), bytes.subarray(at));

      // Where the bytes are cut makes no difference.
      assert.equal(cut.error?.key, error?.key, where);
      assert.deepEqual(withoutBytes(describeReply(cut.reply)), withoutBytes(describeReply(reply)), where);
      assert.deepEqual(cut.pieces, pieces, where);
      if (error) {
        assert.ok(CODES.includes(error.code), `${error.code}, ${where}`);
        assert.notEqual(error.key, 'unexpected', `${error.params.words}, ${where}`);
      }
      const text = pieces.map((piece) => piece.text).join('');
      const reasoning = pieces.map((piece) => piece.reasoning).join('');
      // With several choices the pieces are of all of them.
      if (isStreamAsked && (fixture.n ?? 1) === 1 && (!error || text !== '')) {
        assert.equal(text, reply.text, where);
        assert.equal(reasoning, reply.choices[0]?.reasoning, where);
      }
      for (const piece of pieces.slice(0, -1)) assert.doesNotMatch(piece.text, /[\ud800-\udbff]$/, where);
      for (const { id, function: called } of reply.choices.flatMap(({ toolCalls }) => toolCalls)) {
        assert.equal(typeof id, 'string', where);
        const sentBack = asSentBack({ id, type: 'function', function: called }).function.arguments;
        assert.equal(typeof JSON.parse(sentBack), 'object', where);
      }
    }
  });
});

function byTopic(messages: Message[]): Map<number, Message[]> {
  const found = new Map<number, Message[]>();
  for (const message of messages) found.set(message.topic, [...(found.get(message.topic) ?? []), message]);
  return found;
}
