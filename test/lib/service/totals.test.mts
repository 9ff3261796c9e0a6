// What is counted of an hour, a day and a month, and when the limit of it ends the requests. The tests move the clock.
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { ChatError } from '../../../nodes/lib/common/errors.ts';
import { Reply } from '../../../nodes/lib/reply/reply.ts';
import { type Spent, spentOn } from '../../../nodes/lib/service/cost.ts';
import type { Limit } from '../../../nodes/lib/service/limit.ts';
import type { Periods } from '../../../nodes/lib/service/periods.ts';
import { type CarriedTotals, Totals, type TotalsStore } from '../../../nodes/lib/service/totals.ts';

const SPENT: Spent = { prompt_tokens: 60, completion_tokens: 40, tokens: 100, cost: 0.5 };
const DAY: Limit = { most: 250, of: 'tokens', per: 'day' };

describe('totals', () => {
  let news: string[];

  beforeEach(() => {
    news = [];
    mock.timers.enable({ apis: ['Date', 'setTimeout'], now: new Date(2026, 10, 28, 17, 42, 5) });
  });

  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  const at = (...when: [number, number, number, number, number?]): void =>
    mock.timers.setTime(new Date(when[0], when[1] - 1, when[2], when[3], when[4] ?? 0).getTime());

  function totalsWith(options: { limit?: Limit; store?: TotalsStore; carried?: CarriedTotals } = {}): Totals {
    const report = ({ key }: ChatError): void => void news.push(key);
    return new Totals({ limit: undefined, store: undefined, carried: undefined, report, ...options });
  }

  /** A store in memory, as Node-RED's own is, and what it did. */
  function storeWith(value?: unknown): TotalsStore & { value: unknown; reads: number; writes: number } {
    return {
      key: 'used',
      value,
      reads: 0,
      writes: 0,
      async read() {
        this.reads++;
        return this.value;
      },
      async write(periods) {
        this.writes++;
        this.value = periods;
      },
    };
  }

  /** Lets promises that can settle do so: nothing here waits for more than a few. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }

  async function isOver(totals: Totals): Promise<boolean> {
    try {
      await totals.check();
      return false;
    } catch (error) {
      assert.equal((error as ChatError).code, 'budget');
      return true;
    }
  }

  it('should count requests, failures, tokens and cost by hour, day and month', () => {
    const totals = totalsWith();
    totals.add(SPENT, false);
    totals.add({ prompt_tokens: 0, completion_tokens: 0, tokens: 0, cost: 0 }, true);
    const counts = {
      requests: 2,
      failures: 1,
      prompt_tokens: 60,
      completion_tokens: 40,
      tokens: 100,
      cost: 0.5,
    };
    assert.deepEqual(totals.periods, {
      hour: { from: '2026-11-28T17:00', ...counts },
      day: { from: '2026-11-28', ...counts },
      month: { from: '2026-11', ...counts },
    });
  });

  it('should begin anew with each period', () => {
    const totals = totalsWith();
    const tokens = (): number[] => Object.values(totals.periods).map((period) => period.tokens);
    totals.add(SPENT, false);
    at(2026, 11, 28, 18);
    assert.deepEqual(tokens(), [0, 100, 100]);
    totals.add(SPENT, false);
    assert.deepEqual(tokens(), [100, 200, 200]);
    at(2026, 11, 29, 0);
    assert.deepEqual(tokens(), [0, 0, 200]);
    at(2026, 12, 1, 0);
    assert.deepEqual(tokens(), [0, 0, 0]);
    assert.equal(totals.periods.month.from, '2026-12');
  });

  describe('a limit', () => {
    it('should end the requests once it is reached, until the period ends', async () => {
      const totals = totalsWith({ limit: DAY });
      for (let count = 0; count < 2; count++) totals.add(SPENT, false);
      assert.equal(totals.check(), undefined);
      totals.add(SPENT, false);
      await assert.rejects(totals.check() as Promise<void>, {
        code: 'budget',
        params: { limit: 250, until: '2026-11-29 00:00' },
        cause: { retry_after: 6 * 3600 + 17 * 60 + 55 },
      });
      at(2026, 11, 29, 0);
      assert.equal(totals.check(), undefined);
    });

    for (const [limit, times] of [
      [{ most: 3, of: 'requests', per: 'hour' }, 3],
      [{ most: 1.2, of: 'cost', per: 'month' }, 3],
      [{ most: 300, of: 'tokens', per: 'hour' }, 3],
    ] as [Limit, number][]) {
      it(`should be of ${limit.of} an ${limit.per}`, async () => {
        const totals = totalsWith({ limit });
        for (let count = 1; count < times; count++) totals.add(SPENT, false);
        assert.equal(await isOver(totals), false);
        totals.add(SPENT, false);
        assert.equal(await isOver(totals), true);
      });
    }

    it('should count the requests that have not ended yet where it is of requests', async () => {
      const totals = totalsWith({ limit: { most: 2, of: 'requests', per: 'day' } });
      totals.begin();
      const end = totals.begin();
      assert.equal(await isOver(totals), true);
      end(SPENT, false);
      assert.equal(await isOver(totals), true);
      assert.equal(totals.periods.day.requests, 1);
    });

    it('should not be warned of again after a deployment, unless it is another one', async () => {
      const limit: Limit = { most: 100, of: 'tokens', per: 'day' };
      const before = totalsWith({ limit });
      before.add(SPENT, false);
      const carried = await before.close();
      totalsWith({ limit, carried }).add(SPENT, false);
      assert.deepEqual(news, ['budget_near']);
      totalsWith({ limit: { ...limit, most: 200 }, carried }).add(SPENT, false);
      assert.deepEqual(news, ['budget_near', 'budget_near']);
    });

    it('should be warned of once a period at 80 %', () => {
      const totals = totalsWith({ limit: { most: 500, of: 'tokens', per: 'day' } });
      for (let count = 0; count < 3; count++) totals.add(SPENT, false);
      assert.deepEqual(news, []);
      totals.add(SPENT, false);
      totals.add(SPENT, false);
      assert.deepEqual(news, ['budget_near']);
      at(2026, 11, 29, 8);
      for (let count = 0; count < 4; count++) totals.add(SPENT, false);
      assert.deepEqual(news, ['budget_near', 'budget_near']);
    });

    it('should tell once of costs that are not known', () => {
      const totals = totalsWith({ limit: { most: 5, of: 'cost', per: 'day' } });
      for (let count = 0; count < 3; count++) totals.add({ ...SPENT, cost: undefined }, false);
      assert.deepEqual(news, ['cost_unknown']);
    });

    it('should end with a month of any length, and at the turn of the year', async () => {
      for (const [month, day, until] of [
        [2, 28, '2026-03-01 00:00'],
        [4, 30, '2026-05-01 00:00'],
        [12, 31, '2027-01-01 00:00'],
      ] as const) {
        at(2026, month, day, 23, 59);
        const totals = totalsWith({ limit: { most: 1, of: 'requests', per: 'month' } });
        totals.add(SPENT, false);
        await assert.rejects(totals.check() as Promise<void>, { params: { limit: 1, until } });
      }
    });
  });

  describe('a clock that is set', () => {
    it('should go on with a period when it is set back within it or by less than its length', () => {
      const totals = totalsWith();
      totals.add(SPENT, false);
      at(2026, 11, 28, 16, 50);
      totals.add(SPENT, false);
      assert.deepEqual(
        Object.values(totals.periods).map(({ requests }) => requests),
        [2, 2, 2],
      );
      at(2026, 11, 28, 17, 50);
      assert.equal(totals.periods.hour.requests, 2);
    });

    it('should begin anew when it was far ahead', () => {
      at(2031, 1, 1, 0);
      const totals = totalsWith();
      totals.add(SPENT, false);
      at(2026, 11, 28, 17);
      assert.deepEqual(
        Object.values(totals.periods).map(({ from, requests }) => [from, requests]),
        [
          ['2026-11-28T17:00', 0],
          ['2026-11-28', 0],
          ['2026-11', 0],
        ],
      );
    });
  });

  it('should know the hour that is lived twice, the one that is left out, and days of 23 and 25 hours', async () => {
    const zone = process.env.TZ;
    process.env.TZ = 'Europe/Berlin';
    try {
      const limit: Limit = { most: 1, of: 'requests', per: 'hour' };
      const retryAfter = async (time: string, per: Limit['per']): Promise<unknown> => {
        mock.timers.setTime(Date.parse(time));
        const totals = totalsWith({ limit: { ...limit, per } });
        totals.add(SPENT, false);
        const error = await (totals.check() as Promise<void>).catch((caught: ChatError) => caught);
        return (error as ChatError).cause.retry_after;
      };
      assert.equal(await retryAfter('2026-10-25T00:30:00Z', 'hour'), 5400);
      assert.equal(await retryAfter('2026-10-25T01:30:00Z', 'hour'), 1800);
      assert.equal(await retryAfter('2026-03-29T00:30:00Z', 'hour'), 1800);
      assert.equal(await retryAfter('2026-10-24T22:00:00Z', 'day'), 25 * 3600);
      assert.equal(await retryAfter('2026-03-28T23:00:00Z', 'day'), 23 * 3600);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  describe('a store', () => {
    it('should be read before the first request, added to, and be given another object each time', async () => {
      const before: Periods = {
        hour: {
          from: '2026-11-28T17:00',
          requests: 5,
          failures: 0,
          prompt_tokens: 1,
          completion_tokens: 1,
          tokens: 240,
          cost: 0,
        },
        day: {
          from: '2026-11-28',
          requests: 5,
          failures: 0,
          prompt_tokens: 1,
          completion_tokens: 1,
          tokens: 240,
          cost: 0,
        },
        month: {
          from: '2026-11',
          requests: 5,
          failures: 0,
          prompt_tokens: 1,
          completion_tokens: 1,
          tokens: 240,
          cost: 0,
        },
      };
      const store = storeWith(before);
      const kept = structuredClone(before);
      const totals = totalsWith({ store, limit: DAY });
      assert.equal(await isOver(totals), false);
      totals.add(SPENT, false);
      mock.timers.tick(500);
      await settle();
      assert.deepEqual(before, kept);
      const first = store.value as Periods;
      assert.equal(first.day.tokens, 340);
      assert.equal(await isOver(totals), true);
      totals.add(SPENT, false);
      mock.method(performance, 'now', () => 1e9);
      mock.timers.tick(1_500);
      await settle();
      assert.notEqual(store.value, first);
      assert.equal(first.day.tokens, 340);
      assert.equal((store.value as Periods).day.tokens, 440);
      await totals.close();
    });

    it('should be shared with others, who may add to it or set it back', async () => {
      const store = storeWith();
      const [one, other] = [totalsWith({ store, limit: DAY }), totalsWith({ store, limit: DAY })];
      await one.check();
      await other.check();
      one.add(SPENT, false);
      one.add(SPENT, false);
      mock.timers.tick(500);
      await settle();
      other.add(SPENT, false);
      assert.equal(await isOver(one), false);
      mock.timers.tick(500);
      await settle();
      assert.equal((store.value as Periods).day.tokens, 300);
      assert.equal(await isOver(other), true);
      store.value = undefined;
      mock.method(performance, 'now', () => 1e9);
      assert.equal(await isOver(other), false);
      await one.close();
      await other.close();
    });

    it('should be written at most once a second, whatever comes', async () => {
      let now = 1e6;
      mock.method(performance, 'now', () => now);
      const store = storeWith();
      const totals = totalsWith({ store });
      for (let step = 0; step < 10_000; step++) {
        totals.add(SPENT, false);
        if (step % 1000 !== 0) continue;
        now += 100;
        mock.timers.tick(100);
        await settle();
      }
      assert.ok(store.writes <= 2, `${store.writes} writes`);
      await totals.close();
      assert.equal((store.value as Periods).day.requests, 10_000);
    });

    for (const garbage of [
      7,
      'used',
      [],
      { day: 7 },
      { day: { from: '2026-11-28', tokens: 'many', requests: -3, cost: Number.NaN } },
      { day: { from: 'yesterday', tokens: 9e9 } },
    ]) {
      it(`should count ${JSON.stringify(garbage)} as nothing`, async () => {
        const totals = totalsWith({ store: storeWith(garbage), limit: DAY });
        assert.equal(await isOver(totals), false);
        assert.equal(totals.periods.day.tokens, 0);
        await totals.close();
      });
    }

    it('should fail no message when it fails, and be told of once', async () => {
      const store: TotalsStore = {
        key: 'used',
        read: () => Promise.reject(new Error('the disk is full')),
        write: () => Promise.reject(new Error('the disk is full')),
      };
      const totals = totalsWith({ store, limit: DAY });
      assert.equal(await isOver(totals), false);
      for (let count = 0; count < 3; count++) {
        totals.add(SPENT, false);
        mock.timers.tick(5_000);
        await settle();
      }
      assert.equal(await isOver(totals), true);
      assert.deepEqual(
        news.filter((key) => key === 'totals_store'),
        ['totals_store'],
      );
      assert.equal((await totals.close()).pending.day.tokens, 300);
    });

    it('should hold up one message for a second at most when it never answers', async () => {
      const never = (): Promise<never> => new Promise(() => {});
      const totals = totalsWith({ store: { key: 'used', read: never, write: never }, limit: DAY });
      const first = isOver(totals);
      await settle();
      mock.timers.tick(1_000);
      assert.equal(await first, false);
      assert.equal(totals.check(), undefined);
      totals.add(SPENT, false);
      const closing = totals.close();
      for (let second = 0; second < 3; second++) {
        await settle();
        mock.timers.tick(1_000);
      }
      assert.equal((await closing).pending.day.tokens, 100);
    });
  });

  describe('a slow store', () => {
    interface SlowStore extends TotalsStore {
      value: Periods | undefined;
      reads: number;
      writes: number;
      /** Answers what it was asked first, or fails it. */
      answer(error?: Error): Promise<void>;
    }

    function slowStore(): SlowStore {
      const open: ((error?: Error) => void)[] = [];
      const later = <T,>(act: () => T): Promise<T> =>
        new Promise((resolve, reject) => {
          open.push((error) => (error ? reject(error) : resolve(act())));
        });
      return {
        key: 'used',
        value: undefined,
        reads: 0,
        writes: 0,
        read() {
          this.reads++;
          return later(() => this.value);
        },
        write(periods) {
          this.writes++;
          return later(() => {
            this.value = periods;
          });
        },
        async answer(error) {
          const first = open.shift();
          assert.ok(first, 'it was asked nothing');
          first(error);
          await settle();
        },
      };
    }

    /** Its first answer is given, and the first request is about to be written. */
    async function writing(store: SlowStore): Promise<Totals> {
      const totals = totalsWith({ store, limit: DAY });
      await store.answer();
      totals.add(SPENT, false);
      mock.timers.tick(500);
      return totals;
    }

    it('should not bring back what was set back meanwhile', async () => {
      const store = slowStore();
      const totals = await writing(store);
      const reset = totals.reset();
      await store.answer();
      await store.answer();
      await settle();
      await store.answer();
      await reset;
      assert.equal(store.value?.day.tokens, 0);
      assert.equal(totals.periods.day.tokens, 0);
    });

    it('should not bring back, when it hangs, what was set back meanwhile', async () => {
      const store = slowStore();
      const totals = await writing(store);
      const reset = totals.reset();
      mock.timers.tick(1_000);
      await settle();
      // What hung, then the write of the reset.
      await store.answer();
      await store.answer();
      await reset;
      assert.equal(store.writes, 1);
      assert.equal(store.value?.day.tokens, 0);
      assert.equal(totals.periods.day.tokens, 0);
    });

    it('should lose nothing, and count nothing twice, when it hangs at the close', async () => {
      const store = slowStore();
      const totals = await writing(store);
      totals.add(SPENT, false);
      const closing = totals.close();
      mock.timers.tick(1_000);
      await settle();
      const { pending } = await closing;
      assert.equal(pending.day.tokens, 200);
      // It answers after all.
      await store.answer();
      assert.equal(store.writes, 0);
    });

    it('should be asked nothing more after the close when it fails', async () => {
      const store = slowStore();
      const totals = await writing(store);
      const closing = totals.close();
      await store.answer(new Error('gone'));
      await store.answer(new Error('gone'));
      assert.equal((await closing).pending.day.tokens, 100);
      const { reads } = store;
      mock.method(performance, 'now', () => 1e9);
      mock.timers.tick(10_000);
      await settle();
      assert.equal(store.reads, reads);
    });

    it('should not put into the next hour what it failed to write in the last', async () => {
      const store = slowStore();
      const totals = await writing(store);
      at(2026, 11, 28, 18, 1);
      totals.add(SPENT, false);
      await store.answer(new Error('gone'));
      assert.equal(totals.periods.hour.tokens, 100);
      assert.equal(totals.periods.day.tokens, 200);
    });
  });

  it('should go on after a deployment', async () => {
    const before = totalsWith();
    before.add(SPENT, false);
    const carried = await before.close();
    assert.equal(totalsWith({ carried }).periods.day.tokens, 100);
    // Into a store, what was in memory so far is added to what is there.
    const store = storeWith();
    const stored = totalsWith({ carried, store });
    stored.add(SPENT, false);
    const later = await stored.close();
    assert.equal((store.value as Periods).day.tokens, 200);
    assert.equal(totalsWith({ carried: later }).periods.day.tokens, 200);
  });

  it('should be set back', async () => {
    const store = storeWith();
    const totals = totalsWith({ store, limit: DAY });
    for (let count = 0; count < 3; count++) totals.add(SPENT, false);
    await totals.reset();
    assert.equal(await isOver(totals), false);
    assert.equal((store.value as Periods).day.tokens, 0);
    await totals.close();
  });
});

