// What a reader of the service's streams must survive, seen from the flow: the messages that come out.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { ChatSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
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
import { recordedStreams } from '../support/recorded-streams.mts';

describe('vivgrid-chat and streams', () => {
  let server: RawServer;
  let flow: ChatFlow;

  afterEach(async () => {
    await flow.stop();
    await server.close();
  });

  /** Asks once, for a stream, and gives everything that came out. */
  async function ask(answer: Answer | string, chat: Partial<ChatSettings> = {}): Promise<Message[]> {
    server = await startRawServer(
      typeof answer === 'string' ? (response) => sendStream(response, answer) : answer,
    );
    flow = await startChatFlow({
      config: { baseUrl: server.url, maxRetries: 0, timeout: 2 },
      chat: { stream: true, ...chat },
    });
    flow.input({ payload: 'Hi' });
    await flow.ended(1);
    return flow.outputs.items;
  }

  const payloads = (messages: Message[]): unknown[] => messages.map(({ payload }) => payload);

  function assertAnswered(messages: Message[], texts: string[]): Message {
    assert.deepEqual(flow.caught.items, []);
    assert.deepEqual(payloads(messages), [...texts, '']);
    const last = messages.at(-1);
    assert.equal(last.complete, true);
    assert.equal(last.vivgrid.finish_reason, 'stop');
    return last.vivgrid;
  }

  it('1: should take id, model and time from the first chunk that has them', async () => {
    const empty = { id: '', model: '', created: 0, object: '', choices: [] };
    const messages = await ask(streamText([empty, ...chunksOf(['Once', ' upon'])]));
    const { id, model, created } = assertAnswered(messages, ['Once', ' upon']);
    assert.deepEqual(
      { id, model, created },
      { id: 'chatcmpl-1', model: 'test-model', created: 1_770_000_000 },
    );
    assert.deepEqual(messages[0].vivgrid, { id: 'chatcmpl-1', model: 'test-model', index: 0 });
  });

  it('2: should not need a role, nor mind one on a delta of reasoning', async () => {
    const messages = await ask(
      streamText([
        chunk({ role: 'assistant', reasoning_content: 'Hm' }),
        chunk({ reasoning: ', well' }),
        chunk({ content: 'Once' }),
        chunk({}, 'stop'),
      ]),
    );
    assert.equal(assertAnswered(messages, ['Once']).reasoning, 'Hm, well');
  });

  it('3: should take a finish_reason that is left out, null or empty for none', async () => {
    const open = (finish_reason: unknown, content: string): object => ({
      choices: [{ index: 0, delta: { content }, finish_reason }],
    });
    const chunks = [open(undefined, 'a'), open(null, 'b'), open('', 'c')];
    assertAnswered(await ask(streamText([...chunks, chunk({}, 'stop')])), ['a', 'b', 'c']);
    await flow.stop();
    await server.close();
    await ask(streamText(chunks));
    assert.equal(flow.caught.items[0].error.code, 'incomplete');
  });

  it('4: should take a choice with the index of a tool call for the one choice', async () => {
    const call = (index: number, fields: object): object => ({
      choices: [{ index, delta: { tool_calls: [{ index, ...fields }] } }],
    });
    const messages = await ask(
      streamText([
        chunk({ role: 'assistant', content: 'Let me see.' }),
        call(0, { id: 'call-a', type: 'function', function: { name: 'one', arguments: '{"a"' } }),
        call(1, { id: 'call-b', type: 'function', function: { name: 'two' } }),
        call(0, { function: { arguments: ':1}' } }),
        call(1, { function: { arguments: '{}' } }),
        chunk({}, 'tool_calls'),
      ]),
    );
    assert.deepEqual(payloads(messages), ['Let me see.', '']);
    const { finish_reason, tool_calls } = messages[1].vivgrid;
    assert.equal(finish_reason, 'tool_calls');
    assert.deepEqual(tool_calls, [
      { id: 'call-a', type: 'function', function: { name: 'one', arguments: '{"a":1}' } },
      { id: 'call-b', type: 'function', function: { name: 'two', arguments: '{}' } },
    ]);
  });

  it('5: should put a tool call together whose id, type and name come once, and whose arguments may be missing', async () => {
    const messages = await ask(
      streamText([
        chunk({ tool_calls: [{ index: 0, id: 'call-a', type: 'function', function: { name: 'one' } }] }),
        chunk({ tool_calls: [{ index: 0, function: {} }] }),
        chunk({ tool_calls: [{ index: 0 }] }),
        chunk({}, 'tool_calls'),
      ]),
    );
    assert.deepEqual(messages[0].vivgrid.tool_calls, [
      { id: 'call-a', type: 'function', function: { name: 'one', arguments: '' } },
    ]);
  });

  it('5: should give no call that there is not where calls are counted from 1', async () => {
    const call = { id: 'call-a', type: 'function', function: { name: 'one', arguments: '{}' } };
    const messages = await ask(
      streamText([chunk({ tool_calls: [{ index: 1, ...call }] }), chunk({}, 'tool_calls')]),
    );
    assert.deepEqual(messages[0].vivgrid.tool_calls, [call]);
  });

  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4, details: { cached: 0 } };
  const usageForms: Record<string, [object[], object | undefined]> = {
    'with the finish_reason': [[chunk({}, 'stop', { usage })], usage],
    'in a chunk of its own': [[chunk({}, 'stop'), { id: '', choices: [], usage }], usage],
    'in every chunk, the last one counting': [
      [chunk({ content: '' }, undefined, { usage: { total_tokens: 1 } }), chunk({}, 'stop', { usage })],
      usage,
    ],
    'as null': [[chunk({}, 'stop', { usage: null })], undefined],
    nowhere: [[chunk({}, 'stop')], undefined],
  };
  for (const [where, [ending, expected]] of Object.entries(usageForms)) {
    it(`6: should take the usage ${where}`, async () => {
      const messages = await ask(streamText([chunk({ content: 'Once' }), ...ending]));
      assert.deepEqual(assertAnswered(messages, ['Once']).usage, expected);
    });
  }

  const plain = streamText(chunksOf(['Grüße', ' 🦕']));
  const forms: Record<string, string> = {
    'with no newline after [DONE]': plain.trimEnd(),
    'with \\r\\n': plain.replaceAll('\n', '\r\n'),
    'with \\r': plain.replaceAll('\n', '\r'),
    'with no space after data:': plain.replace(/^data: /gm, 'data:'),
    'with comment lines': plain.replace(/^data: /gm, ': OPENROUTER PROCESSING\n\ndata: '),
    'with a byte order mark': `\uFEFF${plain}`,
  };
  for (const [what, text] of Object.entries(forms)) {
    it(`7: should read a stream ${what}`, async () => {
      assertAnswered(await ask(text), ['Grüße', ' 🦕']);
    });
  }

  const begun = `data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`;
  const error = JSON.stringify({ error: { message: 'The tool failed.' } });
  const failures: Record<string, [string, string]> = {
    '[DONE] without a finish_reason': ['data: [DONE]\n\n', 'incomplete'],
    'a bare error line': [`${error}\n`, 'server'],
    'a bare error line without its newline': [error, 'server'],
    'an error in a data line': [`data: ${error}\n\n`, 'server'],
  };
  for (const [what, [ending, code]] of Object.entries(failures)) {
    it(`8: should tell ${what} from the end`, async () => {
      const messages = await ask(begun + ending);
      assert.deepEqual(payloads(messages), ['Once']);
      assert.equal(flow.completed.items.length, 0);
      assert.equal(flow.caught.items.length, 1);
      const [caught] = flow.caught.items;
      assert.equal(caught.error.code, code);
      assert.equal(caught.error.cause.text, 'Once');
      assert.deepEqual(caught.parts, {
        id: messages[0].parts.id,
        index: 1,
        type: 'string',
        ch: '',
        broken: true,
      });
    });
  }

  it('9: should send a whole reply on as one chunk and the closing message', async () => {
    const messages = await ask((response) => sendJson(response, completion('Once upon')));
    assert.deepEqual(assertAnswered(messages, ['Once upon']).usage, {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
    });
    assert.deepEqual(
      messages.map(({ parts }) => [parts.index, parts.count]),
      [
        [0, undefined],
        [1, 2],
      ],
    );
  });

  it('9: should tell an error that answers a stream request', async () => {
    await ask((response) => sendJson(response, { error: { message: 'No such model.' } }, 404));
    const [{ error, parts, statusCode }] = flow.caught.items;
    assert.equal(error.code, 'bad_request');
    assert.match(error.message, /No such model\./);
    assert.equal(statusCode, 404);
    assert.equal(parts, undefined);
  });

  it('10: should wait through a long silence, with no heartbeat', async () => {
    const [first, ...others] = chunksOf(['Once', ' upon']) as [object, ...object[]];
    const messages = await ask((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(first)}\n\n`);
      // The flow allows two seconds.
      setTimeout(() => response.end(streamText(others)), 1500);
    });
    assertAnswered(messages, ['Once', ' upon']);
  });

  it('should send each piece on when it comes, not when the next one does', async () => {
    let response: ServerResponse | undefined;
    const pieces = ['Once', ' upon', ' a time'];
    const asked = ask((given) => {
      given.writeHead(200, { 'content-type': 'text/event-stream' });
      given.flushHeaders();
      response = given;
    });
    while (!response) await new Promise(setImmediate);
    for (const [index, content] of pieces.entries()) {
      response.write(`data: ${JSON.stringify(chunk({ content }))}\n\n`);
      await flow.outputs.count(index + 1);
    }
    response.end(streamText([chunk({}, 'stop')]));
    assertAnswered(await asked, pieces);
  });

  it('should give the same messages wherever the bytes are cut', async () => {
    const text = [
      `\uFEFF: hello\r\n\r\n`,
      `data: {"id":"","choices":[]}\n\n`,
      `data:{"id":"c-1","model":"m","choices":[{"delta":{"role":"assistant","content":"Grüße"}}]}\r\n\r\n`,
      `data: {"choices":[{"delta":{"content":" 🦕\\n…"}}]}\r\r`,
      `data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n`,
      `data: {"choices":[],"usage":{"total_tokens":9}}\n\ndata: [DONE]`,
    ].join('');
    const bytes = Buffer.from(text);
    const cuts = bytes.length + 1;
    const BYTE_BY_BYTE = cuts;
    server = await startRawServer(async (response, seen) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const at = Number(seen.body.messages[0].content);
      const pieces =
        at === BYTE_BY_BYTE
          ? [...bytes].map((byte) => Buffer.of(byte))
          : [bytes.subarray(0, at), bytes.subarray(at)];
      for (const piece of pieces) {
        response.write(piece);
        // So that the pieces travel one by one.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      response.end();
    });
    flow = await startChatFlow({ config: { baseUrl: server.url, concurrency: 50 }, chat: { stream: true } });
    for (let at = 0; at <= BYTE_BY_BYTE; at++) flow.input({ payload: `${at}`, topic: at });
    await flow.ended(cuts + 1);
    assert.deepEqual(flow.caught.items, []);
    const bySequence = new Map<number, Message[]>();
    for (const message of flow.outputs.items) {
      const { topic } = message;
      bySequence.set(topic, [...(bySequence.get(topic) ?? []), message]);
    }
    assert.equal(bySequence.size, cuts + 1);
    for (const [at, messages] of bySequence) {
      assert.deepEqual(payloads(messages), ['Grüße', ' 🦕\n…', ''], `cut at ${at}`);
      const { timing, ...details } = messages[2].vivgrid;
      assert.deepEqual(details, {
        id: 'c-1',
        service: new URL(server.url).host,
        model: 'm',
        finish_reason: 'stop',
        usage: { total_tokens: 9 },
        attempts: 1,
      });
    }
  });

  for (const { name, chunks, text, reasoning, finish_reason, model, total_tokens, call } of recordedStreams) {
    for (const stream of [true, false]) {
      it(`should answer with ${name} as it was recorded (stream: ${stream})`, async () => {
        const messages = await ask(streamText(chunks), { stream });
        assert.deepEqual(flow.caught.items, []);
        assert.equal(payloads(messages).join(''), text);
        const details = messages.at(-1).vivgrid;
        assert.equal(details.reasoning, reasoning);
        assert.equal(details.finish_reason, finish_reason);
        assert.equal(details.model, model);
        assert.equal(details.usage.total_tokens, total_tokens);
        assert.deepEqual(details.tool_calls?.[0].function.name, call?.[0]);
        assert.deepEqual(details.tool_calls?.[0].function.arguments, call?.[1]);
      });
    }
  }
});
