// A clock that stands still until a test moves it, in the place of the timers and of `performance.now()`.
import { mock } from 'node:test';

export interface MovedClock {
  /** Lets milliseconds pass; timers go off in between. */
  pass(milliseconds: number): void;
  /** Gives the real clock back. */
  stop(): void;
}

export function stopClock(): MovedClock {
  let now = 0;
  const patched = mock.method(performance, 'now', () => now);
  mock.timers.enable({ apis: ['setTimeout'] });
  return {
    pass(milliseconds) {
      now += milliseconds;
      mock.timers.tick(milliseconds);
    },
    stop() {
      mock.timers.reset();
      patched.mock.restore();
    },
  };
}
