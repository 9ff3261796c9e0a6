// `npm start`: Node-RED with the nodes of this checkout, the examples as tabs, and one of them run once.
//   --fresh             lay the examples out again, over what was changed in the editor
//   --user-dir <folder> another user folder than .node-red/
// PORT is the port of the editor. With VIVGRID_API_KEY the nodes talk to Vivgrid, without it to a stand-in.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from './broker.mjs';
import { FILES, SUPPLIES } from './examples.mjs';
import { disabledBecause, missingProgram, prepareFlows, pressButton } from './flows.mjs';
import { listen } from './listen.mjs';
import { showReply, startNodeRed } from './node-red.mjs';
import { startServers } from './servers.mjs';
import { startStandIn } from './stand-in.mjs';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    fresh: { type: 'boolean', default: false },
    'user-dir': { type: 'string' },
  },
});
const userDir = resolve(options['user-dir'] ?? join(root, '.node-red'));

function giveUp(reason) {
  console.error(reason);
  process.exit(1);
}

if (!existsSync(join(root, 'dist')))
  giveUp('There is no dist/ yet: run "npm start", or "npm run build" first.');

const port = process.env.PORT ? Number(process.env.PORT) : 1880;
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  giveUp(`PORT is "${process.env.PORT}", which is not a port number.`);
}
const server = createServer();
try {
  await listen(server, port);
} catch (error) {
  const reason = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.code})`;
  giveUp(`Port ${port} ${reason}: set PORT to another one, for example PORT=${port + 1} npm start`);
}
const address = `http://127.0.0.1:${server.address().port}`;

// Everything below runs in this one process, so that ending it leaves nothing behind. The time limit is for
// a node that does not close: Ctrl-C must work all the same.
let runtime;
async function end() {
  setTimeout(() => process.exit(0), 3000);
  await runtime?.stop();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, end);
if (process.env.npm_lifecycle_event) {
  // A signal that is sent to npm alone ends npm and the shell between, which does not pass it on.
  const { ppid } = process;
  setInterval(() => process.ppid !== ppid && end(), 500).unref();
}

// A proxy that this machine is set up for could not reach a loopback address.
const direct = [process.env.no_proxy ?? process.env.NO_PROXY, '127.0.0.1'].filter(Boolean).join(',');
process.env.no_proxy = direct;
process.env.NO_PROXY = direct;

mkdirSync(userDir, { recursive: true });
for (const [name, content] of Object.entries(FILES)) {
  const file = join(userDir, name);
  if (options.fresh || !existsSync(file)) writeFileSync(file, content());
}
const standIn = process.env.VIVGRID_API_KEY?.trim() ? undefined : await startStandIn();
const brokerPort = await startBroker();
const servers = await startServers(userDir);
const story = prepareFlows({ root, userDir, standIn, address, brokerPort, servers, fresh: options.fresh });

runtime = await startNodeRed({ server, root, userDir });
console.log(`Node-RED with the Vivgrid nodes runs on ${address} (Ctrl-C ends it).`);
if (standIn) {
  console.log(
    `VIVGRID_API_KEY is not set: a stand-in on ${standIn} answers with prepared texts, no model does.`,
  );
}

for (const { example } of SUPPLIES) {
  const program = missingProgram(example, servers);
  if (program) console.log(`“${example}”: ${disabledBecause(program)}`);
}

const told = showReply(runtime, story, process.stdout);
if (await pressButton(address, story)) await told;
console.log(`Now open ${address} in a browser, and press the blue button of a node.`);
