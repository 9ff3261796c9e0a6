// Redis and Mosquitto for the examples that need them, where this machine has them.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { listen } from './listen.mjs';

/**
 * @typedef {object} Program
 * @property {string} title
 * @property {string} debian its package
 * @property {RegExp} ready a line that it writes when it can be asked
 * @property {(port: number, folder: string) => string[]} args
 */

/** @type {Record<string, Program>} by the name of the program's file */
export const PROGRAMS = {
  'redis-server': {
    title: 'Redis',
    debian: 'redis-server',
    ready: /Ready to accept connections/,
    args: (port, folder) => [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'yes',
    ],
  },
  mosquitto: {
    title: 'Mosquitto',
    debian: 'mosquitto',
    ready: /mosquitto version .* running/,
    args(port, folder) {
      const file = join(folder, 'mosquitto.conf');
      writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\nlog_dest stderr\n`);
      return ['-c', file];
    },
  },
};

/** Servers may be where only an administrator has them on the PATH. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];

/** Runs a program that ends with its standard input: however the demo ends, its servers end, too. */
const ENDS_WITH_INPUT =
  'exec 3<&0; "$@" 3<&- & server=$!; (cat <&3; kill $server) >/dev/null 2>&1 & exec 3<&-; wait $server';

/**
 * Starts each program on a free port of the loopback address, with its data in the user folder.
 * @param {string} userDir
 * @returns {Promise<Record<string, number | undefined>>} their ports; none for one that this machine lacks
 */
export async function startServers(userDir) {
  const entries = Object.entries(PROGRAMS).map(async ([name, program]) => {
    const path = FOLDERS.map((folder) => join(folder, name)).find((file) => existsSync(file));
    return [name, path && (await start(path, program, join(userDir, name)))];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** @returns {Promise<number | undefined>} its port, if it could be started */
async function start(path, { args, ready }, folder) {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  // In a group of its own, so that Ctrl-C doesn't end it before Node-RED has closed its connections.
  const child = spawn('sh', ['-c', ENDS_WITH_INPUT, 'sh', path, ...args(port, folder)], { detached: true });
  const ended = new Promise((resolve) => {
    for (const event of ['close', 'error']) child.once(event, () => resolve(undefined));
  });
  const running = new Promise((resolve) => {
    for (const output of [child.stdout, child.stderr])
      createInterface(output).on('line', (line) => ready.test(line) && resolve(port));
  });
  return Promise.race([running, ended]);
}

async function freePort() {
  const server = createServer();
  await listen(server, 0);
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}
