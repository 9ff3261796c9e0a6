// What the activity output tells: the calls of flow tools, and those of the platform's own tools, which only its own
// stream form shows.
import assert from 'node:assert/strict';
import { type ChatFlow, type FlowOptions, type Message, startChatFlow } from '../support/chat-flow.mts';
import { Collector } from '../support/collector.mts';
import {
  type Answer,
  chunksOf,
  completion,
  type RawServer,
  type SeenRequest,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';
import { type Call, callChunks, callReply, inTurn, resultsIn, toolFlow } from '../support/tool-flow.mts';

const HALL: Call = ['a', 'switch_light', '{"room":"hall"}'];

/** The platform's own form: records of a letter and its data. */
const WEATHER = [
  'm: "gpt-5"',
  'g: "Let me "',
  'g: "look."',
  'f: {"tool_call_id":"call_1","name":"get_weather","arguments":"{\\"city\\":\\"Köln\\"}","status":"started"}',
  'f: {"tool_call_id":"call_2","name":"get_weather","arguments":"{\\"city\\":\\"Ulm\\"}"}',
  'r: {"tool_call_id":"call_2","name":"get_weather","result":"no such city","status":"failed"}',
  'r: {"tool_call_id":"call_1","name":"get_weather","result":"{\\"celsius\\":9}","status":"completed"}',
  'c: "It is 9 °C"',
  'c: " in Köln.\\n\\nBring: a coat"',
  'u: {"prompt_tokens":30,"completion_tokens":12,"total_tokens":42}',
  'p: finish',
];
const TEXT = ['It is 9 °C', ' in Köln.\n\nBring: a coat'];

const STARTED = [
  { name: 'get_weather', arguments: { city: 'Köln' }, state: 'started', by: 'platform' },
  { name: 'get_weather', arguments: { city: 'Ulm' }, state: 'started', by: 'platform' },
];
const ENDED = [
  {
    name: 'get_weather',
    arguments: { city: 'Ulm' },
    result: 'no such city',
    state: 'failed',
    by: 'platform',
  },
  {
    name: 'get_weather',
    arguments: { city: 'Köln' },
    result: '{"celsius":9}',
    state: 'finished',
    by: 'platform',
  },
];

function recordText(records: readonly string[]): string {
  return `${records.join('\n\n')}\n\n`;
}

describe('activity', () => {
  let server: RawServer;
  let flow: ChatFlow | undefined;
  let activity: Collector<Message>;
  let whole: Collector<Message>;

  beforeEach(async () => {
    server = await startRawServer(inTurn(completion('Done.')));
    activity = new Collector();
    whole = new Collector();
  });

  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
    await server.close();
  });

  async function start({ chat = {}, nodes = [], ...options }: FlowOptions = {}): Promise<ChatFlow> {
    const isBoth = chat.stream && chat.whole;
    const started = await startChatFlow({
      ...options,
      config: { baseUrl: server.url, maxRetries: 0, ...options.config },
      chat: { tools: [], activity: true, outputs: isBoth ? 3 : 2, ...chat },
      wires: isBoth ? [[], ['whole'], ['activity']] : [[], ['activity']],
      nodes: [
        { id: 'activity', z: 'tab', type: 'helper' },
        { id: 'whole', z: 'tab', type: 'helper' },
        ...nodes,
      ],
    });
    flow = started;
    started.node('activity').on('input', (message: Message) => activity.add(message));
    started.node('whole').on('input', (message: Message) => whole.add(message));
    return started;
  }

  /** What came on the activity output, without the times. */
  const events = () =>
    activity.items.map(({ payload: { ms, ...event } }) => {
      assert.equal(typeof ms, event.state === 'started' ? 'undefined' : 'number');
      return event;
    });

  const asRecords =
    (records = WEATHER, type = 'text/plain'): Answer =>
    (response) => {
      response.writeHead(200, { 'content-type': type });
      response.end(recordText(records));
    };

  describe('of flows', () => {
    const light = toolFlow(
      'light',
      'switch_light',
      'msg.payload.room = "changed"; msg.payload.on = true; return msg;',
    );

    it('should tell when a call starts and how it ends', async () => {
      server.answer(
        inTurn(
          callReply(HALL, ['b', 'switch_light', '{"room":'], ['c', 'open_door', '']),
          completion('Done.'),
        ),
      );
      const { input, ended, outputs } = await start({ chat: { tools: ['light'] }, nodes: light });
      input({ payload: 'Light!', topic: 'house', _msgid: 'first' });
      await ended(1);
      const room = { name: 'switch_light', by: 'flow' };
      const byName = (name: string, args: unknown) =>
        events().filter(
          (event) => event.name === name && JSON.stringify(event.arguments) === JSON.stringify(args),
        );
      assert.deepEqual(byName('switch_light', { room: 'hall' }), [
        { ...room, arguments: { room: 'hall' }, state: 'started' },
        {
          ...room,
          arguments: { room: 'hall' },
          state: 'finished',
          result: '{"room":"changed","on":true}',
        },
      ]);
      assert.deepEqual(byName('switch_light', '{"room":'), [
        { ...room, arguments: '{"room":', state: 'started' },
        {
          ...room,
          arguments: '{"room":',
          state: 'failed',
          result: 'Error: The arguments are no valid JSON.',
        },
      ]);
      assert.deepEqual(
        byName('open_door', {}).map(({ state }) => state),
        ['started', 'failed'],
      );
      assert.equal(activity.items.length, 6);
      assert.equal(outputs.items.length, 1, 'the reply alone on the first output');
      const [{ payload: _payload, ...rest }] = activity.items;
      assert.deepEqual(rest, { topic: 'house', _msgid: 'first' });
    });

    it('should come on the third output beside chunks and the whole reply', async () => {
      server.answer(
        inTurn(
          (response) => sendStream(response, streamText(callChunks('Well. ', HALL))),
          (response) => sendStream(response, streamText(chunksOf(['Done.']))),
        ),
      );
      const { input, ended, outputs } = await start({
        chat: { tools: ['light'], stream: true, whole: true },
        nodes: light,
      });
      input({ payload: 'Light!' });
      await ended(1);
      assert.deepEqual(
        outputs.items.map(({ payload }) => payload),
        ['Well. ', 'Done.', ''],
      );
      assert.deepEqual(
        whole.items.map(({ payload }) => payload),
        ['Done.'],
      );
      assert.deepEqual(
        events().map(({ state }) => state),
        ['started', 'finished'],
      );
    });

    it('should tell nothing more after a reset', async () => {
      server.answer(inTurn(callReply(HALL)));
      const { input, ended } = await start({
        chat: { tools: ['light'] },
        nodes: toolFlow('light', 'switch_light', 'return null;'),
      });
      input({ payload: 'Light!' });
      await activity.count(1);
      input({ reset: true });
      await ended(1);
      assert.deepEqual(
        events().map(({ state }) => state),
        ['started'],
      );
    });

    it('should be silent unless it is wanted', async () => {
      server.answer(inTurn(callReply(HALL), completion('Done.')));
      const { input, ended } = await start({ chat: { tools: ['light'], activity: false }, nodes: light });
      input({ payload: 'Light!' });
      await ended(1);
      assert.equal(activity.items.length, 0);
      for (const { headers, body } of server.requests.items) {
        assert.equal(headers['x-response-format'], undefined);
        assert.equal(body.stream, undefined);
      }
    });
  });

  describe('of the platform', () => {
    const ask = async (options: FlowOptions = {}): Promise<ChatFlow> => {
      const started = await start(options);
      started.input({ payload: 'How is the weather?' });
      await started.ended(1);
      return started;
    };

    for (const type of ['text/plain', 'text/plain; charset=utf-8', 'text/event-stream', '']) {
      it(`should be read from the platform's own form of the type “${type}”`, async () => {
        server.answer(asRecords(WEATHER, type));
        const { outputs } = await ask();
        assert.deepEqual(events(), [...STARTED, ...ENDED]);
        const { payload, vivgrid } = outputs.items[0];
        assert.equal(payload, TEXT.join(''));
        assert.equal(vivgrid.model, 'gpt-5');
        assert.equal(vivgrid.reasoning, 'Let me look.');
        assert.equal(vivgrid.usage.total_tokens, 42);
        assert.equal(vivgrid.finish_reason, 'stop');
        const { headers, body } = server.requests.items[0] as SeenRequest;
        assert.equal(headers['x-response-format'], 'vivgrid');
        assert.equal(body.stream, true);
      });
    }

    it('should make the same chunks of it as of the plain form', async () => {
      server.answer(asRecords());
      const { outputs } = await ask({ chat: { stream: true, reasoning: true } });
      assert.deepEqual(
        outputs.items.map(({ payload, vivgrid: { reasoning }, parts }) => [payload, reasoning, parts.index]),
        [
          ['', 'Let me ', 0],
          ['', 'look.', 1],
          [TEXT[0], undefined, 2],
          [TEXT[1], undefined, 3],
          ['', 'Let me look.', 4],
        ],
      );
      assert.equal(outputs.items[4].complete, true);
    });

    it('should read it wherever it is cut, with and without spaces, ended by any newline', async () => {
      const forms = [
        recordText(WEATHER),
        recordText(WEATHER.map((record) => record.replace(': ', ':'))),
        recordText(WEATHER).replaceAll('\n', '\r\n'),
        recordText(WEATHER).trimEnd(),
      ];
      for (const form of forms) {
        const bytes = Buffer.from(form);
        for (const size of [1, 7, bytes.length]) {
          activity = new Collector();
          server.answer(async (response) => {
            response.writeHead(200, { 'content-type': 'text/plain' });
            response.socket?.setNoDelay();
            for (let start = 0; start < bytes.length; start += size) {
              response.write(bytes.subarray(start, start + size));
              await new Promise(setImmediate);
            }
            response.end();
          });
          const { outputs } = await ask();
          assert.deepEqual(events(), [...STARTED, ...ENDED]);
          assert.equal(outputs.items[0].payload, TEXT.join(''));
          await flow?.stop();
          flow = undefined;
        }
      }
    });

    it('should lose no text with the line ends of Unicode in it', async () => {
      const text = 'one\u2028two\u2029three\u0085four';
      server.answer(asRecords([`c: ${JSON.stringify(text)}`, 'p: finish']));
      const { outputs } = await ask();
      assert.equal(outputs.items[0].payload, text);
    });

    it('should tell of a call while the platform is still silent at its work', async () => {
      server.answer(async (response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.write(recordText(WEATHER.slice(0, 5)));
        await activity.count(2);
        assert.deepEqual(events(), STARTED);
        response.end(recordText(WEATHER.slice(5)));
      });
      const { outputs } = await ask();
      assert.deepEqual(events(), [...STARTED, ...ENDED]);
      assert.equal(outputs.items[0].payload, TEXT.join(''));
    });

    it('should work with a server that knows no such form: as a stream, and as JSON', async () => {
      server.answer(
        inTurn(
          (response) => sendStream(response, streamText(chunksOf(['It is ', '9 °C.']))),
          completion('It is 9 °C.'),
        ),
      );
      const { input, ended, outputs } = await ask();
      input({ payload: 'And now?' });
      await ended(2);
      for (const { payload, vivgrid } of outputs.items) {
        assert.equal(payload, 'It is 9 °C.');
        assert.equal(vivgrid.finish_reason, 'stop');
      }
      assert.deepEqual(activity.items, []);
    });

    it('should let flows answer calls of their tools among those of the platform', async () => {
      server.answer(
        inTurn(
          asRecords([
            ...WEATHER.slice(0, 4),
            'r: {"tool_call_id":"call_1","name":"get_weather","result":"9"}',
            'c: "I switch it on."',
            'f: {"tool_call_id":"a","name":"switch_light","arguments":"{\\"room\\":\\"hall\\"}"}',
            'f: {"tool_call_id":"b","name":"switch_light","arguments":{"room":"attic"}}',
            'u: {"total_tokens":10}',
            'p: finish',
          ]),
          asRecords(['c: "Both are on."', 'u: {"total_tokens":5}', 'p: finish']),
        ),
      );
      const { outputs } = await ask({
        chat: { tools: ['light'] },
        nodes: toolFlow('light', 'switch_light', 'msg.payload = msg.payload.room; return msg;'),
      });
      assert.equal(outputs.items[0].payload, 'Both are on.');
      assert.equal(outputs.items[0].vivgrid.usage.total_tokens, 15);
      const { body } = server.requests.items[1] as { body: Message };
      assert.deepEqual(resultsIn(body), [
        ['a', 'hall'],
        ['b', 'attic'],
      ]);
      assert.equal(body.messages[1].content, 'I switch it on.');
      assert.deepEqual(
        body.messages[1].tool_calls.map((call: Message) => call.function.arguments),
        ['{"room":"hall"}', '{"room":"attic"}'],
      );
      assert.deepEqual(
        events().map(({ name, by, state }) => `${by} ${name} ${state}`),
        [
          'platform get_weather started',
          'platform get_weather finished',
          'flow switch_light started',
          'flow switch_light started',
          'flow switch_light finished',
          'flow switch_light finished',
        ],
      );
    });

    it('should leave calls of a `tools` parameter to the flow', async () => {
      server.answer(asRecords(['f: {"tool_call_id":"a","name":"open_door","arguments":"{}"}', 'p: finish']));
      const tools = JSON.stringify([{ type: 'function', function: { name: 'open_door', parameters: {} } }]);
      const { outputs } = await ask({
        chat: { parameters: [{ name: 'tools', value: tools, type: 'json' }] },
      });
      assert.equal(outputs.items[0].vivgrid.finish_reason, 'tool_calls');
      assert.equal(outputs.items[0].vivgrid.tool_calls[0].function.name, 'open_door');
      assert.deepEqual(activity.items, []);
    });

    it('should tell of a call once, however often its state is sent, and of a result without its call', async () => {
      server.answer(
        asRecords([
          'f: {"tool_call_id":"call_1","name":"search","arguments":"","status":"started"}',
          'f: {"tool_call_id":"call_1","name":"search","arguments":"","status":"running"}',
          'r: {"tool_call_id":"call_1","name":"search","result":"found"}',
          'r: {"tool_call_id":"call_9","name":"browse","result":"a page"}',
          'c: "Found."',
          'p: finish',
        ]),
      );
      await ask();
      assert.deepEqual(
        activity.items.map(({ payload: { ms: _ms, ...event } }) => event),
        [
          { name: 'search', arguments: {}, state: 'started', by: 'platform' },
          { name: 'search', arguments: {}, result: 'found', state: 'finished', by: 'platform' },
          { name: 'browse', arguments: {}, result: 'a page', state: 'finished', by: 'platform' },
        ],
      );
    });

    it('should fail with `incomplete` when the form breaks off', async () => {
      server.answer(asRecords(WEATHER.slice(0, 8)));
      const { caught } = await ask();
      assert.equal(caught.items[0].error.code, 'incomplete');
      assert.equal(caught.items[0].error.cause.text, TEXT[0]);
    });

    it('should fail with the words of the service when it answers with an error', async () => {
      server.answer((response) => sendJson(response, { error: { message: 'no such project' } }, 404));
      const { caught } = await ask();
      assert.equal(caught.items[0].error.code, 'bad_request');
      assert.match(caught.items[0].error.message, /no such project/);
    });

    it('should stand an error line in the middle of the form', async () => {
      server.answer(
        asRecords([...WEATHER.slice(0, 4), '{"error":{"message":"the tool server is gone","code":500}}']),
      );
      const { caught } = await ask();
      assert.equal(caught.items[0].error.code, 'server');
      assert.match(caught.items[0].error.message, /the tool server is gone/);
    });
  });
});
