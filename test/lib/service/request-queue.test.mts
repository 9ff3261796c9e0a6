import assert from 'node:assert/strict';
import { RequestQueue } from '../../../nodes/lib/service/request-queue.ts';

describe('RequestQueue', () => {
  const { now } = Date;

  afterEach(() => {
    Date.now = now;
  });

  for (const hours of [-1, 1]) {
    it(`should hold for as long as it is told when the clock is set by ${hours} h meanwhile`, async () => {
      const queue = new RequestQueue({ concurrency: 1, maxQueue: 0 });
      const began = performance.now();
      queue.hold(300);
      Date.now = () => now() + hours * 3_600_000;
      assert.ok(queue.heldFor > 0 && queue.heldFor <= 300, `${queue.heldFor}`);
      // A shorter hold takes nothing away from a longer one, nor does a longer one get lost.
      queue.hold(10);
      queue.hold(400);
      assert.ok(queue.heldFor > 300 && queue.heldFor <= 400, `${queue.heldFor}`);
      await queue.enter().join();
      // Timers may be a little early.
      assert.ok(performance.now() - began > 390, `${performance.now() - began}`);
      assert.equal(queue.heldFor, 0);
      queue.close();
    });
  }
});