describe('what a request used', () => {
  const REQUEST = { model: 'm', messages: [{ role: 'user', content: 'x'.repeat(41) }] };
  const PRICES = { input: 2, cached: undefined, output: 8 };
  const NONE = { input: undefined, cached: undefined, output: undefined };

  function replyWith(usage?: object): Reply {
    const reply = new Reply();
    const message = { content: 'y'.repeat(18) };
    reply.add({ choices: [{ message, finish_reason: 'stop' }], ...(usage && { usage }) });
    return reply;
  }

  const spent = (usage: object | undefined, prices: typeof PRICES | typeof NONE): Spent =>
    spentOn(REQUEST, replyWith(usage), prices as typeof PRICES);

  it('should be what the service says', () => {
    assert.deepEqual(spent({ prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1600 }, PRICES), {
      prompt_tokens: 1000,
      completion_tokens: 500,
      tokens: 1600,
      cost: 0.006,
    });
    assert.equal(spent({ prompt_tokens: 3, completion_tokens: 4 }, PRICES).tokens, 7);
  });

  it('should be estimated at a token for four characters where it does not say', () => {
    assert.deepEqual(spent(undefined, NONE), {
      prompt_tokens: 11,
      completion_tokens: 5,
      tokens: 16,
      cost: undefined,
    });
    assert.equal(spent(undefined, PRICES).cost, (11 * 2 + 5 * 8) / 1e6);
    assert.deepEqual(spentOn(REQUEST, undefined, NONE).tokens, 11);
  });

  it('should cost less for what was cached, by either name', () => {
    const prices = { input: 2, cached: 0.5, output: 8 } as never;
    const usage = {
      prompt_tokens: 1000,
      completion_tokens: 0,
      prompt_tokens_details: { cached_tokens: 600 },
    };
    assert.equal(spent(usage, prices).cost, 0.0011);
    assert.equal(spent(usage, PRICES).cost, 0.002);
    const deepSeek = { prompt_tokens: 1000, completion_tokens: 0, prompt_cache_hit_tokens: 600 };
    assert.equal(spent(deepSeek, prices).cost, 0.0011);
  });

  it('should cost what the service says where there are no prices', () => {
    assert.equal(spent({ prompt_tokens: 3, completion_tokens: 4, cost: 0.07 }, NONE).cost, 0.07);
    assert.equal(spent({ prompt_tokens: 3, completion_tokens: 4 }, NONE).cost, undefined);
    assert.equal(spent({ prompt_tokens: 3, completion_tokens: 4, cost: 'much' }, NONE).cost, undefined);
  });
});
