import assert from 'node:assert/strict';
import { ChatError } from '../../../nodes/lib/common/errors.ts';
import { EventReader } from '../../../nodes/lib/reply/read-events.ts';
import { type Piece, Reply } from '../../../nodes/lib/reply/reply.ts';
import { describeReply } from '../../../nodes/lib/sending/reply-details.ts';
import { chunk, chunksOf, streamText } from '../../support/raw-server.mts';
import { recordedStreams } from '../../support/recorded-streams.mts';

interface Read {
  events: unknown[];
  /** `[letter, data]` of each record of the platform's own form. */
  records: unknown[];
  isDone: boolean;
  /** Key of the error that ended it. */
  failed?: string;
}

function read(pieces: Iterable<Buffer>): Read {
  const seen: Read = { events: [], records: [], isDone: false };
  const reader = new EventReader(
    {
      isFinished: () => false,
      event: (data) => seen.events.push(data),
      record(letter, data) {
        seen.records.push([letter, data]);
        return letter === 'p';
      },
      done() {
        assert.equal(seen.isDone, false, 'done twice');
        seen.isDone = true;
      },
    },
    (text) => text,
  );
  try {
    for (const piece of pieces) reader.push(piece);
    if (!reader.isDone) reader.end();
  } catch (error) {
    assert.ok(error instanceof ChatError, String(error));
    seen.failed = error.key;
  }
  assert.equal(reader.isDone, seen.isDone);
  return seen;
}

const readText = (text: string): Read => read([Buffer.from(text)]);

/** Reads the same bytes at once, in every pair of pieces, and byte by byte: all must give the same. */
function readEveryWay(text: string): Read {
  const bytes = Buffer.from(text);
  const whole = read([bytes]);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
    assert.deepEqual(read(pieces), whole, `cut at ${cut}: ${pieces.map(String).join('✂')}`);
  }
  assert.deepEqual(read([...bytes].map((byte) => Buffer.from([byte]))), whole, 'byte by byte');
  return whole;
}

