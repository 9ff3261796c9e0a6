// `npm run soak`: many mixed requests with random faults, resets among them and a redeployment at the end. Counts what
// goes in and what comes out, and looks for what is left over: heap, sockets, timers. Ends with 1 when a count does not
// add up. `--count N`, `--seed N`; `--long` adds waits of more than 300 seconds, the platform's own limit.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import RED from 'node-red';
import { createRandom } from '../test/support/random.mts';
import { type FlowNode, type Message, startEmbedded } from './node-red.mts';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    long: { type: 'boolean', default: false },
  },
});
const COUNT = Number(options.count);
const SEED = Number(options.seed);
/** Messages that are under way at once: more than there are places, so that some are always queued. */
const UNDER_WAY = 200;
const LONG = 310_000;

let failures = 0;
function check(isRight: boolean, what: string): void {
  if (!isRight) failures++;
  console.log(`${isRight ? '  ok  ' : 'FAILED'}  ${what}`);
}

process.on('unhandledRejection', (reason) => {
  failures++;
  console.error('FAILED  unhandled rejection:', reason);
});

const child = fork(join(import.meta.dirname, 'fault-server.mts'), [String(SEED)], { stdio: 'inherit' });
const [{ port, proxy }] = (await once(child, 'message')) as [{ port: number; proxy: string }];
const baseUrl = `http://127.0.0.1:${port}/v1`;

interface ServerState {
  requests: number;
  faults: number;
  connections: number;
  proxied: number;
}

async function serverState(): Promise<ServerState> {
  const answered = once(child, 'message');
  child.send('state');
  const [state] = await answered;
  return state as ServerState;
}

// Without a place, Node-RED takes a node for a config node.
const benchPort = (name: string, ...to: string[]): FlowNode => ({
  id: `port ${name}`,
  z: 'tab',
  x: 0,
  y: 0,
  type: 'bench-port',
  name,
  wires: [to],
});

const KINDS: Record<string, object> = {
  whole: {},
  stream: { stream: true },
  lines: { stream: true, chunks: 'sentence', interval: 5, whole: true, outputs: 2 },
  memory: { stream: true, memory: true, conversation: 'chats.{{topic}}', turns: 5 },
  queued: { mode: 'queued' },
};
const LONG_KINDS: Record<string, object> = {
  'long whole': { config: 'patient' },
  'long stream': { config: 'patient', stream: true },
  'long proxied': { config: 'proxied' },
};
const chats = { ...KINDS, ...LONG_KINDS };
const scope = Object.keys(chats).map((name) => `chat ${name}`);

const flows: FlowNode[] = [
  { id: 'tab', type: 'tab' },
  { id: 'config', type: 'vivgrid-config', baseUrl, concurrency: 32, maxRetries: 1, timeout: 1 },
  { id: 'patient', type: 'vivgrid-config', baseUrl, maxRetries: 0, timeout: 400 },
  { id: 'proxied', type: 'vivgrid-config', baseUrl, maxRetries: 0, timeout: 400, proxy: 'proxy' },
  { id: 'proxy', type: 'http proxy', url: proxy, noproxy: [] },
  ...Object.entries(chats).flatMap(([name, fields]) => [
    benchPort(`in ${name}`, `chat ${name}`),
    {
      id: `chat ${name}`,
      z: 'tab',
      x: 0,
      y: 0,
      type: 'vivgrid-chat',
      config: 'config',
      messages: [{ role: 'user', type: 'mustache', content: '{{payload}}' }],
      wires: [['port out'], ['port out']],
      ...fields,
    },
  ]),
  { id: 'catch', z: 'tab', x: 0, y: 0, type: 'catch', scope, wires: [['port caught']] },
  { id: 'complete', z: 'tab', x: 0, y: 0, type: 'complete', scope, wires: [['port completed']] },
  benchPort('out'),
  benchPort('caught'),
  benchPort('completed'),
];
const nodeRed = await startEmbedded(flows);

/** How each message ended, by its number. */
const ends = new Map<number, string[]>();
const codes = new Map<string, number>();
let outputs = 0;
let resets = 0;
let onEnd = (): void => {};

function listen(): void {
  nodeRed.port('out').receive = () => {
    outputs++;
  };
  const end = (number: number | undefined, how: string): void => {
    if (number === undefined) {
      resets++;
      return;
    }
    ends.get(number)?.push(how);
    codes.set(how, (codes.get(how) ?? 0) + 1);
    onEnd();
  };
  nodeRed.port('caught').receive = ({ number, error }: Message) => end(number, error.code);
  nodeRed.port('completed').receive = ({ number }: Message) => end(number, 'completed');
}
listen();

function send(kind: string, number: number, payload = `${number}`): void {
  ends.set(number, []);
  nodeRed.port(`in ${kind}`).send({ _msgid: `m${number}`, number, payload, topic: `c${number % 20}` });
}

