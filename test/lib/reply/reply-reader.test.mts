import assert from 'node:assert/strict';
import { Reply } from '../../../nodes/lib/reply/reply.ts';
import { ReplyReader } from '../../../nodes/lib/reply/reply-reader.ts';

const FINISH = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n';
const DONE = 'data: [DONE]\n\n';

/** Reads these pieces, and tells which shorter silences were asked for. */
function shortened(type: string, ...pieces: string[]): number[] {
  const limits: number[] = [];
  const reader = new ReplyReader(new Reply(), {
    redact: (text) => text,
    silence: { heard() {}, shorten: (milliseconds) => limits.push(milliseconds) },
    type,
    platform: undefined,
    onPiece: () => {},
  });
  for (const piece of pieces) reader.push(Buffer.from(piece));
  reader.end();
  assert.equal(reader.isEnded, true);
  return limits;
}

describe('the reader of a reply', () => {
  it('should wait less long for the end of a stream whose model has finished', () => {
    assert.deepEqual(shortened('text/event-stream', FINISH, DONE), [3_000]);
  });

  it('should wait for no silence where the end came with the last chunk', () => {
    assert.deepEqual(shortened('text/event-stream', FINISH + DONE), []);
  });

  it('should wait for no silence where a body has come with the end of its connection', () => {
    const body = '{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}';
    assert.deepEqual(shortened('application/json', body), []);
  });

  it('should read what is no stream, whatever its type says', () => {
    const body = '{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}';
    assert.deepEqual(shortened('text/event-stream', body.slice(0, 9), body.slice(9)), []);
    assert.deepEqual(shortened('application/json', FINISH, DONE), [3_000]);
  });
});
