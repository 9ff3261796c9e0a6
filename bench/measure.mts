// Rounds, medians, and what a process has used.

/** CPU and wall time in microseconds. */
export interface Cost {
  cpu: number;
  wall: number;
}

export async function costOf(work: () => Promise<void>): Promise<Cost> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: user + system, wall: (performance.now() - wall) * 1000 };
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

export interface RowResult {
  name: string;
  /** Microseconds for one unit, median over the rounds. */
  cpu: number;
  wall: number;
  /** The same for each round. */
  rounds: Cost[];
}

/** Rounds before the counted ones, in which the engine compiles what is hot. */
const WARM_UP = 2;

/**
 * Runs all rows round after round, so that a machine that gets slower does so for all of them, and in an order of
 * chance, so that none always follows the same other, in the state in which that left the caches.
 * @param collect whether garbage is collected before each run; after that, the first of its units are slow ones
 */
export async function measureRows(
  rows: Row[],
  rounds: number,
  { collect = true } = {},
): Promise<RowResult[]> {
  const costs = new Map<string, Cost[]>(rows.map(({ name }) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const { name, units, run } of shuffled(rows)) {
      if (collect) globalThis.gc?.();
      const { cpu, wall } = await costOf(run);
      if (round >= 0) costs.get(name)?.push({ cpu: cpu / units, wall: wall / units });
    }
  }
  return rows.map(({ name }) => resultOf(name, costs.get(name) ?? []));
}

function shuffled<T>(list: T[]): T[] {
  return list
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

export function resultOf(name: string, rounds: Cost[]): RowResult {
  return {
    name,
    cpu: median(rounds.map(({ cpu }) => cpu)),
    wall: median(rounds.map(({ wall }) => wall)),
    rounds,
  };
}
