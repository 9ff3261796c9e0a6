import assert from 'node:assert/strict';
import { takeSnapshot } from '../../../nodes/lib/common/snapshot.ts';
import { ExchangeLog, type ExchangeRecord } from '../../../nodes/lib/service/exchange-log.ts';

const ORIGIN = { node: 'chat', flow: 'tab', service: 'Main' };
const asIs = (text: string): string => text;
const PICTURE = `data:image/png;base64,${'A'.repeat(2_000)}`;

function begin(log: ExchangeLog, message: object = { payload: 'Hi' }): ExchangeRecord {
  const record = log.begin(ORIGIN, takeSnapshot(message), asIs);
  assert.ok(record);
  return record;
}

function tried(record: ExchangeRecord, content: string): void {
  const request = { model: 'm', messages: [{ role: 'user', content }] };
  record.tried(
    { name: 'Main', redactor: { redact: asIs, reach: 0 } },
    { request, body: JSON.stringify(request) },
  );
}

describe('the log of exchanges', () => {
  it('should tell the rows that have changed, once, and none that it has dropped', () => {
    let changes = 0;
    const log = new ExchangeLog('config', 2, () => changes++);
    const [first, second, third] = [begin(log), begin(log), begin(log)];
    assert.deepEqual(log.takeChanges(), [second.row, third.row]);
    assert.deepEqual(log.takeChanges(), []);
    first.update({ state: 'finished' });
    second.update({ state: 'finished' });
    assert.deepEqual(log.takeChanges(), [second.row]);
    assert.equal(changes, 5);
  });

  it('should give each exchange an id of its own', () => {
    const logs = [new ExchangeLog('one', 5, () => {}), new ExchangeLog('two', 5, () => {})];
    const ids = logs.flatMap((log) => [begin(log).row.id, begin(log).row.id]);
    assert.equal(new Set(ids).size, 4);
  });

  it('should name attachments in what is small, too', () => {
    const record = begin(new ExchangeLog('config', 1, () => {}), { payload: PICTURE });
    tried(record, PICTURE);
    assert.deepEqual(record.content, {
      message: { payload: '[image/png, 2 kB]' },
      request: { model: 'm', messages: [{ role: 'user', content: '[image/png, 2 kB]' }] },
      tries: [{ service: 'Main' }],
      calls: [],
      isCut: false,
    });
  });

  it('should cut what is large, and say so each time', () => {
    const record = begin(new ExchangeLog('config', 1, () => {}), { payload: 'x'.repeat(60_000) });
    const { message, isCut } = record.content;
    assert.equal(isCut, true);
    assert.ok(JSON.stringify(message).length < 17_000);
    tried(record, 'y'.repeat(60_000));
    for (const { request } of [record.content, record.content]) {
      const text = JSON.stringify(request);
      assert.ok(text.length < 25_000 && text.includes('…'), `${text.length}`);
    }
    const short = begin(new ExchangeLog('config', 1, () => {}));
    tried(short, 'y'.repeat(60_000));
    assert.equal(short.content.isCut, true);
    tried(short, 'short');
    assert.equal(short.content.isCut, false);
  });

  it('should hold a request as it was sent', () => {
    const record = begin(new ExchangeLog('config', 1, () => {}));
    const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
    record.tried(
      { name: 'Main', redactor: { redact: asIs, reach: 0 } },
      { request, body: JSON.stringify(request) },
    );
    request.messages.push({ role: 'assistant', content: 'Hello' });
    assert.deepEqual((record.content.request as typeof request).messages, [{ role: 'user', content: 'Hi' }]);
  });
});
