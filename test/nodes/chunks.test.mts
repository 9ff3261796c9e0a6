// Streamed replies as a flow sees them: the units they come in, how often, and that nothing of them is lost.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatSettings, Chunks } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import {
  type Answer,
  chunk,
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';

const { hooks } = createRequire(import.meta.url)('@node-red/util') as {
  hooks: { add(name: string, handler: (events: SendEvent[]) => void): void; remove(name: string): void };
};

/** What Node-RED tells its hooks of a message that is being sent. */
interface SendEvent {
  source: { id: string };
  destination: { id: string };
  msg: Message;
}

const CHUNKS: Chunks[] = ['token', 'line', 'sentence', 'growing'];

// Windows and Unix line ends, blank lines, decimals, abbreviations, other scripts, blanks at both ends.
const TEXT =
  '  Dr. Lee measured 21.5 °C at 7 a.m. and closed the valve.\r\n\r\nAll is well! Is it? Ja, z. B. im Keller.\n' +
  '今日は暑いです。窓を開けます。 🌡️👩‍🔧 – “Good.” Done…\n\t\n';

describe('chunks', () => {
  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  async function start(
    answer: Answer,
    chat: Partial<ChatSettings>,
    options: Partial<FlowOptions> = {},
  ): Promise<void> {
    server = await startRawServer(answer);
    flow = await startChatFlow({
      ...options,
      config: { baseUrl: server.url, maxRetries: 0, ...options.config },
      chat: { stream: true, ...chat },
    });
  }

  /** A stream of these pieces of text, at once. */
  const streamOf =
    (pieces: string[]): Answer =>
    (response) =>
      sendStream(response, streamText(chunksOf(pieces)));

  /** The pieces one by one, so many milliseconds apart. */
  const slowly =
    (deltas: object[], milliseconds: number): Answer =>
    async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const delta of deltas) {
        response.write(`data: ${JSON.stringify(chunk(delta))}\n\n`);
        await sleep(milliseconds);
      }
      response.end(streamText([chunk({}, 'stop')]));
    };

  const helperNode = (id: string): Message => ({ id, z: 'tab', type: 'helper' });
  const joinNode = (id: string, to: string): Message => ({
    id,
    z: 'tab',
    type: 'join',
    mode: 'auto',
    wires: [[to]],
  });

  /** What arrives at a node besides the first output's. */
  function collect(id: string): Collector<Message> {
    const messages = new Collector<Message>();
    flow.node(id).on('input', (message: Message) => messages.add(message));
    return messages;
  }

  const payloads = (messages: Message[]): string[] => messages.map(({ payload }) => payload);
  const cut = (text: string, size: number): string[] =>
    text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'gu')) ?? [];

  describe('units', () => {
    for (const chunks of CHUNKS) {
      for (const interval of [0, 5]) {
        it(`should come to the reply to the byte: ${chunks}, interval ${interval}`, async () => {
          await start(
            streamOf(cut(TEXT, 3)),
            { chunks, interval, whole: true },
            {
              wires: [['joiner'], ['whole']],
              nodes: [joinNode('joiner', 'joined'), helperNode('joined'), helperNode('whole')],
            },
          );
          const joined = collect('joined');
          const whole = collect('whole');
          flow.input({ payload: 'Hi' });
          await flow.ended(1);
          await whole.count(1);
          const texts = payloads(flow.outputs.items);
          if (chunks === 'growing') assert.equal(texts.at(-1), TEXT);
          else {
            assert.equal(texts.join(''), TEXT);
            assert.equal((await joined.count(1))[0].payload, TEXT);
          }
          assert.equal(whole.items[0].payload, TEXT);
          assert.deepEqual(
            texts.slice(0, -1).filter((text) => text === ''),
            [],
          );
        });
      }
    }

    it('should send each line with its end, as soon as it is complete', async () => {
      await start(streamOf(['one\nt', 'wo\r\n\n', 'thr', 'ee']), { chunks: 'line' });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(payloads(flow.outputs.items), ['one\n', 'two\r\n', '\n', 'three', '']);
    });

    it('should send sentences that decimals and abbreviations do not break', async () => {
      await start(streamOf(cut(TEXT, 4)), { chunks: 'sentence' });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      const sentences = payloads(flow.outputs.items).map((text) => text.trim());
      assert.deepEqual(sentences.slice(0, 6), [
        'Dr. Lee measured 21.5 °C at 7 a.m. and closed the valve.',
        'All is well!',
        'Is it?',
        'Ja, z. B. im Keller.',
        '今日は暑いです。',
        '窓を開けます。',
      ]);
    });

    it('should send a sentence when the next one begins, while the model still talks', async () => {
      await start(
        (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(`data: ${JSON.stringify(chunk({ content: 'The valve is shut. It' }))}\n\n`);
        },
        { chunks: 'sentence' },
      );
      flow.input({ payload: 'Hi' });
      const [message] = await flow.outputs.count(1);
      assert.equal(message.payload, 'The valve is shut. ');
    });

    it('should let each growing message hold the text so far, the closing one all of it', async () => {
      await start(streamOf(['Once', ' upon', ' a time']), { chunks: 'growing' });
      flow.input({ payload: 'Hi', parts: { id: 'outer', index: 3, count: 5, type: 'array' } });
      await flow.ended(1);
      const messages = flow.outputs.items;
      assert.deepEqual(payloads(messages), ['Once', 'Once upon', 'Once upon a time', 'Once upon a time']);
      for (const [index, { parts, complete, vivgrid }] of messages.entries()) {
        assert.deepEqual(parts, { id: 'outer', index: 3, count: 5, type: 'array' });
        assert.equal(complete, index === 3 ? true : undefined);
        if (index < 3) assert.equal(vivgrid.index, index);
      }
      assert.equal(messages[3].vivgrid.finish_reason, 'stop');
      assert.notEqual(messages[0].parts, messages[1].parts);
    });

    it('should put no parts of its own on growing messages', async () => {
      await start(streamOf(['Once', ' upon']), { chunks: 'growing' });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.ok(flow.outputs.items.every((message) => !('parts' in message)));
    });

    it('should send the closing message alone for an empty reply', async () => {
      for (const chunks of CHUNKS) {
        await start(streamOf([]), { chunks });
        flow.input({ payload: 'Hi' });
        await flow.ended(1);
        assert.deepEqual(payloads(flow.outputs.items), ['']);
        assert.equal(flow.outputs.items[0].complete, true);
        assert.equal(flow.outputs.items[0].parts?.count, chunks === 'growing' ? undefined : 1);
        if (chunks !== 'growing') {
          await flow.stop();
          await server.close();
        }
      }
    });

    it('should not take a stale msg.complete for its own', async () => {
      await start(
        streamOf(['Once', ' upon']),
        { whole: true },
        {
          wires: [['joiner'], ['whole']],
          nodes: [joinNode('joiner', 'joined'), helperNode('joined'), helperNode('whole')],
        },
      );
      const joined = collect('joined');
      flow.input({ payload: 'Hi', complete: true });
      assert.equal((await joined.count(1))[0].payload, 'Once upon');
      assert.deepEqual(
        flow.outputs.items.map(({ complete }) => complete),
        [undefined, undefined, true],
      );
    });

    it('should put the text where output says, and leave the rest of the message alone', async () => {
      await start(streamOf(['Once', ' upon']), { output: 'payload.reply' });
      flow.input({ payload: { question: 'Hi' }, topic: 'story' });
      await flow.ended(1);
      assert.deepEqual(
        flow.outputs.items.map(({ payload, topic }) => [payload, topic]),
        ['Once', ' upon', ''].map((reply) => [{ question: 'Hi', reply }, 'story']),
      );
    });
  });

  describe('interval', () => {
    const INTERVAL = 60;
    // Node's timers may run a millisecond early.
    const NEARLY = INTERVAL - 2;

    /** The chunk messages with the time at which each was sent; when it arrives depends on what else there is to do. */
    async function timed(deltas: object[], chat: Partial<ChatSettings>): Promise<[number, Message][]> {
      await start(slowly(deltas, 10), { interval: INTERVAL, ...chat });
      const sent: [number, Message][] = [];
      hooks.add('onSend.interval', (events: SendEvent[]) => {
        for (const { source, destination, msg } of events)
          if (source.id === 'chat' && destination.id === 'out') sent.push([performance.now(), msg]);
      });
      try {
        flow.input({ payload: 'Hi' });
        await flow.ended(1);
      } finally {
        hooks.remove('onSend.interval');
      }
      return sent;
    }

    /** Those that the end of the reply lets out come when it ends. */
    function assertPaced(sent: [number, Message][], atTheEnd: number): void {
      const paced = sent.slice(0, -atTheEnd);
      assert.ok(paced.length > 2, `${paced.length} messages`);
      for (const [index, [time]] of paced.entries()) {
        const before = paced[index - 1]?.[0];
        if (before !== undefined) assert.ok(time - before >= NEARLY, `${time - before} ms after the last`);
      }
    }

    for (const chunks of CHUNKS) {
      it(`should send at most one chunk message per interval: ${chunks}`, async () => {
        const deltas = cut('Yes. No. \n'.repeat(10), 4).map((content) => ({ content }));
        assertPaced(await timed(deltas, { chunks }), 2);
      });
    }

    it('should keep to it when reasoning and text take turns, and lose none of either', async () => {
      const deltas = Array.from({ length: 30 }, (_, index) => ({
        content: `t${index} `,
        reasoning_content: `r${index} `,
      }));
      const sent = await timed(deltas, { reasoning: true });
      assertPaced(sent, 3);
      const messages = sent.map(([, message]) => message);
      assert.equal(payloads(messages).join(''), deltas.map(({ content }) => content).join(''));
      assert.equal(
        messages
          .slice(0, -1)
          .map(({ vivgrid }) => vivgrid.reasoning ?? '')
          .join(''),
        deltas.map(({ reasoning_content }) => reasoning_content).join(''),
      );
      assert.ok(messages.some(({ payload }) => payload !== ''));
    });

    it('should send the first chunk at once, and the rest at the end if the interval is longer than the reply', async () => {
      // The second is more than a timer can hold.
      for (const interval of [60_000, 3_000_000_000]) {
        await start(slowly([{ content: 'a' }, { content: 'b' }, { content: 'c' }], 10), { interval });
        flow.input({ payload: 'Hi' });
        await flow.ended(1);
        assert.deepEqual(payloads(flow.outputs.items), ['a', 'bc', '']);
        if (interval === 60_000) {
          await flow.stop();
          await server.close();
        }
      }
    });

    it('should give out on a reset what was held back, then close', async () => {
      await start(
        (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          for (const content of ['a', 'b', 'c'])
            response.write(`data: ${JSON.stringify(chunk({ content }))}\n\n`);
        },
        { interval: 60_000, reasoning: true },
      );
      flow.input({ payload: 'Hi' });
      await flow.outputs.count(1);
      // All three were written together, so they are read by now.
      await sleep(50);
      flow.input({ payload: '', reset: true });
      await flow.ended(2);
      assert.deepEqual(payloads(flow.outputs.items), ['a', 'bc', '']);
      assert.equal(flow.outputs.items[2].vivgrid.finish_reason, 'cancelled');
    });
  });

  describe('reasoning', () => {
    const DELTAS = [
      { reasoning_content: 'Hm' },
      { reasoning_content: ', well.' },
      { content: 'Once' },
      { content: ' upon' },
      { reasoning_content: 'Go on.' },
      { content: ' a time' },
    ];
    const thinking: Answer = (response) =>
      sendStream(response, streamText([...DELTAS.map((delta) => chunk(delta)), chunk({}, 'stop')]));

    it('should be sent as chunks of its own when asked for', async () => {
      await start(
        thinking,
        { reasoning: true },
        { wires: [['joiner']], nodes: [joinNode('joiner', 'joined'), helperNode('joined')] },
      );
      const joined = collect('joined');
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(
        flow.outputs.items.map(({ payload, vivgrid, parts }) => [payload, vivgrid.reasoning, parts.index]),
        [
          ['', 'Hm', 0],
          ['', ', well.', 1],
          ['Once', undefined, 2],
          [' upon', undefined, 3],
          ['', 'Go on.', 4],
          [' a time', undefined, 5],
          ['', 'Hm, well.Go on.', 6],
        ],
      );
      for (const [index, { vivgrid }] of flow.outputs.items.slice(0, -1).entries())
        assert.equal(vivgrid.index, index);
      assert.equal((await joined.count(1))[0].payload, 'Once upon a time');
    });

    it('should not be sent, but be told at the end, when not asked for', async () => {
      await start(thinking, {});
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(payloads(flow.outputs.items), ['Once', ' upon', ' a time', '']);
      assert.equal(flow.outputs.items[3].vivgrid.reasoning, 'Hm, well.Go on.');
    });

    it('should leave the text so far in growing messages', async () => {
      await start(thinking, { reasoning: true, chunks: 'growing' });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(payloads(flow.outputs.items), [
        '',
        '',
        'Once',
        'Once upon',
        'Once upon',
        'Once upon a time',
        'Once upon a time',
      ]);
      assert.equal(flow.outputs.items[4].vivgrid.reasoning, 'Go on.');
    });

    it('should come before the line that it interrupts, whole', async () => {
      await start(thinking, { reasoning: true, chunks: 'line' });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(payloads(flow.outputs.items), ['', '', '', 'Once upon a time', '']);
    });
  });

  describe('the whole output', () => {
    const OUTPUTS: Partial<FlowOptions> = { wires: [[], ['whole']], nodes: [helperNode('whole')] };

    it('should get the finished reply as one message, after the chunks, with the incoming parts', async () => {
      await start(streamOf(['Once', ' upon']), { whole: true, outputs: 2 }, OUTPUTS);
      const whole = collect('whole');
      const parts = { id: 'outer', index: 3, count: 5, type: 'array' };
      flow.input({ payload: 'Hi', topic: 'story', _msgid: 'one', parts });
      await flow.ended(1);
      const [message] = await whole.count(1);
      const { timing, ...details } = message.vivgrid;
      assert.deepEqual(
        { ...message, vivgrid: details },
        {
          _msgid: 'one',
          payload: 'Once upon',
          topic: 'story',
          parts,
          vivgrid: {
            id: 'chatcmpl-1',
            service: new URL(server.url).host,
            model: 'test-model',
            created: 1_770_000_000,
            finish_reason: 'stop',
            usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 9 },
            attempts: 1,
          },
        },
      );
      assert.deepEqual(Object.keys(timing), ['queued', 'first', 'total']);
      assert.equal(flow.outputs.items.length, 3);
      assert.equal(whole.items.length, 1);
    });

    it('should share nothing with the closing message', async () => {
      await start(streamOf(['Once']), { whole: true, outputs: 2 }, OUTPUTS);
      const whole = collect('whole');
      flow.node('out').on('input', (message: Message) => {
        if (message.complete) message.vivgrid.usage.total_tokens = 'changed downstream';
      });
      flow.input({ payload: 'Hi' });
      const [message] = await whole.count(1);
      await flow.outputs.count(2);
      assert.equal(message.vivgrid.usage.total_tokens, 9);
    });

    it('should get pictures as Buffers, as the closing message does', async () => {
      const url = 'data:image/png;base64,iVBORw0KGgo=';
      const text = streamText([chunk({ images: [{ image_url: { url } }] }), chunk({}, 'stop')]);
      await start((response) => sendStream(response, text), { whole: true, outputs: 2 }, OUTPUTS);
      const whole = collect('whole');
      flow.input({ payload: 'Hi' });
      const [message] = await whole.count(1);
      const [closing] = await flow.outputs.count(1);
      for (const { vivgrid } of [message, closing]) {
        assert.ok(Buffer.isBuffer(vivgrid.images[0]));
        assert.equal(vivgrid.images[0].toString('latin1'), '\x89PNG\r\n\x1a\n');
      }
    });

    it('should get nothing of a reply that fails or is ended', async () => {
      await start(
        (response, seen) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
          if (seen.body.messages[0].content === 'fails') response.end('data: [DONE]\n\n');
        },
        { whole: true, outputs: 2 },
        OUTPUTS,
      );
      const whole = collect('whole');
      flow.input({ payload: 'fails' });
      await flow.ended(1);
      flow.input({ payload: 'hangs' });
      await flow.outputs.count(2);
      flow.input({ reset: true });
      await flow.ended(3);
      assert.deepEqual(payloads(flow.outputs.items), ['Once', 'Once', '']);
      assert.deepEqual(whole.items, []);
    });

    it('should not be there when nothing is streamed', async () => {
      await start(
        (response) => sendJson(response, completion('Once')),
        { stream: false, whole: true, outputs: 1 },
        OUTPUTS,
      );
      const whole = collect('whole');
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(payloads(flow.outputs.items), ['Once']);
      assert.deepEqual(whole.items, []);
    });
  });

  describe('sequences', () => {
    const JOINED: Partial<FlowOptions> = {
      wires: [['joiner']],
      nodes: [joinNode('joiner', 'joined'), helperNode('joined')],
    };

    it('should nest in the sequence that the message is a part of', async () => {
      await start(
        (response, seen) => {
          const answer = `re: ${seen.body.messages[0].content}`;
          sendStream(response, streamText(chunksOf(cut(answer, 2))));
        },
        {},
        {
          wires: [['joiner']],
          nodes: [
            {
              id: 'splitter',
              z: 'tab',
              type: 'split',
              arraySplt: 1,
              arraySpltType: 'len',
              splt: '\\n',
              spltType: 'str',
              wires: [['chat']],
            },
            joinNode('joiner', 'join-all'),
            joinNode('join-all', 'joined'),
            helperNode('joined'),
          ],
        },
      );
      const joined = collect('joined');
      flow.node('splitter').receive({ payload: ['one', 'two', 'three'], topic: 'numbers' });
      const [message] = await joined.count(1);
      assert.deepEqual(message.payload, ['re: one', 're: two', 're: three']);
      assert.equal('parts' in message, false);
    });

    it('should be told apart when replies to the same message come side by side', async () => {
      await start(streamOf(['a', 'b', 'c']), {}, JOINED);
      const joined = collect('joined');
      for (let index = 0; index < 5; index++) flow.input({ payload: 'Hi', _msgid: 'the same' });
      await joined.count(5);
      assert.deepEqual(payloads(joined.items), Array(5).fill('abc'));
    });

    it('should be closed by a reset', async () => {
      await start(
        (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(`data: ${JSON.stringify(chunk({ content: 'Once upon' }))}\n\n`);
        },
        {},
        JOINED,
      );
      const joined = collect('joined');
      flow.input({ payload: 'Hi', parts: { id: 'outer', index: 0 } });
      await flow.outputs.count(1);
      flow.input({ reset: true });
      const [message] = await joined.count(1);
      assert.equal(message.payload, 'Once upon');
      const { timing, ...details } = message.vivgrid;
      assert.deepEqual(details, {
        id: 'chatcmpl-1',
        service: new URL(server.url).host,
        model: 'test-model',
        created: 1_770_000_000,
        finish_reason: 'cancelled',
        attempts: 1,
      });
      assert.deepEqual(Object.keys(timing), ['queued', 'first', 'total']);
      const { id, ...parts } = flow.outputs.items[1].parts;
      assert.deepEqual(parts, {
        index: 1,
        count: 2,
        type: 'string',
        ch: '',
        parts: { id: 'outer', index: 0 },
      });
    });

    it('should tell on a reset how many tries there were', async () => {
      const begin: Answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`);
      };
      await start(
        (response, seen, number, request) =>
          number === 1
            ? sendJson(response, { error: 'Later.' }, 503, { 'retry-after-ms': '0' })
            : begin(response, seen, number, request),
        {},
        { config: { maxRetries: 1 } },
      );
      flow.input({ payload: 'Hi' });
      await flow.outputs.count(1);
      flow.input({ reset: true });
      await flow.outputs.count(2);
      const { finish_reason, attempts } = flow.outputs.items[1].vivgrid;
      assert.deepEqual([finish_reason, attempts], ['cancelled', 2]);
    });

    it('should be named by the error of a reply that broke off, so that a flow can close it', async () => {
      await start(
        (response) =>
          sendStream(response, `${streamText([chunk({ content: 'Once' }), chunk({ content: ' upon' })])}`),
        {},
        {
          wires: [['joiner']],
          nodes: [
            joinNode('joiner', 'joined'),
            helperNode('joined'),
            {
              id: 'close',
              z: 'tab',
              type: 'change',
              rules: [
                { t: 'set', p: 'payload', pt: 'msg', to: ' …', tot: 'str' },
                { t: 'set', p: 'complete', pt: 'msg', to: 'true', tot: 'bool' },
              ],
              wires: [['joiner']],
            },
          ],
        },
      );
      const joined = collect('joined');
      flow.input({ payload: 'Hi', parts: { id: 'outer', index: 4 } });
      await flow.ended(1);
      const [caught] = flow.caught.items;
      assert.equal(caught.error.code, 'incomplete');
      assert.equal(caught.error.cause.text, 'Once upon');
      assert.deepEqual(caught.parts, {
        id: flow.outputs.items[0].parts.id,
        index: 2,
        type: 'string',
        ch: '',
        broken: true,
        parts: { id: 'outer', index: 4 },
      });
      flow.node('close').receive(caught);
      assert.equal((await joined.count(1))[0].payload, 'Once upon …');
    });

    it('should send what was held back of a reply that broke off after its first chunk', async () => {
      const half = streamText([chunk({ content: 'One.\nTw' }), chunk({ content: 'o.' })]);
      await start((response) => sendStream(response, half), { chunks: 'line' });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(payloads(flow.outputs.items), ['One.\n', 'Two.']);
      assert.equal(flow.caught.items[0].parts.index, 2);
    });

    it('should not be begun by a reply that broke off before its first chunk', async () => {
      const half = streamText([chunk({ content: 'Half a li' })]);
      await start((response) => sendStream(response, half), { chunks: 'line' });
      flow.input({ payload: 'Hi', parts: { id: 'outer', index: 4 } });
      await flow.ended(1);
      assert.deepEqual(flow.outputs.items, []);
      const [caught] = flow.caught.items;
      assert.deepEqual(caught.parts, { id: 'outer', index: 4 });
      assert.equal(caught.error.cause.text, 'Half a li');
    });

    it('should leave the parts of the incoming message on the error of a growing reply', async () => {
      const half = streamText([chunk({ content: 'Once' })]);
      await start((response) => sendStream(response, half), { chunks: 'growing' });
      flow.input({ payload: 'Hi', parts: { id: 'outer', index: 4 } });
      await flow.ended(1);
      assert.deepEqual(payloads(flow.outputs.items), ['Once']);
      assert.deepEqual(flow.caught.items[0].parts, { id: 'outer', index: 4 });
    });
  });

  describe('what else a message carries', () => {
    const PIECES = Array.from({ length: 500 }, (_, index) => `${index} `);

    it('should not copy a picture of 5 MB for each chunk', async () => {
      await start(streamOf(PIECES), {});
      const picture = Buffer.alloc(5_000_000, 7);
      const before = process.memoryUsage().arrayBuffers;
      flow.input({ payload: 'Hi', picture, camera: { last: [picture] } });
      await flow.ended(1);
      const messages = flow.outputs.items;
      assert.equal(messages.length, PIECES.length + 1);
      for (const message of messages) {
        for (const copy of [message.picture, message.camera.last[0]]) {
          assert.equal(copy.buffer, picture.buffer);
          assert.equal(copy.length, picture.length);
        }
      }
      const more = process.memoryUsage().arrayBuffers - before;
      assert.ok(more < 5_000_000, `${more} bytes more`);
    });

    it('should let no node downstream change another chunk', async () => {
      await start(
        streamOf(PIECES),
        {},
        {
          wires: [['changer']],
          nodes: [
            {
              id: 'changer',
              z: 'tab',
              type: 'function',
              func: 'msg.seen.by.push(msg.parts.index); msg.parts.parts.index += 1; return msg;',
              wires: [['changed']],
            },
            helperNode('changed'),
          ],
        },
      );
      const changed = collect('changed');
      const message = { payload: 'Hi', seen: { by: ['me'] }, parts: { id: 'outer', index: 4 } };
      flow.input(message);
      await changed.count(PIECES.length + 1);
      for (const [index, { seen, parts }] of changed.items.entries()) {
        assert.deepEqual(seen, { by: ['me', index] });
        assert.deepEqual(parts.parts, { id: 'outer', index: 5 });
      }
      assert.deepEqual(message, { ...message, seen: { by: ['me'] }, parts: { id: 'outer', index: 4 } });
    });

    it('should pass req and res on as they are', async () => {
      await start(streamOf(['Once', ' upon']), {});
      const [req, res] = [{ query: {} }, { _res: {} }];
      flow.input({ payload: 'Hi', req, res });
      await flow.ended(1);
      for (const message of flow.outputs.items) {
        assert.equal(message.req, req);
        assert.equal(message.res, res);
      }
    });
  });

  describe('several replies', () => {
    const n = (value: string): Partial<ChatSettings> => ({
      stream: false,
      parameters: [{ name: 'n', value, type: 'num' }],
    });
    const choice = (index: number, content: string): object => ({
      index,
      message: { role: 'assistant', content },
      finish_reason: 'stop',
    });

    it('should come as an array, in order', async () => {
      const choices = [choice(1, 'second'), choice(0, 'first'), choice(2, 'third')];
      await start((response) => sendJson(response, completion('', { choices })), n('3'));
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(flow.outputs.items[0].payload, ['first', 'second', 'third']);
      assert.equal(server.requests.items[0]?.body.n, 3);
    });

    it('should come as an array, too, from a service that sends one only', async () => {
      await start((response) => sendJson(response, completion('the only one')), n('3'));
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.deepEqual(flow.outputs.items[0].payload, ['the only one']);
    });

    it('should be one text when one is asked for', async () => {
      await start((response) => sendJson(response, completion('the only one')), n('1'));
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.equal(flow.outputs.items[0].payload, 'the only one');
    });

    it('should be refused when streamed', async () => {
      await start(streamOf(['Once']), { ...n('2'), stream: true });
      flow.input({ payload: 'Hi' });
      await flow.ended(1);
      assert.equal(flow.caught.items[0].error.code, 'parameter');
      assert.deepEqual(server.requests.items, []);
    });
  });
});