/** Sends so many mixed messages, never too many at once, and resolves when every one has ended. */
async function run(first: number, count: number): Promise<number> {
  const random = createRandom(SEED + first);
  const kinds = Object.keys(KINDS);
  let sent = 0;
  let ended = 0;
  let asked = 0;
  await new Promise<void>((resolve) => {
    const more = (): void => {
      while (sent < count && sent - ended < UNDER_WAY) {
        const number = first + sent++;
        const kind = kinds[Math.floor(random() * kinds.length)] as string;
        send(kind, number);
        if (random() < 0.05) {
          asked++;
          const reset = random() < 0.98 ? `m${number - Math.floor(random() * 100)}` : true;
          setTimeout(() => nodeRed.port(`in ${kind}`).send({ reset }), random() * 50);
        }
      }
    };
    onEnd = () => {
      ended++;
      if (ended === count) resolve();
      else more();
    };
    more();
    if (count === 0) resolve();
  });
  return asked;
}

const resources = (): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) {
    if (/TCP|TLS|Timeout|Immediate/.test(name)) found[name] = (found[name] ?? 0) + 1;
  }
  return found;
};

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function heap(): number {
  for (let count = 0; count < 4; count++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function until(isTrue: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  const start = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - start > milliseconds) return false;
    await pause(50);
  }
  return true;
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const show = (counts: object): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

// What is loaded and compiled with the first messages is no leak.
const resourcesBefore = resources();
const warmUp = Math.min(2000, Math.ceil(COUNT / 5));
let asked = await run(0, warmUp);
await until(async () => (await serverState()).connections === 0, 30_000);
ends.clear();
codes.clear();
const heapBefore = heap();

const started = performance.now();
asked += await run(warmUp, COUNT);
const seconds = (performance.now() - started) / 1000;
await until(() => resets === asked, 5_000);
const isQuiet = await until(async () => (await serverState()).connections === 0, 30_000);
// Late ends would show themselves by now.
await pause(1000);

const byEnds = [0, 0, 0];
for (const list of ends.values())
  byEnds[Math.min(list.length, 2)] = (byEnds[Math.min(list.length, 2)] ?? 0) + 1;
const state = await serverState();
console.log(`\n${COUNT} messages in ${seconds.toFixed(0)} s, seed ${SEED}`);
console.log(
  `requests at the server ${state.requests} (${state.faults} of them with a fault), messages out ${outputs}`,
);
console.log(`ends: ${show(Object.fromEntries([...codes].sort(([, a], [, b]) => b - a)))}\n`);
check(
  byEnds[1] === COUNT,
  `ended exactly once: ${byEnds[1]} of ${COUNT} (never ${byEnds[0]}, more often ${byEnds[2]})`,
);
check(resets === asked, `reset messages consumed: ${resets} of ${asked}`);
ends.clear();
const heapAfter = heap();
const grown = heapAfter - heapBefore;
check(
  !globalThis.gc || grown < 8 * 2 ** 20,
  `heap ${megabytes(heapBefore)} before, ${megabytes(heapAfter)} after (${grown < 0 ? '-' : '+'}${megabytes(Math.abs(grown))})`,
);
check(isQuiet, `connections open at the server: ${state.connections}`);
const isBack = await until(() => show(resources()) === show(resourcesBefore), 10_000);
check(isBack, `sockets and timers: ${show(resourcesBefore)} before, ${show(resources())} after`);

// A redeployment in the middle of everything.
onEnd = () => {};
const late: string[] = [];
for (let number = 0; number < UNDER_WAY; number++) {
  send(Object.keys(KINDS)[number % 5] as string, -1 - number, 'silent 60000');
}
await until(async () => (await serverState()).connections >= 32, 5_000);
const before = await serverState();
for (const list of ends.values()) list.push = (how) => late.push(how);
const redeployed = performance.now();
await RED.runtime.flows.setFlows({ flows: { flows }, deploymentType: 'full' } as never);
const isClosed = await until(async () => (await serverState()).connections === 0, 1_000);
const after = await serverState();
check(
  isClosed,
  `redeployed with ${before.connections} requests at work: ${after.connections} connections open after ${(performance.now() - redeployed).toFixed(0)} ms`,
);
await pause(500);
check(late.length === 0, `errors or ends of messages that a redeployment ended: ${late.length}`);
check((await serverState()).requests === before.requests, 'requests sent after the redeployment: 0');
ends.clear();
listen();

if (options.long) {
  codes.clear();
  const names = Object.keys(LONG_KINDS);
  console.log(`\nWaiting for a service that is silent for ${LONG / 1000} s …`);
  const done = new Promise<void>((resolve) => {
    let count = 0;
    onEnd = () => {
      if (++count === names.length) resolve();
    };
  });
  for (const [index, name] of names.entries())
    send(name, index, `${name === 'long stream' ? 'hush' : 'silent'} ${LONG}`);
  const start = performance.now();
  await done;
  const waited = (performance.now() - start) / 1000;
  check(
    codes.get('completed') === names.length && waited > 300,
    `${names.join(', ')}: answered after ${waited.toFixed(0)} s (${show(Object.fromEntries(codes))})`,
  );
}

await nodeRed.stop();
child.disconnect();
console.log(failures === 0 ? '\nAll counts add up.' : `\n${failures} checks failed.`);
process.exit(failures === 0 ? 0 : 1);
