// Fails a run that leaves something open, such as a server or a process. By itself, Mocha waits for it without end
// (`"exit": false`) or, where files run side by side, ends the process with it.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, RootHookObject } from 'mocha';

/** For what closes by itself, such as a connection that is kept alive for a while. */
const PATIENCE = 15_000;

/** How many there are of each kind of what keeps this process alive, but for timers: those of libraries run out late. */
function open(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (kind !== 'Timeout') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** How many of each kind a run may leave open. */
let allowed = new Map<string, number>();

/** Starts what stays open for the files that this process runs later, and allows the run of this one to leave it. */
export async function keepOpen<T>(start: () => Promise<T>): Promise<T> {
  const before = open();
  const started = await start();
  for (const [kind, count] of open()) {
    const more = count - (before.get(kind) ?? 0);
    if (more > 0) allowed.set(kind, (allowed.get(kind) ?? 0) + more);
  }
  return started;
}

export const mochaHooks: RootHookObject = {
  beforeAll(this: Context) {
    allowed = open();
    const isNew = ([kind, count]: [string, number]): boolean => count > (allowed.get(kind) ?? 0);
    // Added now, it comes after those of the files.
    this.test?.parent?.afterAll('nothing is left open', async function (this: Context) {
      this.timeout(2 * PATIENCE);
      const end = performance.now() + PATIENCE;
      while ([...open()].some(isNew) && performance.now() < end) await sleep(20, undefined, { ref: false });
      assert.deepEqual([...open()].filter(isNew), [], 'left open: kinds and how many of each');
    });
  },
};
