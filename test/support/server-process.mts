// A server program of this machine, run by a test: on a free port of the loopback address, in a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Collector } from './collector.mts';
import { listen } from './listen.mts';
import { findProgram, type Program } from './programs.mts';

export interface ServerProcess {
  port: number;
  folder: string;
  /** Waits until it has written so many lines of this kind. */
  wrote(isOne: (line: string) => boolean, times: number): Promise<void>;
  /** Ends it as a crash does, and starts it again in its folder and on its port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** What a program is started with, given its port and its folder, and how it says that it is ready. */
export interface ServerOrder {
  program: Program;
  args(port: number, folder: string): string[] | Promise<string[]>;
  ready: RegExp;
}

export async function startServerProcess({ program, args, ready }: ServerOrder): Promise<ServerProcess> {
  const path = findProgram(program);
  if (!path) throw new Error(`${program.title} is not installed: see scripts/ensure-programs.mts`);
  const folder = await mkdtemp(join(tmpdir(), 'vivgrid-server-'));
  let port = await freePort();
  const lines = new Collector<string>();
  const run = async (): Promise<ChildProcess> => {
    const child = spawn(path, await args(port, folder), { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const output of [child.stdout, child.stderr])
      createInterface(output).on('line', (line) => lines.add(line));
    await saysReady(child, lines, ready, program.title);
    return child;
  };
  let child = await run().catch(async () => {
    // Somebody else may have been faster.
    port = await freePort();
    return run();
  });
  // However this process ends.
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return {
    port,
    folder,
    async wrote(isOne, times) {
      await lines.until((all) => all.filter(isOne).length >= times);
    },
    async restart() {
      await end('SIGKILL');
      child = await run();
    },
    async stop() {
      process.off('exit', killed);
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One that was free just now: these programs can't choose theirs and say which it is. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((closed) => server.close(closed));
  return port;
}

async function saysReady(
  child: ChildProcess,
  lines: Collector<string>,
  ready: RegExp,
  title: string,
): Promise<void> {
  const before = lines.items.length;
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${title} ended before it was ready:\n${lines.items.slice(before).join('\n')}`);
  });
  await Promise.race([lines.until((all) => all.slice(before).some((line) => ready.test(line))), ended]);
  ended.catch(() => {});
}