describe('EventReader', () => {
  const chunks = [
    { id: '', model: '', created: 0, choices: [] },
    ...chunksOf(['Grüße ', '🦕🇩🇪', '…\n', '\u2028\r', ' data: x', '日本']),
  ];
  const plain = streamText(chunks);

  describe('wherever the bytes are cut', () => {
    const forms: Record<string, string> = {
      'with plain newlines': plain,
      'with \\r\\n': plain.replaceAll('\n', '\r\n'),
      'with \\r only': plain.replaceAll('\n', '\r'),
      'with newlines of every kind': plain
        .split('\n')
        .map((line, index) => line + ['\n', '\r\n', '\r'][index % 3])
        .join(''),
      'with a byte order mark': `\uFEFF${plain}`,
      'with no space after data:': plain.replace(/^data: /gm, 'data:'),
      'with comments, ids and other fields': `: hello\n\n${plain.replace(/^/gm, (_, at) => (plain.startsWith('data: ', at) ? 'id: 7\nretry: 10\nevent: message\n: {"a":1}\n' : ''))}`,
      'with no newline at the end': plain.trimEnd(),
      'with no end marker': plain.replace('data: [DONE]\n\n', ''),
      'with no end marker and no newline at the end': plain.replace('data: [DONE]\n\n', '').trimEnd(),
      'with one newline between events': plain.replaceAll('\n\n', '\n'),
      'with more newlines between events': plain.replaceAll('\n\n', '\n\n\n\n'),
    };
    for (const [what, text] of Object.entries(forms)) {
      it(`should give the same events ${what}`, () => {
        const { events, records, isDone, failed } = readEveryWay(text);
        assert.deepEqual(events, chunks);
        assert.deepEqual(records, []);
        assert.equal(failed, undefined);
        assert.equal(isDone, text.includes('[DONE]'));
      });
    }

    for (const { name, chunks: recorded } of recordedStreams.filter(({ chunks }) => chunks.length < 10)) {
      it(`should give the same events for ${name}`, () => {
        assert.deepEqual(readEveryWay(streamText(recorded)).events, recorded);
      });
    }

    const failure = { error: { message: 'Tool failed: “ü”.' } };
    const failures: Record<string, string> = {
      'a bare error line': JSON.stringify(failure),
      'a bare error line and its newline': `${JSON.stringify(failure)}\n`,
      'a bare error over several lines': JSON.stringify(failure, null, 2),
      'an error in a data line': `data: ${JSON.stringify(failure)}\n\n`,
      'an error event': `event: error\ndata: ${JSON.stringify(failure)}\n\n`,
      'an error event that holds the bare error': `event:error\ndata: ${JSON.stringify(failure.error)}\n\n`,
      'an error over several data lines': JSON.stringify(failure, null, 2).replace(/^/gm, 'data: '),
    };
    for (const [what, text] of Object.entries(failures)) {
      it(`should give ${what}`, () => {
        const begun = `data: ${JSON.stringify(chunk({ content: 'Once' }))}\n\n`;
        assert.deepEqual(readEveryWay(begun + text).events, [chunk({ content: 'Once' }), failure]);
      });
    }

    it('should refuse a malformed chunk', () => {
      const text = `${plain.slice(0, plain.indexOf('[DONE]') - 30)}\n\ndata: {}\n\n`;
      const { events, failed } = readEveryWay(text);
      assert.equal(failed, 'incomplete_chunk');
      assert.deepEqual(events, chunks.slice(0, -1));
    });

    it('should refuse a chunk that is cut by the end', () => {
      const { events, failed } = readEveryWay(plain.slice(0, plain.indexOf('[DONE]') - 30));
      assert.equal(failed, 'incomplete_chunk');
      assert.deepEqual(events, chunks.slice(0, -1));
    });

    it('should give the records of the platform form', () => {
      const text =
        'm: "gpt"\n\nc: "Grüße"\n\ng:"Hm 🦕"\n\nu: {"total_tokens":9}\n\np: finish\n\nc: "late"\n\n';
      for (const form of [text, text.replaceAll('\n', '\r\n')]) {
        const { records, isDone } = readEveryWay(form);
        assert.deepEqual(records, [
          ['m', 'gpt'],
          ['c', 'Grüße'],
          ['g', 'Hm 🦕'],
          ['u', { total_tokens: 9 }],
          ['p', 'finish'],
        ]);
        assert.ok(isDone);
      }
    });
  });

  it('should let nothing count after the end marker', () => {
    const { events, isDone, failed } = readText(
      `data: {"a":1}\n\ndata: [DONE]\n\ndata: {"b":2}\n\ndata: {{\n\n`,
    );
    assert.deepEqual(events, [{ a: 1 }]);
    assert.ok(isDone);
    assert.equal(failed, undefined);
  });

  it('should put an event together whose JSON is spread over data lines with comments and fields between', () => {
    const { events } = readText('data: {"a":\n: still here\nid: 4\ndata: 1}\n\n');
    assert.deepEqual(events, [{ a: 1 }]);
  });

  it('should be an error event for its own event only', () => {
    const { events } = readText('event: error\ndata: {"message":"No"}\n\ndata: {"id":"1"}\n\n');
    assert.deepEqual(events, [{ error: { message: 'No' } }, { id: '1' }]);
  });

  it('should not mind empty data lines and lines that are no field', () => {
    const { events, failed } = readText('data:\n\ndata: \n\nhello\n\n[1]\n\ndata: {"a":1}\n\n');
    assert.deepEqual(events, [{ a: 1 }]);
    assert.equal(failed, undefined);
  });

  it('should read a line of many megabytes that comes in many pieces in no time', () => {
    const content = 'x'.repeat(20 * 2 ** 20);
    const bytes = Buffer.from(`data: ${JSON.stringify({ content })}\n\n`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, index) =>
      bytes.subarray(index * 16_384, (index + 1) * 16_384),
    );
    const start = performance.now();
    const { events } = read(pieces);
    assert.equal((events[0] as { content: string }).content.length, content.length);
    assert.ok(performance.now() - start < 2000, `${performance.now() - start} ms`);
  });
});

