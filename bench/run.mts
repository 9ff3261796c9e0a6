// `npm run bench`: what a streamed chunk, a whole reply and an open stream cost, side by side in one process and one
// run. Prints tables; `--json FILE` writes the figures, `--rounds N` changes their number, `--flow FILE` adds another
// package by a flow that uses it (see other-package.mts), which may take `--patience SECONDS` for its first reply.
// `--brief` runs little of everything, once: to see that it runs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import OpenAI from 'openai';
import {
  type Cost,
  mapCost,
  measureRows,
  median,
  quantile,
  type Row,
  type RowResult,
  resultOf,
  shuffled,
} from './measure.mts';
import { type FlowNode, type Message, startEmbedded } from './node-red.mts';
import { type OtherPackage, readOtherPackage } from './other-package.mts';
import { installedSizes, measureStart } from './start-cost.mts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    json: { type: 'string' },
    flow: { type: 'string' },
    patience: { type: 'string' },
    brief: { type: 'boolean', default: false },
  },
});
const { brief } = options;
const rounds = Number(options.rounds ?? (brief ? 1 : 11));
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');
const patience = Number(options.patience ?? 10);
if (!(patience > 0)) throw new Error('--patience takes a number of seconds above 0');
const warmUp = brief ? 0 : 2;
/** So many, or few of them. */
const many = (count: number): number => (brief ? Math.ceil(count / 50) : count);
const other = options.flow === undefined ? undefined : readOtherPackage(options.flow);

const child = fork(join(import.meta.dirname, 'server.mts'), { stdio: 'inherit' });
const [server] = (await once(child, 'message')) as [{ port: number }];
const url = `http://127.0.0.1:${server.port}/v1`;
const TOKEN = 'vivgrid-bench-token-0123456789';
const endpoint = `${url}/chat/completions`;

const port = (name: string, ...to: string[]): FlowNode => ({
  id: `port ${name}`,
  z: 'tab',
  type: 'bench-port',
  name,
  wires: [to],
});
const chat = (id: string, fields: object): FlowNode[] => [
  port(`${id}-in`, id),
  {
    id,
    z: 'tab',
    type: 'vivgrid-chat',
    config: 'config',
    model: 'model',
    modelType: 'msg',
    messages: [{ role: 'user', type: 'mustache', content: '{{payload}}' }],
    wires: [[`port ${id}-out`]],
    ...fields,
  },
  port(`${id}-out`),
];

const flows: FlowNode[] = [
  { id: 'tab', type: 'tab' },
  { id: 'config', type: 'vivgrid-config', baseUrl: url, concurrency: 0 },
  ...chat('stream', { stream: true }),
  ...chat('whole', {}),
  port('pass-in', 'port pass-out'),
  port('pass-out'),
  port('http-in', 'http'),
  {
    id: 'http',
    z: 'tab',
    type: 'http request',
    paytoqs: 'ignore',
    senderr: false,
    headers: [],
    method: 'POST',
    ret: 'obj',
    url: endpoint,
    wires: [['port http-out']],
  },
  port('http-out'),
  ...(other?.nodes ?? []),
];
process.env.BENCH_URL = url;
process.env.BENCH_TOKEN = TOKEN;
// As the bare client has a key: the header, and the search for the token in what comes.
const nodeRed = await startEmbedded(flows, { config: { token: TOKEN }, ...other?.credentials });

/** Sends messages into a flow and waits until each of them has ended with a message that `isEnd` knows. */
function through(
  name: string,
  message: (index: number) => Message,
  count: number,
  isEnd = (_m: Message) => true,
) {
  const input = nodeRed.port(`${name}-in`);
  const output = nodeRed.port(`${name}-out`);
  return new Promise<void>((resolve) => {
    let ended = 0;
    output.receive = (received) => {
      if (isEnd(received) && ++ended === count) resolve();
    };
    for (let index = 0; index < count; index++) input.send(message(index));
  });
}

