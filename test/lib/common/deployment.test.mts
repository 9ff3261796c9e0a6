import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Deployment, LONGEST_DEPLOYMENT } from '../../../nodes/lib/common/deployment.ts';

describe('Deployment', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  it('should be nothing to wait for while flows run', () => {
    assert.equal(new Deployment().ready, undefined);
  });

  for (const steps of [
    ['stopping', 'starting', 'started'],
    ['starting', 'started'],
  ] as const) {
    it(`should be waited for from ${steps[0]} until the flows have started`, async () => {
      const deployment = new Deployment();
      deployment[steps[0]]();
      const { ready } = deployment;
      assert.ok(ready);
      for (const step of steps.slice(1)) {
        assert.equal(deployment.ready, ready);
        deployment[step]();
      }
      await ready;
      assert.equal(deployment.ready, undefined);
    });
  }

  it('should be waited for until the last one has started when one overtakes another', async () => {
    const deployment = new Deployment();
    deployment.stopping();
    deployment.starting();
    deployment.stopping();
    const { ready } = deployment;
    deployment.started();
    assert.equal(deployment.ready, ready);
    deployment.starting();
    deployment.started();
    await ready;
    assert.equal(deployment.ready, undefined);
  });

  it('should be waited for 10 seconds at most', async () => {
    assert.equal(LONGEST_DEPLOYMENT, 10_000);
    const deployment = new Deployment();
    deployment.stopping();
    const { ready } = deployment;
    mock.timers.tick(9_000);
    deployment.starting();
    mock.timers.tick(999);
    assert.equal(deployment.ready, ready);
    mock.timers.tick(1);
    await ready;
    assert.equal(deployment.ready, undefined);
    // Its end is no one's any more.
    deployment.started();
    assert.equal(deployment.ready, undefined);
  });

  it('should have 10 seconds of its own, each', async () => {
    const deployment = new Deployment();
    deployment.stopping();
    mock.timers.tick(9_000);
    deployment.stopping();
    const { ready } = deployment;
    mock.timers.tick(9_000);
    assert.equal(deployment.ready, ready);
    mock.timers.tick(1_000);
    await ready;
  });
});
