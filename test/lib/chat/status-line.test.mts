import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { type ChatStatus, StatusLine } from '../../../nodes/lib/chat/status-line.ts';

describe('the status line', () => {
  let now = 0;
  let shown: ChatStatus[];
  let status: ChatStatus;
  let line: StatusLine;

  const pass = (milliseconds: number): void => {
    now += milliseconds;
    mock.timers.tick(milliseconds);
  };
  const show = (waiting: number): void => {
    status = { state: 'several', asking: 1, receiving: 0, waiting };
    line.changed();
  };

  beforeEach(() => {
    now = 0;
    shown = [];
    mock.timers.enable({ apis: ['setTimeout'] });
    mock.method(performance, 'now', () => now);
    line = new StatusLine(
      () => status,
      (changed) => shown.push(changed),
    );
  });

  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  it('should show a few changes at once, and the last of many within half a second', () => {
    show(1);
    assert.equal(shown.length, 1);
    for (let waiting = 2; waiting <= 100; waiting++) show(waiting);
    assert.ok(shown.length < 10, `${shown.length}`);
    assert.notDeepEqual(shown.at(-1), status);
    pass(500);
    assert.deepEqual(shown.at(-1), status);
  });

  it('should show two changes a second at most when they go on', () => {
    for (let waiting = 1; waiting <= 1000; waiting++) {
      show(waiting);
      pass(10);
    }
    assert.ok(shown.length >= 20 && shown.length <= 30, `${shown.length}`);
  });

  it('should show nothing that is as it was, and nothing once it is closed', () => {
    show(1);
    show(1);
    assert.equal(shown.length, 1);
    for (let waiting = 2; waiting <= 100; waiting++) show(waiting);
    const before = shown.length;
    line.close();
    pass(1000);
    assert.equal(shown.length, before);
  });
});
