// Rounds, medians, and what a process has used.
import { setTimeout as sleep } from 'node:timers/promises';

/** Microseconds: CPU time of the whole process, of its main thread, and wall time. */
export interface Cost {
  cpu: number;
  /** Without the threads of the garbage collector, which have nothing to wait for where there are processors enough. */
  main: number;
  wall: number;
}

type CpuUsage = (previous?: NodeJS.CpuUsage) => NodeJS.CpuUsage;
// Known to Node.js from version 23.9; the types are those of the oldest that users have.
const { threadCpuUsage } = process as unknown as { threadCpuUsage: CpuUsage };

export async function costOf(work: () => Promise<void>): Promise<Cost> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  const main = threadCpuUsage();
  await work();
  const sum = ({ user, system }: NodeJS.CpuUsage): number => user + system;
  return {
    main: sum(threadCpuUsage(main)),
    cpu: sum(process.cpuUsage(cpu)),
    wall: (performance.now() - wall) * 1000,
  };
}

export function median(values: number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** One thing to measure: `run` does it `units` times over. */
export interface Row {
  name: string;
  units: number;
  run(): Promise<void>;
}

/** What one unit costs, the median over the rounds, and in each of them. */
export interface RowResult extends Cost {
  name: string;
  rounds: Cost[];
}

/**
 * Runs all rows round after round, so that a machine that gets slower does so for all of them, and in an order of
 * chance, so that none always follows the same other, in the state in which that left the caches.
 * @param collect whether garbage is collected before each run; after that, the first of its units are slow ones
 * @param warmUp how many rounds come before the counted ones: in them the engine compiles what is hot
 */
export async function measureRows(
  rows: Row[],
  rounds: number,
  { collect = true, warmUp = 2 } = {},
): Promise<RowResult[]> {
  const costs = new Map<string, Cost[]>(rows.map(({ name }) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const { name, units, run } of shuffled(rows)) {
      if (collect) {
        globalThis.gc?.();
        // Its threads go on sweeping for a while.
        await sleep(50);
      }
      const cost = await costOf(run);
      if (round >= 0) costs.get(name)?.push(mapCost((part) => cost[part] / units));
    }
  }
  return rows.map(({ name }) => resultOf(name, costs.get(name) ?? []));
}

/** In an order of chance. */
export function shuffled<T>(list: T[]): T[] {
  return list
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

export function resultOf(name: string, rounds: Cost[]): RowResult {
  return { name, rounds, ...mapCost((part) => median(rounds.map((cost) => cost[part]))) };
}

export function mapCost(value: (part: keyof Cost) => number): Cost {
  return { cpu: value('cpu'), main: value('main'), wall: value('wall') };
}
