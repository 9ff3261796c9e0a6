// What the server sees of tools, and in which order: definitions, calls, results.
import assert from 'node:assert/strict';
import { type ChatFlow, type FlowOptions, startChatFlow } from '../support/chat-flow.mts';
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
import {
  type Call,
  callChunks,
  callOf,
  callReply,
  callsOf,
  inTurn,
  openTool,
  ROOM_SCHEMA,
  resultsIn,
  toolFlow,
} from '../support/tool-flow.mts';

const REFUSED: Answer = (response) => sendJson(response, { error: 'No.' }, 400);
const RETURN_ROOM = 'msg.payload = { on: msg.payload.room }; return msg;';

describe('tools', () => {
  let server: RawServer;
  let flow: ChatFlow | undefined;

  beforeEach(async () => {
    server = await startRawServer(inTurn(completion('Done.')));
  });

  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
    await server.close();
  });

  async function start(options: FlowOptions): Promise<ChatFlow> {
    flow = await startChatFlow({
      ...options,
      config: { baseUrl: server.url, maxRetries: 0, ...options.config },
      chat: { tools: ['light'], ...options.chat },
      nodes: options.nodes ?? toolFlow('light', 'switch_light', RETURN_ROOM),
    });
    return flow;
  }

  /** Asks once with the model making these calls in its first reply. */
  async function ask(calls: Call[], options: FlowOptions = {}): Promise<ChatFlow> {
    server.answer(inTurn(callReply(...calls), completion('Done.')));
    const started = await start(options);
    started.input({ payload: 'Light!' });
    await started.ended(1);
    return started;
  }

  const bodies = () => server.requests.items.map(({ body }) => body);
  const results = (round: number) => resultsIn(bodies()[round - 1]);

  it('should send the definitions, run the calls side by side and give the results back in order', async () => {
    // Each of the two flows waits for the other one.
    const meet = `
      const waiting = flow.get('waiting') ?? [];
      waiting.push(msg);
      flow.set('waiting', waiting);
      if (waiting.length === 2) for (const call of waiting.reverse()) node.send({ ...call, payload: { on: call.payload.room } });
    `;
    const { outputs } = await ask(
      [
        ['a', 'switch_light', '{"room":"hall"}'],
        ['b', 'switch_light', '{"room":"attic"}'],
      ],
      { nodes: toolFlow('light', 'switch_light', meet, { description: ' Switches a light on. ' }) },
    );
    assert.equal(outputs.items[0].payload, 'Done.');
    assert.deepEqual(bodies()[0].tools, [
      {
        type: 'function',
        function: { name: 'switch_light', description: 'Switches a light on.', parameters: ROOM_SCHEMA },
      },
    ]);
    assert.deepEqual(bodies()[1].messages, [
      { role: 'user', content: 'Light!' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          callOf(['a', 'switch_light', '{"room":"hall"}']),
          callOf(['b', 'switch_light', '{"room":"attic"}']),
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: '{"on":"hall"}' },
      { role: 'tool', tool_call_id: 'b', content: '{"on":"attic"}' },
    ]);
    assert.deepEqual(bodies()[1].tools, bodies()[0].tools);
  });

  it('should start the flow with the arguments, the name and the id of the call', async () => {
    const echo = 'const { _vivgridCall, _msgid, ...rest } = msg; msg.payload = rest; return msg;';
    await ask([['a', 'switch_light', '{"room":"hall","level":3}']], {
      nodes: toolFlow('light', ' switch_light ', echo),
    });
    assert.deepEqual(JSON.parse(String(results(2)[0]?.[1])), {
      payload: { room: 'hall', level: 3 },
      topic: 'switch_light',
      tool: { name: 'switch_light', id: 'a' },
    });
  });

  it('should go on for several rounds, with the usage and the tries of all of them', async () => {
    const details = (cached: number) => ({
      usage: { prompt_tokens: 10, total_tokens: 12, prompt_tokens_details: { cached_tokens: cached } },
    });
    server.answer(
      inTurn(
        { ...callReply(['a', 'switch_light', '{"room":"hall"}']), ...details(1) },
        { ...callReply(['b', 'switch_light', '{"room":"attic"}']), ...details(2) },
        completion('Both are on.', { id: 'last', ...details(4) }),
      ),
    );
    const { input, ended, outputs } = await start({});
    input({ payload: 'Light!' });
    await ended(1);
    const { payload, vivgrid } = outputs.items[0];
    assert.equal(payload, 'Both are on.');
    assert.deepEqual(vivgrid.usage, {
      prompt_tokens: 30,
      total_tokens: 36,
      prompt_tokens_details: { cached_tokens: 7 },
    });
    assert.equal(vivgrid.attempts, 3);
    assert.equal(vivgrid.id, 'last');
    assert.equal(vivgrid.finish_reason, 'stop');
    assert.equal(vivgrid.tool_calls, undefined);
    assert.deepEqual(
      bodies()[2].messages.map(({ role }: { role: string }) => role),
      ['user', 'assistant', 'tool', 'assistant', 'tool'],
    );
  });

  it('should tell the tries of all rounds when a later one fails', async () => {
    server.answer(inTurn(callReply(['a', 'switch_light', '{"room":"hall"}']), REFUSED));
    const { input, ended, caught } = await start({});
    input({ payload: 'Light!' });
    await ended(1);
    assert.deepStrictEqual(caught.items[0].error.cause, { status: 400, attempts: 2 });
  });

  it('should lose no counts of a round when another has none', async () => {
    server.answer(
      inTurn(
        {
          ...callReply(['a', 'switch_light', '{"room":"hall"}']),
          usage: { details: { cached: 3 }, cost: 1 },
        },
        completion('Done.', { usage: { details: null, cost: null, total_tokens: 2 } }),
      ),
    );
    const { input, ended, outputs } = await start({});
    input({ payload: 'Light!' });
    await ended(1);
    assert.deepEqual(outputs.items[0].vivgrid.usage, { details: { cached: 3 }, cost: 1, total_tokens: 2 });
  });

  it('should fail with `tool` when the model still calls after the last round', async () => {
    server.answer(inTurn(callReply(['a', 'switch_light', '{"room":"hall"}'])));
    const { input, ended, caught, outputs } = await start({ chat: { rounds: 3 } });
    input({ payload: 'Light!' });
    await ended(1);
    assert.equal(caught.items[0].error.code, 'tool');
    assert.equal(caught.items[0].error.cause.attempts, 3);
    assert.match(caught.items[0].error.message, /Too many tool rounds \(3\)/);
    assert.equal(server.requests.items.length, 3);
    assert.deepEqual(outputs.items, []);
  });

  it('should answer without tools in one round', async () => {
    const { input, ended, outputs } = await start({ chat: { rounds: 1 } });
    input({ payload: 'Hello' });
    await ended(1);
    assert.equal(outputs.items[0].payload, 'Done.');
  });

  it('should leave calls to the flow when no tool is chosen', async () => {
    const { outputs } = await ask([['a', 'switch_light', '{"room":"hall"}']], { chat: { tools: [] } });
    assert.equal(server.requests.items.length, 1);
    assert.equal(bodies()[0].tools, undefined);
    assert.deepEqual(outputs.items[0].vivgrid.tool_calls, [callOf(['a', 'switch_light', '{"room":"hall"}'])]);
    assert.equal(outputs.items[0].vivgrid.finish_reason, 'tool_calls');
  });

  const refused: [what: string, call: Call, answer: RegExp][] = [
    ['an unknown function', ['a', 'open_door', '{}'], /^Error: There is no tool named open_door\.$/],
    [
      'arguments that are no JSON',
      ['a', 'switch_light', '{"room":'],
      /^Error: The arguments are no valid JSON\.$/,
    ],
    [
      'arguments that break the schema',
      ['a', 'switch_light', '{"room":7}'],
      /^Error: The arguments are wrong: \/room must be string\.$/,
    ],
    [
      'arguments that lack something',
      ['a', 'switch_light', ''],
      /^Error: The arguments are wrong: \/ must have required property 'room'\.$/,
    ],
    [
      'arguments that are no object',
      ['a', 'switch_light', '[1]'],
      /^Error: The arguments are wrong: \/ must be object\.$/,
    ],
  ];
  for (const [what, call, answer] of refused) {
    it(`should tell the model of ${what}, and start no flow for it`, async () => {
      const { outputs } = await ask([call, ['b', 'switch_light', '{"room":"hall"}']], {
        nodes: toolFlow(
          'light',
          'switch_light',
          'flow.set("runs", (flow.get("runs") ?? 0) + 1); msg.payload = flow.get("runs"); return msg;',
        ),
      });
      const [first, second] = results(2);
      assert.match(String(first?.[1]), answer);
      assert.deepEqual(second, ['b', '1']);
      assert.equal(outputs.items[0].payload, 'Done.');
    });
  }

  it('should give a flow nothing but an object, whatever its schema allows', async () => {
    const flows: Call[] = ['[1]', '"hall"', 'null', '{}'].map((args) => [args, 'switch_light', args]);
    await ask(flows, {
      nodes: toolFlow('light', 'switch_light', 'msg.payload = typeof msg.payload; return msg;', {
        schema: '{}',
      }),
    });
    const error = 'Error: The arguments are wrong: / must be object.';
    assert.deepEqual(results(2), [
      ['[1]', error],
      ['"hall"', error],
      // None at all.
      ['null', 'object'],
      ['{}', 'object'],
    ]);
  });

  it('should take empty arguments for none', async () => {
    for (const args of ['', ' ', '{}']) {
      await ask([['a', 'list_rooms', args]], {
        nodes: toolFlow('light', 'list_rooms', 'msg.payload = typeof msg.payload; return msg;', {
          schema: '',
        }),
      });
      assert.deepEqual(bodies().at(-2).tools[0].function.parameters, { type: 'object', properties: {} });
      assert.deepEqual(resultsIn(bodies().at(-1)), [['a', 'object']]);
      assert.equal(bodies().at(-1).messages[1].tool_calls[0].function.arguments, '{}');
      await flow?.stop();
      flow = undefined;
      await server.close();
      server = await startRawServer(inTurn(completion('Done.')));
    }
  });

  for (const stream of [false, true]) {
    const answer = (fields: object, finish: string): Answer =>
      stream
        ? (response) => sendStream(response, streamText([chunk(fields), chunk({}, finish)]))
        : (response) =>
            sendJson(
              response,
              completion('', {
                choices: [{ index: 0, message: { content: null, ...fields }, finish_reason: finish }],
              }),
            );

    /** Asks once, the model calling tools in each of these messages and then no more. */
    const askWith = async (...calling: object[]): Promise<ChatFlow> => {
      const rounds = calling.map((fields) => answer(fields, 'tool_calls'));
      server.answer(inTurn(...rounds, answer({ content: 'Done.' }, 'stop')));
      const started = await start({ chat: { stream } });
      started.input({ payload: 'Light!' });
      await started.ended(1);
      return started;
    };

    describe(stream ? 'in a stream' : 'in a whole reply', () => {
      it('should take arguments that are an object instead of its text', async () => {
        const call = { id: 'a', function: { name: 'switch_light', arguments: { room: 'hall' } } };
        const { outputs } = await askWith({ tool_calls: [call] });
        assert.deepEqual(results(2), [['a', '{"on":"hall"}']]);
        assert.deepEqual(bodies()[1].messages[1].tool_calls, [
          callOf(['a', 'switch_light', '{"room":"hall"}']),
        ]);
        assert.equal(outputs.items[0].payload, 'Done.');
      });

      for (const field of ['reasoning_content', 'reasoning'] as const) {
        it(`should give back what the service wants to see again: ${field}, and a signature`, async () => {
          const call = {
            ...callOf(['a', 'switch_light', '{"room":"hall"}']),
            extra_content: { google: { thought_signature: 'c2ln' } },
          };
          await askWith({ [field]: 'It is dark.', tool_calls: [call] });
          assert.deepEqual(bodies()[1].messages[1], {
            role: 'assistant',
            content: null,
            [field]: 'It is dark.',
            tool_calls: [call],
          });
        });
      }

      it('should give back the details of reasoning as they came', async () => {
        const details = [{ type: 'reasoning.encrypted', data: 'c2ln', index: 0 }, { type: 'reasoning.text' }];
        await askWith({
          reasoning_details: details,
          tool_calls: [callOf(['a', 'switch_light', '{"room":"hall"}'])],
        });
        assert.deepEqual(bodies()[1].messages[1].reasoning_details, details);
      });

      it('should give back reasoning that is empty, but no field that never came', async () => {
        const calls = { tool_calls: [callOf(['a', 'switch_light', '{"room":"hall"}'])] };
        await askWith({ reasoning_content: '', ...calls }, { reasoning: null, ...calls });
        const [, first, , second] = bodies()[2].messages;
        assert.equal(first.reasoning_content, '');
        assert.deepEqual(Object.keys(second).sort(), ['content', 'role', 'tool_calls']);
      });
    });
  }

  it('should tell calls apart that have no id', async () => {
    await ask([
      ['', 'switch_light', '{"room":"hall"}'],
      ['', 'switch_light', '{"room":"attic"}'],
    ]);
    const [first, second] = results(2);
    assert.deepEqual([first?.[1], second?.[1]], ['{"on":"hall"}', '{"on":"attic"}']);
    assert.ok(first?.[0] && second?.[0] && first[0] !== second[0]);
    for (const [id] of [first, second]) assert.match(String(id), /^[a-z\d]{9}$/);
    assert.deepEqual(
      bodies()[1].messages[1].tool_calls.map(({ id }: { id: string }) => id),
      [first[0], second[0]],
    );
  });

  it('should take streamed calls that are counted from 1', async () => {
    const made = callOf(['a', 'switch_light', '{"room":"hall"}']);
    server.answer(
      inTurn(
        (response) =>
          sendStream(response, streamText([chunk({ tool_calls: [{ index: 1, ...made }] }, 'tool_calls')])),
        (response) => sendStream(response, streamText(chunksOf(['Done.']))),
      ),
    );
    const { input, ended } = await start({ chat: { stream: true } });
    input({ payload: 'Light!' });
    await ended(1);
    assert.deepEqual(results(2), [['a', '{"on":"hall"}']]);
    assert.deepEqual(bodies()[1].messages[1].tool_calls, [made]);
  });

  describe('whose calls are not counted', () => {
    const hall = callOf(['a', 'switch_light', '{"room":"hall"}']);
    const attic = callOf(['b', 'switch_light', '{"room":"attic"}']);
    const begun = { ...attic, function: { name: 'switch_light', arguments: '{"room":' } };
    const rest = { function: { arguments: '"attic"}' } };

    async function askWith(reply: object): Promise<void> {
      const isStream = Array.isArray(reply);
      server.answer(
        inTurn(
          isStream ? (response) => sendStream(response, streamText(reply)) : reply,
          isStream
            ? (response) => sendStream(response, streamText(chunksOf(['Done.'])))
            : completion('Done.'),
        ),
      );
      const { input, ended } = await start({ chat: { stream: isStream } });
      input({ payload: 'Light!' });
      await ended(1);
    }

    const finish = chunk({}, 'tool_calls');
    const forms: Record<string, object> = {
      'the same index for all, in a stream': [
        chunk({ tool_calls: [{ index: 0, ...hall }] }),
        chunk({ tool_calls: [{ index: 0, ...begun }] }),
        chunk({ tool_calls: [{ index: 0, ...rest }] }),
        finish,
      ],
      'no index, in a stream': [
        chunk({ tool_calls: [hall] }),
        chunk({ tool_calls: [begun] }),
        chunk({ tool_calls: [rest] }),
        finish,
      ],
      'an id on every piece, in a stream': [
        chunk({ tool_calls: [{ index: 0, ...hall }] }),
        chunk({ tool_calls: [{ index: 1, ...begun }] }),
        chunk({ tool_calls: [{ index: 1, id: 'other', ...rest }] }),
        finish,
      ],
      'the same index for all, in a whole reply': completion('', {
        choices: [
          {
            message: { role: 'assistant', tool_calls: [hall, attic].map((call) => ({ index: 0, ...call })) },
            finish_reason: 'stop',
          },
        ],
      }),
    };
    for (const [what, reply] of Object.entries(forms)) {
      it(`should tell them apart with ${what}`, async () => {
        await askWith(reply);
        assert.deepEqual(bodies()[1].messages[1].tool_calls, [hall, attic]);
        assert.deepEqual(results(2), [
          ['a', '{"on":"hall"}'],
          ['b', '{"on":"attic"}'],
        ]);
      });
    }

    it('should tell them apart with one id for all', async () => {
      await askWith(
        callReply(['a', 'switch_light', '{"room":"hall"}'], ['a', 'switch_light', '{"room":"attic"}']),
      );
      const [first, second] = results(2);
      assert.deepEqual([first?.[0], first?.[1], second?.[1]], ['a', '{"on":"hall"}', '{"on":"attic"}']);
      assert.notEqual(second?.[0], 'a');
      assert.equal(bodies()[1].messages[1].tool_calls[1].id, second?.[0]);
    });

    it('should leave no gap to the flow when they are counted from 1', async () => {
      server.answer((response) =>
        sendStream(response, streamText([chunk({ tool_calls: [{ index: 1, ...hall }] }, 'tool_calls')])),
      );
      const { input, ended, outputs } = await start({ chat: { stream: true, tools: [] } });
      input({ payload: 'Light!' });
      await ended(1);
      assert.deepEqual(outputs.items[0].vivgrid.tool_calls, [hall]);
    });
  });

  it('should require a call in the first round only', async () => {
    await ask([['a', 'switch_light', '{"room":"hall"}']], {
      chat: { parameters: [{ name: 'tool_choice', value: 'required', type: 'str' }] },
    });
    assert.deepEqual(
      bodies().map(({ tool_choice }) => tool_choice),
      ['required', undefined],
    );
  });

  describe('that are streamed', () => {
    const stream = (...chunks: object[]): ((response: Parameters<typeof sendStream>[0]) => void) => {
      return (response) => sendStream(response, streamText(chunks));
    };

    it('should pass the text of every round on as it comes, in one sequence', async () => {
      server.answer(
        inTurn(
          stream(...callChunks('Let me see. ', ['a', 'switch_light', '{"room":"hall"}'])),
          stream(...callChunks('One more. ', ['b', 'switch_light', '{"room":"attic"}'])),
          stream(...chunksOf(['Both ', 'are on.'])),
        ),
      );
      const { input, ended, outputs } = await start({ chat: { stream: true } });
      input({ payload: 'Light!' });
      await ended(1);
      assert.deepEqual(
        outputs.items.map(({ payload }) => payload),
        ['Let me see. ', 'One more. ', 'Both ', 'are on.', ''],
      );
      assert.deepEqual(
        outputs.items.map(({ parts }) => parts.index),
        [0, 1, 2, 3, 4],
      );
      assert.equal(new Set(outputs.items.map(({ parts }) => parts.id)).size, 1);
      const last = outputs.items[4];
      assert.equal(last.complete, true);
      assert.equal(last.parts.count, 5);
      assert.equal(last.vivgrid.finish_reason, 'stop');
      assert.equal(last.vivgrid.usage.total_tokens, 9 + 9 + 9);
      assert.equal(bodies()[1].messages[1].content, 'Let me see. ');
      assert.deepEqual(results(3), [
        ['a', '{"on":"hall"}'],
        ['b', '{"on":"attic"}'],
      ]);
    });

    for (const [what, last, code] of [
      ['breaks', [chunk({ content: 'Both are' })], 'incomplete'],
      ['fails before its first word', undefined, 'server'],
      ['calls on', callChunks('Both are', ['c', 'switch_light', '{"room":"hall"}']), 'tool'],
    ] as const) {
      it(`should tell the text of all rounds when the last one ${what}`, async () => {
        const ending: Answer = (response) => {
          if (!last) sendJson(response, { error: { message: 'Down.' } }, 500);
          else if (code === 'tool') sendStream(response, streamText([...last]));
          else response.end(streamText([...last]).replace('data: [DONE]\n\n', ''));
        };
        server.answer(
          inTurn(
            stream(...callChunks('Let me see. ', ['a', 'switch_light', '{"room":"hall"}'])),
            stream(...callChunks('One more. ', ['b', 'switch_light', '{"room":"attic"}'])),
            ending,
          ),
        );
        const { input, ended, caught, outputs } = await start({ chat: { stream: true, rounds: 3 } });
        input({ payload: 'Light!' });
        await ended(1);
        const [{ error }] = caught.items;
        assert.equal(error.code, code);
        assert.equal(error.cause.text, `Let me see. One more. ${last ? 'Both are' : ''}`);
        assert.equal(outputs.items.map(({ payload }) => payload).join(''), error.cause.text);
      });
    }

    it('should tell the text of all rounds when the reply is not the JSON that was asked for', async () => {
      server.answer(
        inTurn(
          stream(...callChunks('Let me see. ', ['a', 'switch_light', '{"room":"hall"}'])),
          stream(...chunksOf(['It is', ' on.'])),
        ),
      );
      const { input, ended, caught } = await start({ chat: { stream: true, format: 'json_object' } });
      input({ payload: 'Light!' });
      await ended(1);
      assert.equal(caught.items[0].error.code, 'invalid_json');
      assert.equal(caught.items[0].error.cause.text, 'Let me see. It is on.');
    });

    it('should tell the text of the last round alone when none was sent', async () => {
      const breaks: Answer = (response) =>
        void response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end(streamText([chunk({ content: 'Both are' })]).replace('data: [DONE]\n\n', ''));
      server.answer(
        inTurn(stream(...callChunks('Let me see. ', ['a', 'switch_light', '{"room":"hall"}'])), breaks),
      );
      const { input, ended, caught } = await start({});
      input({ payload: 'Light!' });
      await ended(1);
      assert.equal(caught.items[0].error.cause.text, 'Both are');
    });

    it('should tell of the usage of the rounds before, when it is ended in a later one', async () => {
      server.answer(
        inTurn(
          stream(...callChunks('Let me see. ', ['a', 'switch_light', '{"room":"hall"}'])),
          (response) =>
            void response.writeHead(200).write(streamText([chunk({ content: 'It is' })]).split('data: [')[0]),
        ),
      );
      const { input, ended, outputs } = await start({ chat: { stream: true } });
      input({ payload: 'Light!' });
      await outputs.count(2);
      input({ reset: true });
      await ended(2);
      const { complete, vivgrid } = outputs.items[2];
      assert.equal(complete, true);
      assert.equal(vivgrid.finish_reason, 'cancelled');
      assert.equal(vivgrid.usage.total_tokens, 9);
    });

    it('should tell of it once, when it is ended while a tool is at work', async () => {
      server.answer(inTurn(stream(...callChunks('Let me see. ', ['a', 'switch_light', '{"room":"hall"}']))));
      const started = await start({ chat: { stream: true }, nodes: openTool('light', 'switch_light') });
      const { calls } = callsOf(started, 'light');
      const { input, ended, outputs } = started;
      input({ payload: 'Light!' });
      await calls.count(1);
      input({ reset: true });
      await ended(2);
      assert.equal(outputs.items[1].vivgrid.usage.total_tokens, 9);
    });

    it('should tell of it once, when it is ended while the conversation is stored', async () => {
      const stored = new Collector<string>();
      const store = {
        open: async () => {},
        close: async () => {},
        get: (_scope: string, _key: string, callback: (error: null, value: undefined) => void) =>
          callback(null, undefined),
        // Never done.
        set: (_scope: string, key: string) => stored.add(key),
        keys: (_scope: string, callback: (error: null, keys: string[]) => void) => callback(null, []),
        delete: async () => {},
        clean: async () => {},
      };
      server.answer(
        inTurn(
          stream(...callChunks('Let me see. ', ['a', 'switch_light', '{"room":"hall"}'])),
          stream(...chunksOf(['It is on.'])),
        ),
      );
      const { input, ended, outputs } = await start({
        chat: { stream: true, memory: true },
        settings: { contextStorage: { default: { module: () => store } } },
      });
      input({ payload: 'Light!' });
      await stored.count(1);
      input({ reset: true });
      await ended(2);
      assert.equal(outputs.items.at(-1).vivgrid.usage.total_tokens, 9 + 9);
    });

    it('should not hold a sentence back while tools are at work', async () => {
      server.answer(
        inTurn(
          stream(...callChunks('Let me see.', ['a', 'switch_light', '{"room":"hall"}'])),
          stream(...chunksOf(['It is on.'])),
        ),
      );
      const started = await start({
        chat: { stream: true, chunks: 'sentence', interval: 60_000 },
        nodes: openTool('light', 'switch_light'),
      });
      const { calls, answer } = callsOf(started, 'light');
      const { input, outputs, ended } = started;
      input({ payload: 'Light!' });
      await outputs.count(1);
      assert.equal(outputs.items[0].payload, 'Let me see.');
      const [call] = await calls.count(1);
      answer({ ...call, payload: 'on' });
      await ended(1);
      assert.deepEqual(
        outputs.items.map(({ payload }) => payload),
        ['Let me see.', 'It is on.', ''],
      );
    });
  });

  describe('that are not as they should be', () => {
    const config = async (options: FlowOptions, words: RegExp) => {
      const { input, ended, caught } = await start(options);
      input({ payload: 'Light!' });
      await ended(1);
      assert.equal(caught.items[0].error.code, 'config');
      assert.match(caught.items[0].error.message, words);
      assert.equal(server.requests.items.length, 0, 'nothing is sent');
    };

    it('should fail with `config` for a tool that is gone', () =>
      config({ chat: { tools: ['light', 'gone'] } }, /is missing.*\(id gone\)/));

    it('should fail with `config` for a tool with no usable name', () =>
      config({ nodes: toolFlow('light', 'switch the light', RETURN_ROOM) }, /is missing.*\(id light\)/));

    it('should fail with `config` for a tool whose schema is no JSON', () =>
      config({ nodes: toolFlow('light', 'switch_light', RETURN_ROOM, { schema: '{"type":' }) }, /id light/));

    it('should fail with `config` for a tool whose schema can not be compiled, and name the tool', () =>
      config(
        { nodes: toolFlow('light', 'switch_light', RETURN_ROOM, { schema: '{"type":"thing"}' }) },
        /Unusable schema of the tool “switch_light”.*type/,
      ));

    it('should fail with `config` for two tools of one name', () =>
      config(
        {
          chat: { tools: ['light', 'lamp'] },
          nodes: [
            ...toolFlow('light', 'switch_light', RETURN_ROOM),
            ...toolFlow('lamp', 'switch_light', RETURN_ROOM),
          ],
        },
        /Two chosen tools are named “switch_light”/,
      ));

    it('should not mind another tool of the same name that is not chosen', async () => {
      await ask([['a', 'switch_light', '{"room":"hall"}']], {
        nodes: [
          ...toolFlow('light', 'switch_light', RETURN_ROOM),
          ...toolFlow('lamp', 'switch_light', 'msg.payload = "lamp"; return msg;'),
        ],
      });
      assert.deepEqual(results(2), [['a', '{"on":"hall"}']]);
    });

    it('should refuse tools that are also set as a parameter', async () => {
      const { input, ended, caught } = await start({
        chat: { parameters: [{ name: 'tools', value: '[]', type: 'json' }] },
      });
      input({ payload: 'Light!' });
      await ended(1);
      assert.equal(caught.items[0].error.code, 'parameter');
    });
  });

  it('should store a turn without its tool rounds', async () => {
    server.answer(
      inTurn(
        callReply(['a', 'switch_light', '{"room":"hall"}']),
        completion('It is on.'),
        completion('You are welcome.'),
      ),
    );
    const { input, ended } = await start({ chat: { memory: true } });
    input({ payload: 'Light!' });
    await ended(1);
    input({ payload: 'Thanks.' });
    await ended(2);
    assert.deepEqual(bodies()[2].messages, [
      { role: 'user', content: 'Light!' },
      { role: 'assistant', content: 'It is on.' },
      { role: 'user', content: 'Thanks.' },
    ]);
  });

  it('should keep results out of the log', async () => {
    const { log } = await ask([['a', 'switch_light', '{"room":"hall"}']], {
      nodes: toolFlow('light', 'switch_light', 'msg.payload = "a-result"; return msg;'),
    });
    assert.doesNotMatch(log(), /a-result/);
  });
});
