// `npm run scale`: the example "A queue that survives" on one, two and three Node-REDs with one Redis, then on three
// of which one is killed every few seconds and started again, while the service fails at random. Accounts for every
// question, and ends with 1 when one is lost, or answered twice without a kill that explains it.
// `--count N`, `--at-once N`, `--every SECONDS` between kills, `--seed N`, `--kills-only`.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ANSWERS, type Kill, QueueRun, type QueueSettings } from '../test/support/queue-run.mts';
import { createRandom } from '../test/support/random.mts';
import { type Answer, completion, sendJson } from '../test/support/raw-server.mts';
import { readStream } from '../test/support/redis.mts';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    'at-once': { type: 'string', default: '16' },
    every: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    'kills-only': { type: 'boolean', default: false },
  },
});
const COUNT = Number(options.count);
const SETTINGS: QueueSettings = { atOnce: Number(options['at-once']), tries: 5, wait: 5, tick: 1 };
/** Milliseconds that the service takes for a reply, at least and at most. */
const REPLY_TIME: [number, number] = [100, 300];
const FAILING_SHARE = 0.1;
/** Which questions always fail: these are put aside in the end. */
const ALWAYS_FAILS = /00$/;
const random = createRandom(Number(options.seed));

/** How many requests of each instance are open at the service, and were at most. */
class OpenRequests {
  readonly #now = new Map<string, number>();
  readonly most = new Map<string, number>();

  count(instance: string, change: 1 | -1): void {
    const now = (this.#now.get(instance) ?? 0) + change;
    this.#now.set(instance, now);
    this.most.set(instance, Math.max(this.most.get(instance) ?? 0, now));
  }
}

const FAILURES: Answer[] = [
  (response) => sendJson(response, { error: { message: 'Try again.' } }, 500),
  (response) => sendJson(response, { error: { message: 'Overloaded.' } }, 503, { 'retry-after': '0' }),
  (response) => sendJson(response, { error: { message: 'Too many.' } }, 429, { 'retry-after': '0' }),
  (response) => void response.socket?.destroy(),
  (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":'),
];

/** A service that takes its time, and fails as often as it is told. */
function createService(failingShare: number, open: OpenRequests): Answer {
  return async (response, seen, number, request) => {
    const instance = String(seen.headers['x-instance']);
    open.count(instance, 1);
    response.on('close', () => open.count(instance, -1));
    await sleep(REPLY_TIME[0] + random() * (REPLY_TIME[1] - REPLY_TIME[0]));
    const question: string = seen.body.messages.at(-1).content;
    const isFailure = failingShare > 0 && (random() < failingShare || ALWAYS_FAILS.test(question));
    const failure = isFailure && FAILURES[Math.floor(random() * FAILURES.length)];
    if (failure) await failure(response, seen, number, request);
    else sendJson(response, completion(`An answer to ${question}.`));
  };
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `question ${index + 1}`);
const NAMES = ['one', 'two', 'three'];

/** Milliseconds of CPU time that a process has used so far; nothing where the system doesn't say. */
function cpuOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return undefined;
  }
}

const cpuOfAll = (run: QueueRun): number =>
  [...run.running.values()].reduce((sum, { pid }) => sum + (cpuOf(pid) ?? Number.NaN), 0);

const show = (most: Map<string, number>): string =>
  [...most].map(([name, count]) => `${name} ${count}`).join(', ');

/** Answers a second, between the first and the last of those since an entry. */
async function rateOf(run: QueueRun, skip: number): Promise<number> {
  const times = (await readStream(run.redis.client, ANSWERS))
    .slice(skip)
    .map(({ id }) => Number.parseInt(id, 10));
  return (1000 * (times.length - 1)) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
}

/** Nothing fails and nobody is killed: how much that many instances do. */
async function measureThroughput(instances: number, count: number): Promise<void> {
  const open = new OpenRequests();
  const run = await QueueRun.start(SETTINGS, createService(0, open));
  await Promise.all(NAMES.slice(0, instances).map((name) => run.startInstance(name)));
  // What is loaded and compiled with the first messages isn't counted.
  const warmUp = 100 * instances;
  await run.finished(await run.ask(numbered(warmUp)));
  const cpu = cpuOfAll(run);
  await run.finished(await run.ask(numbered(count)));
  const used = (cpuOfAll(run) - cpu) / count;
  const rate = await rateOf(run, warmUp);
  console.log(
    `${instances} × Node-RED: ${rate.toFixed(0)} answers a second, ${used.toFixed(1)} ms of CPU each; open requests at most: ${show(open.most)}`,
  );
  await run.stop();
}

/** Kills one instance after the other, and starts it again, until it is told to stop. */
async function killInTurn(run: QueueRun, signal: AbortSignal): Promise<void> {
  const seconds = Number(options.every);
  for (let index = 0; ; index++) {
    await sleep(1000 * seconds, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const name = NAMES[index % NAMES.length] as string;
    await run.kill(name);
    await run.startInstance(name);
  }
}

async function runWithKills(): Promise<boolean> {
  const open = new OpenRequests();
  const run = await QueueRun.start(SETTINGS, createService(FAILING_SHARE, open));
  await Promise.all(NAMES.map((name) => run.startInstance(name)));
  const started = performance.now();
  const ids = await run.ask(numbered(COUNT));
  const end = new AbortController();
  const killing = killInTurn(run, end.signal);
  await run.finished(ids);
  const seconds = (performance.now() - started) / 1000;
  end.abort();
  await killing;
  const account = await run.account(ids);
  const requests = run.service.requests.items.length;
  const inFlight = run.kills.reduce((sum: number, { pending }: Kill) => sum + pending.length, 0);
  console.log(`
${COUNT} questions, three Node-REDs, ${run.kills.length} kills, in ${seconds.toFixed(0)} s (${requests} requests)
  answered        ${account.answered}
  put aside       ${account.aside}
  lost            ${account.lost.length}
  answered twice  ${account.twice.length}, ${account.unexplained.length} of them without a kill that explains it
  taken by an instance when it was killed, or left by it for a later try: ${inFlight}
  open requests at most: ${show(open.most)}`);
  await run.stop();
  return account.lost.length === 0 && account.unexplained.length === 0;
}

if (!options['kills-only']) {
  for (const instances of [1, 2, 3]) await measureThroughput(instances, Math.ceil(COUNT / 5) * instances);
}
process.exitCode = (await runWithKills()) ? 0 : 1;