describe('Reply', () => {
  /** Adds chunks and gives what came of them. */
  function replyOf(chunks: object[]): Reply {
    const reply = new Reply();
    for (const data of chunks) reply.add(data);
    return reply;
  }

  for (const { name, chunks, text, reasoning, finish_reason, model, total_tokens, call } of recordedStreams) {
    it(`should put ${name} together`, () => {
      const reply = replyOf(chunks);
      assert.equal(reply.isFinished, true);
      assert.equal(reply.text, text);
      const details = describeReply(reply);
      assert.equal(details.reasoning, reasoning);
      assert.equal(details.finish_reason, finish_reason);
      assert.equal(details.model, model);
      assert.equal(details.usage?.total_tokens, total_tokens);
      assert.deepEqual(
        details.tool_calls?.map((made) => [made.function.name, made.function.arguments]),
        call && [call],
      );
    });
  }

  it('should not be finished before the finish_reason, by whatever chunk it is cut', () => {
    for (const { chunks } of recordedStreams) {
      const last = chunks.findIndex((data) => JSON.stringify(data).match(/"finish_reason":"/));
      for (let count = 0; count <= last; count++) {
        assert.equal(replyOf(chunks.slice(0, count)).isFinished, false);
      }
      assert.equal(replyOf(chunks.slice(0, last + 1)).isFinished, true);
    }
  });

  it('should give all the text of a chunk with several choices', () => {
    const reply = new Reply();
    const choices = [
      { index: 0, delta: { content: 'Once', reasoning_content: 'Let me ' } },
      { index: 1, delta: { content: ' upon', reasoning_content: 'see.' } },
      { index: 2, delta: {} },
    ];
    const pieces: Piece[] = [];
    reply.add({ choices }, (piece) => pieces.push(piece));
    assert.deepEqual(pieces, [
      { text: '', reasoning: 'Let me ' },
      { text: 'Once', reasoning: '' },
      { text: ' upon', reasoning: 'see.' },
    ]);
    assert.equal(reply.text, 'Once upon');
  });

  it('should take the reasoning from the one of its two fields that has it', () => {
    const deltas = [
      { reasoning_content: '', reasoning: 'a' },
      { reasoning_content: 'b', reasoning: '' },
      { reasoning_content: null, reasoning: 'c' },
      { reasoning_content: {}, reasoning: 'd' },
      { reasoning_content: 'e', reasoning: 'e' },
    ];
    const reply = replyOf(deltas.map((delta) => ({ choices: [{ delta }] })));
    assert.equal(describeReply(reply).reasoning, 'abcde');
  });

  it('should put a tool call together whose index is none', () => {
    for (const index of [0.5, -1, 1e9, '0', null, undefined]) {
      const call = { index, id: 'a', type: 'function', function: { name: 'one', arguments: '{}' } };
      const reply = replyOf([{ choices: [{ delta: { tool_calls: [call] } }] }]);
      assert.deepEqual(describeReply(reply).tool_calls, [
        { id: 'a', type: 'function', function: { name: 'one', arguments: '{}' } },
      ]);
    }
  });

  it('should not take an empty field for an error', () => {
    for (const error of [null, '', false]) {
      const reply = replyOf([{ error, choices: [{ delta: { content: 'Once' }, finish_reason: 'stop' }] }]);
      assert.equal(reply.text, 'Once');
    }
  });

  it('should survive whatever JSON a chunk may be', () => {
    const odd = [null, undefined, 0, '', 'x', true, [], {}, [null], { a: null }, -1, 0.5, 1e9];
    for (const value of odd) {
      const reply = new Reply(2);
      for (const data of [
        value,
        { id: value, model: value, created: value, usage: value, choices: value },
        { choices: [value] },
        { choices: [{ index: value, delta: value, message: value, finish_reason: value }] },
        { choices: [{ delta: { content: value, reasoning: value, refusal: value, tool_calls: value } }] },
        { choices: [{ delta: { content: [value], tool_calls: [value] } }] },
        { choices: [{ delta: { content: [{ text: value, thinking: value }] } }] },
        { choices: [{ delta: { content: [{ thinking: [value] }] } }] },
        { choices: [{ delta: { content: [{ thinking: [{ text: value }] }] } }] },
        { choices: [{ delta: { tool_calls: [{ index: value, id: value, type: value, function: value }] } }] },
        { choices: [{ delta: { tool_calls: [{ function: { name: value, arguments: value } }] } }] },
      ]) {
        assert.doesNotThrow(() => reply.add(data), `${JSON.stringify(data)}`);
      }
      assert.equal(typeof reply.text, 'string');
      assert.doesNotThrow(() => describeReply(reply));
      assert.ok(reply.choices.length < 200);
    }
  });
});
