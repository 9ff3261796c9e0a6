import assert from 'node:assert/strict';
import type { ListedModel } from '../../../nodes/lib/common/model-end.ts';
import { modelsOf } from '../../../nodes/lib/service/model-list.ts';

describe('modelsOf', () => {
  function createService(answers: (() => Promise<ListedModel[]>)[]) {
    const service = {
      calls: 0,
      models: () => (answers[service.calls++] ?? (() => Promise.reject(new Error())))(),
    };
    return service;
  }

  it('should ask once a minute at most', async () => {
    const service = createService([async () => [{ id: 'a' }], async () => [{ id: 'b' }]]);
    const [first, second] = await Promise.all([modelsOf(service, () => 0), modelsOf(service, () => 0)]);
    assert.deepEqual([first, second], [[{ id: 'a' }], [{ id: 'a' }]]);
    assert.deepEqual(await modelsOf(service, () => 59_999), [{ id: 'a' }]);
    assert.deepEqual(await modelsOf(service, () => 60_000), [{ id: 'b' }]);
    assert.equal(service.calls, 2);
  });

  it('should give none when the list cannot be had, and ask again the next time', async () => {
    const service = createService([() => Promise.reject(new Error('down')), async () => [{ id: 'a' }]]);
    assert.deepEqual(await modelsOf(service, () => 0), []);
    assert.deepEqual(await modelsOf(service, () => 1), [{ id: 'a' }]);
  });
});
