// `npm run bench:waiting`: what messages cost that wait for their turn, and what a large one costs on arrival.
// Memory while 400 messages with a picture of 1 MB each wait behind one request, and the longest standstill of the
// event loop while a message with 100,000 small objects comes in.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbedded } from './node-red.mts';

const PICTURES = 400;
const OBJECTS = 100_000;
/** The standstill is the median of so many messages. */
const MESSAGES = 9;

// It never answers: all but the first message wait.
const server = createServer(() => {});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
const nodeRed = await startEmbedded(
  [
    { id: 'tab', type: 'tab' },
    {
      id: 'config',
      type: 'vivgrid-config',
      baseUrl: `http://127.0.0.1:${port}/v1`,
      concurrency: 1,
      maxQueue: 0,
    },
    { id: 'port in', z: 'tab', type: 'bench-port', name: 'in', wires: [['chat']] },
    {
      id: 'chat',
      z: 'tab',
      type: 'vivgrid-chat',
      config: 'config',
      messages: [{ role: 'user', type: 'mustache', content: 'Look.' }],
      attachments: [{ type: 'msg', value: 'picture' }],
      wires: [[]],
    },
  ],
  { config: { token: 'bench' } },
);
const input = nodeRed.port('in');
const memory = (): number => {
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

// One picture for all: what is measured is what the node makes of it.
const picture = Buffer.alloc(1_000_000);
Buffer.from('89504e470d0a1a0a', 'hex').copy(picture);
input.send({ payload: 'first', picture });
await sleep(500);
const before = memory();
for (let index = 0; index < PICTURES; index++) input.send({ payload: index, picture });
await sleep(3_000);
console.log(`${PICTURES} waiting messages with a picture of 1 MB: ${megabytes(memory() - before)}`);

const payload = Array.from({ length: OBJECTS }, (_, id) => ({ id, name: `sensor ${id}`, on: true }));
const delay = monitorEventLoopDelay({ resolution: 1 });
const standstills: number[] = [];
for (let message = 0; message < MESSAGES; message++) {
  await sleep(200);
  delay.reset();
  delay.enable();
  await sleep(20);
  input.send({ payload });
  await sleep(400);
  delay.disable();
  standstills.push(delay.max / 1e6);
}
standstills.sort((one, other) => one - other);
const [median = 0] = standstills.slice(Math.floor(MESSAGES / 2));
console.log(
  `longest standstill with ${OBJECTS} small objects: ${median.toFixed(1)} ms (median of ${MESSAGES})`,
);

server.closeAllConnections();
server.close();
await nodeRed.stop();
process.exit();