/** A row for the other package. It answers once before: a flow that does not work is told of, not waited for. */
async function otherRow(
  { name }: OtherPackage,
  way: string,
  { model, replies, units }: { model: string; replies: number; units: number },
  isEnd?: OtherPackage['isEnd'],
): Promise<Row> {
  const ask = () => through(way, () => ({ payload: 'Hi', model }), 1, isEnd);
  const late = sleep(patience * 1000, 'late', { ref: false });
  if ((await Promise.race([ask(), late])) === 'late')
    throw new Error(`no reply has come to an end at ${way}-out within ${patience} s`);
  return { name, units, run: () => inTurn(replies, ask) };
}

const isClosing = ({ complete }: Message): boolean => complete === true;
const inTurn = async (count: number, work: () => Promise<unknown>): Promise<void> => {
  for (let index = 0; index < count; index++) await work();
};
const body = (model: string, stream: boolean) => ({
  model,
  messages: [{ role: 'user' as const, content: 'Hi' }],
  ...(stream && { stream: true as const, stream_options: { include_usage: true } }),
});
const post = (model: string, stream: boolean): Promise<Response> =>
  fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(body(model, stream)),
  });

/** The least code that can read a stream. */
async function readRaw(model: string, onText: (text: string) => void): Promise<void> {
  const response = await post(model, true);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const text = JSON.parse(line.slice(6)).choices[0].delta.content;
      if (text !== undefined) onText(text);
    }
  }
}

const client = new OpenAI({ baseURL: url, apiKey: TOKEN, logLevel: 'off' });
async function readWithClient(model: string): Promise<void> {
  const stream = await client.chat.completions.create(body(model, true) as never);
  for await (const _chunk of stream as unknown as AsyncIterable<unknown>);
}

const streamed = (chunks: number, replies: number, atOnce: number, extra: object = {}): Row['run'] => {
  const message = (): Message => ({ payload: 'Hi', model: `stream-${chunks}`, ...extra });
  return () => inTurn(replies / atOnce, () => through('stream', message, atOnce, isClosing));
};

const CHUNKS = 1000;
const REPLIES = many(40);
const perChunk: Row[] = [
  {
    name: 'fetch and a minimal parser',
    units: CHUNKS * REPLIES,
    run: () => inTurn(REPLIES, () => readRaw(`stream-${CHUNKS}`, () => {})),
  },
  {
    name: 'Node-RED passes a message on',
    units: CHUNKS * REPLIES,
    run: () => inTurn(REPLIES, () => through('pass', () => ({ payload: 'Hi' }), CHUNKS)),
  },
  {
    name: 'the openai client’s iterator',
    units: CHUNKS * REPLIES,
    run: () => inTurn(REPLIES, () => readWithClient(`stream-${CHUNKS}`)),
  },
  { name: 'this package, in Node-RED', units: CHUNKS * REPLIES, run: streamed(CHUNKS, REPLIES, 1) },
];
if (other?.hasStream) {
  const asked = { model: `stream-${CHUNKS}`, replies: REPLIES, units: CHUNKS * REPLIES };
  perChunk.push(await otherRow(other, 'other-stream', asked, other.isEnd));
}

const WHOLES = many(1000);
const perReply: Row[] = [
  {
    name: 'fetch',
    units: WHOLES,
    run: () => inTurn(WHOLES, async () => (await post('whole', false)).json()),
  },
  {
    name: 'the openai client',
    units: WHOLES,
    run: () => inTurn(WHOLES, () => client.chat.completions.create(body('whole', false))),
  },
  {
    name: 'the core http request node',
    units: WHOLES,
    run: () => inTurn(WHOLES, () => through('http', () => ({ payload: body('whole', false) }), 1)),
  },
  {
    name: 'this package, in Node-RED',
    units: WHOLES,
    run: () => inTurn(WHOLES, () => through('whole', () => ({ payload: 'Hi', model: 'whole' }), 1)),
  },
];
if (other?.hasWhole) {
  const asked = { model: 'whole', replies: WHOLES, units: WHOLES };
  perReply.push(await otherRow(other, 'other-whole', asked));
}

