import assert from 'node:assert/strict';
import { endsSoon, findModel, readListedModel } from '../../../nodes/lib/common/model-end.ts';

describe('readListedModel', () => {
  const DAYS: [shutdown: unknown, ends: string | undefined][] = [
    ['2027-01-14', '2027-01-14'],
    ['2027-01-14T09:30:00Z', '2027-01-14'],
    [1_799_884_800, '2027-01-14'],
    [null, undefined],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    [0, undefined],
    [Number.NaN, undefined],
    [1e20, undefined],
    [true, undefined],
    [{ date: '2027-01-14' }, undefined],
  ];
  for (const [shutdown, ends] of DAYS) {
    it(`should read ${JSON.stringify(shutdown)} as ${ends ?? 'no end'}`, () => {
      const model = readListedModel({ id: 'a', shutdown_date: shutdown });
      assert.deepEqual(model, ends === undefined ? { id: 'a' } : { id: 'a', ends });
    });
  }

  it('should take nothing without an id for a model', () => {
    for (const entry of [null, 'a', {}, { id: 1 }]) assert.equal(readListedModel(entry), undefined);
  });
});

describe('endsSoon', () => {
  it('should be so from 60 days before', () => {
    const end = Date.UTC(2027, 0, 14);
    const days = (count: number): number => end - count * 24 * 60 * 60_000;
    const days60 = endsSoon('2027-01-14', days(60));
    assert.deepEqual([endsSoon('2027-01-14', days(60) - 1), days60], [false, true]);
    assert.equal(endsSoon('2027-01-14', days(-1)), true);
  });
});

describe('findModel', () => {
  it('should find a model under the longer name that some services list it by', () => {
    const models = [{ id: 'models/gemini' }, { id: 'llama3:latest' }, { id: 'a' }];
    const found = ['gemini', 'llama3', 'a', 'b'].map((name) => findModel(models, name)?.id);
    assert.deepEqual(found, ['models/gemini', 'llama3:latest', 'a', undefined]);
  });
});
