import assert from 'node:assert/strict';
import { modelsOf } from '../../../nodes/lib/service/model-list.ts';

describe('modelsOf', () => {
  function createService(answers: (() => Promise<string[]>)[]) {
    const service = {
      calls: 0,
      models: () => (answers[service.calls++] ?? (() => Promise.reject(new Error())))(),
    };
    return service;
  }

  it('should ask once a minute at most', async () => {
    const service = createService([async () => ['a'], async () => ['b']]);
    const [first, second] = await Promise.all([modelsOf(service, () => 0), modelsOf(service, () => 0)]);
    assert.deepEqual([first, second], [['a'], ['a']]);
    assert.deepEqual(await modelsOf(service, () => 59_999), ['a']);
    assert.deepEqual(await modelsOf(service, () => 60_000), ['b']);
    assert.equal(service.calls, 2);
  });

  it('should give none when the list cannot be had, and ask again the next time', async () => {
    const service = createService([() => Promise.reject(new Error('down')), async () => ['a']]);
    assert.deepEqual(await modelsOf(service, () => 0), []);
    assert.deepEqual(await modelsOf(service, () => 1), ['a']);
  });
});