/** Replies of so many chunks, so many at once: what a chunk costs beyond what the reply costs anyway. */
interface ScaleRow extends Row {
  chunks: number;
}

const scaleRow = (
  name: string,
  chunks: number,
  replies: number,
  atOnce = 1,
  extra: object = {},
): ScaleRow => {
  const units = Math.max(atOnce, many(replies));
  return { name, chunks, units, run: streamed(chunks, units, atOnce, extra) };
};

const bySize: ScaleRow[] = [
  scaleRow('1 chunk', 1, 40),
  scaleRow('10 chunks', 10, 40),
  scaleRow('100 chunks', 100, 40),
  scaleRow('1,000 chunks', 1000, 20),
];
const atScale: ScaleRow[] = [
  scaleRow('1,000 chunks', 1000, 64),
  scaleRow('10,000 chunks', 10_000, 6),
  scaleRow('1,000 chunks, 8 streams at once', 1000, 64, 8),
  scaleRow('1,000 chunks, 64 streams at once', 1000, 64, 64),
  scaleRow('1,000 chunks, 5 MB of Buffer on the message', 1000, 64, 1, { image: Buffer.alloc(5_000_000) }),
];

/** @param one what a reply of one chunk costs, in each of the same rounds or in all */
function perFurtherChunk(rows: ScaleRow[], results: RowResult[], one: (round: number) => Cost): RowResult[] {
  return rows.map(({ name, chunks }, index) => {
    const { rounds } = results[index] as RowResult;
    const further = rounds.map((cost, round) =>
      mapCost((part) => (cost[part] - one(round)[part]) / (chunks - 1)),
    );
    return resultOf(name, further);
  });
}

type ReadFirst = (onText: (text: string) => void) => Promise<void>;

/** Microseconds from the first chunk's leaving the service to its arrival, for the readers in an order of chance. */
async function firstChunks(readers: Record<string, ReadFirst>): Promise<Map<string, number[]>> {
  const delays = new Map<string, number[]>(Object.keys(readers).map((name) => [name, []]));
  for (let index = 0; index < many(500); index++) {
    for (const [name, read] of shuffled(Object.entries(readers)))
      await read((text) => delays.get(name)?.push(Number(process.hrtime.bigint() - BigInt(text)) / 1000));
  }
  return delays;
}

async function firstChunkThroughNode(onText: (text: string) => void): Promise<void> {
  const message = (): Message => ({ payload: 'Hi', model: 'first-3' });
  await through('stream', message, 1, (received) => {
    if (!received.complete) onText(received.payload);
    return received.complete === true;
  });
}

