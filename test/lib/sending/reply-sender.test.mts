import assert from 'node:assert/strict';
import { createRedactor } from '../../../nodes/lib/common/redact.ts';
import { Reply } from '../../../nodes/lib/reply/reply.ts';
import type { FlowMessage } from '../../../nodes/lib/sending/message.ts';
import { createChunkSender, outputSetter } from '../../../nodes/lib/sending/reply-sender.ts';

const TOOLS = { deepClone: structuredClone, setProperty: () => true, newId: () => 'id' };

function senderWith(options: { chunks: 'token' | 'line' | 'growing'; interval: number }) {
  const message = { payload: 'Hi' };
  const sent: FlowMessage[] = [];
  const sender = createChunkSender(
    message,
    outputSetter('payload', message, TOOLS),
    (chunk) => sent.push(chunk),
    { reasoning: false, redactor: createRedactor(['the-secret']), hasTools: false, ...options },
    TOOLS,
  );
  const reply = new Reply();
  const give = (text: string): void => sender.piece({ text, reasoning: '' }, reply);
  return { sender, give, texts: () => sent.map(({ payload }) => payload) };
}

describe('the chunk sender', () => {
  it('should send nothing more once it is dropped, not even what it held back', () => {
    const { sender, give, texts } = senderWith({ chunks: 'line', interval: 0 });
    give('one\ntw');
    sender.drop();
    assert.deepEqual(texts(), ['one\n']);
  });

  it('should keep to the interval while the model waits for its tools', () => {
    const { sender, give, texts } = senderWith({ chunks: 'token', interval: 60_000 });
    give('one');
    give(' two');
    sender.rest();
    give(' three');
    assert.deepEqual(texts(), ['one']);
    sender.flush();
    assert.deepEqual(texts(), ['one', ' two three']);
  });

  it('should send what it held back when a reply fails in the middle', () => {
    const { sender, give, texts } = senderWith({ chunks: 'token', interval: 60_000 });
    give('one');
    give(' two');
    sender.flush();
    assert.deepEqual(texts(), ['one', ' two']);
    assert.deepEqual(sender.openParts(), { id: 'id', index: 2, type: 'string', ch: '' });
  });

  it('should send nothing of a reply that fails before its first unit', () => {
    const { sender, give, texts } = senderWith({ chunks: 'line', interval: 0 });
    give('half a line');
    sender.flush();
    assert.deepEqual(texts(), []);
    assert.equal(sender.openParts(), undefined);
  });
});

describe('growing messages', () => {
  it('should hold the text so far without a secret, wherever in a long text it comes together', () => {
    const { give, texts } = senderWith({ chunks: 'growing', interval: 0 });
    const text = `${'x'.repeat(97)}the-secret`.repeat(10);
    for (const character of text) give(character);
    const sent = texts() as string[];
    assert.equal(sent.length, text.length);
    assert.ok(sent.every((one) => !one.includes('the-secret')));
    assert.equal(sent.at(-1), `${'x'.repeat(97)}***`.repeat(10));
  });
});

describe('the output of a reply', () => {
  it('should be refused where no message can hold it', () => {
    assert.throws(() => outputSetter('__proto__', { payload: 'Hi' }, TOOLS), { code: 'config' });
  });
});
