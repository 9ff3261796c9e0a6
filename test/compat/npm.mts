// npm as a user of some Node.js runs it, and that Node.js.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs npm in a folder, by the given program, and returns all that it wrote. */
export async function npm(folder: string, args: string[], node = process.execPath): Promise<string> {
  const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
  const { stdout, stderr } = await run('npm', ['--no-audit', '--no-fund', ...args], {
    cwd: folder,
    env: { ...process.env, PATH },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout + stderr;
}

/** Installs the newest Node.js of a line into a new folder, and returns the path of the program. */
export async function installNode(folder: string, line: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  // The package's own script fetches the program; npm runs no script that is not allowed by name.
  await writeFile(join(folder, 'package.json'), JSON.stringify({ allowScripts: { node: true } }));
  await npm(folder, ['install', `node@${line}`]);
  return join(folder, 'node_modules/node/bin/node');
}