/** Bytes of the heap and of what lies outside it, such as Buffers. */
async function memoryNow(): Promise<number> {
  globalThis.gc?.();
  // What lies outside is let go of a little later.
  await sleep(200);
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes for each of many streams that are open and silent. */
async function memoryPerStream(): Promise<number> {
  const open = many(500);
  const before = await memoryNow();
  const output = nodeRed.port('stream-out');
  await new Promise<void>((resolve) => {
    let started = 0;
    output.receive = ({ payload }) => {
      if (payload !== '' && ++started === open) resolve();
    };
    for (let index = 0; index < open; index++)
      nodeRed.port('stream-in').send({ payload: 'Hi', model: 'open-0' });
  });
  const bytes = ((await memoryNow()) - before) / open;
  nodeRed.port('stream-in').send({ reset: true });
  await sleep(500);
  return bytes;
}

async function memoryAfter(messages: number): Promise<{ before: number; after: number }> {
  await streamed(1000, 10, 1)();
  const before = await memoryNow();
  await streamed(1000, messages / 1000, 8)();
  return { before, after: await memoryNow() };
}

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../node_modules', name, 'package.json'), 'utf8'))
    .version;
const machine = {
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  node: process.version,
  'node-red': versionOf('node-red'),
  openai: versionOf('openai'),
  undici: versionOf('undici'),
};

const table = (title: string, rows: RowResult[], reference?: string): void => {
  console.log(`\n${title}: microseconds, medians of ${rows[0]?.rounds.length} rounds\n`);
  const base = rows.find(({ name }) => name === reference);
  const figure = (microseconds: number): string => microseconds.toFixed(2).padStart(8);
  for (const { name, cpu, main, wall } of rows) {
    const ratio = base ? `  ${(cpu / base.cpu).toFixed(2).padStart(6)} × ${base.name}` : '';
    console.log(
      `  ${name.padEnd(44)} CPU ${figure(cpu)}, main thread ${figure(main)}; wall ${figure(wall)}${ratio}`,
    );
  }
};
const withoutRounds = ({ rounds: _rounds, ...result }: RowResult) => result;
const kilo = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;

console.log(
  Object.entries(machine)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n'),
);

const chunkResults = await measureRows(perChunk, rounds, { warmUp });
table('Per streamed chunk', chunkResults, 'the openai client’s iterator');
const [raw, pass, , own] = chunkResults.map(({ cpu }) => cpu) as [number, number, number, number];
console.log(
  `  this package is ${(own / (raw + pass)).toFixed(2)} × (fetch and a minimal parser + Node-RED's message)`,
);

const replyResults = await measureRows(perReply, rounds, { warmUp });
table('Per whole reply', replyResults, 'the openai client');

// In many short rounds: what a reply costs anyway is most of a short one, and differs more than its chunks cost.
const [one, ...sizeResults] = (await measureRows(bySize, many(rounds * 10), { collect: false, warmUp })) as [
  RowResult,
  ...RowResult[],
];
const scaleResults = await measureRows(atScale, Math.min(rounds, 7), { warmUp });
const bySizeFurther = perFurtherChunk(bySize.slice(1), sizeResults, (round) => one.rounds[round] as Cost);
const atScaleFurther = perFurtherChunk(atScale, scaleResults, () => one);
table('Per chunk after the first, this package, one reply at a time', bySizeFurther, '1,000 chunks');
table('The same at scale', atScaleFurther, '1,000 chunks');

const first = await firstChunks({
  'raw reader': (onText) => readRaw('first-3', onText),
  'this package': firstChunkThroughNode,
});
console.log('\nFirst chunk, from leaving the service to its reader or the next node: microseconds\n');
const firstResults = [...first].map(([name, delays]) => ({
  name,
  median: median(delays),
  p99: quantile(delays, 0.99),
}));
for (const { name, median: middle, p99 } of firstResults) {
  console.log(
    `  ${name.padEnd(40)} median ${middle.toFixed(0).padStart(6)}  99th percentile ${p99.toFixed(0).padStart(6)}`,
  );
}

const MESSAGES = many(100_000);
const start = measureStart();
const sizes = installedSizes();
const streamBytes = await memoryPerStream();
const memory = await memoryAfter(MESSAGES);
console.log(`\nStart: requiring all nodes takes ${start.ms.toFixed(1)} ms and ${kilo(start.heap)} of heap,`);
console.log(`the first config node and chat node ${start.first.toFixed(1)} ms and ${kilo(start.firstHeap)}`);
console.log(
  `Memory, heap and Buffers: ${kilo(streamBytes)} for an open stream; ${kilo(memory.before)} before and ${kilo(memory.after)} after ${MESSAGES.toLocaleString('en')} messages`,
);
console.log(`Installed: ${kilo(Object.values(sizes).reduce((sum, size) => sum + size, 0))} in all`);
for (const [name, size] of Object.entries(sizes))
  console.log(`  ${name.padEnd(40)} ${kilo(size).padStart(9)}`);

if (options.json) {
  const figures = {
    machine,
    rounds,
    perChunk: chunkResults.map(withoutRounds),
    perReply: replyResults.map(withoutRounds),
    perStreamedReply: [one, ...sizeResults, ...scaleResults].map(withoutRounds),
    perFurtherChunk: { bySize: bySizeFurther.map(withoutRounds), atScale: atScaleFurther.map(withoutRounds) },
    first: firstResults,
    start,
    streamBytes,
    memory,
    sizes,
  };
  writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
}

await nodeRed.stop();
child.disconnect();
process.exit(0);
