// The programs that the tests run but npm does not install, and where they are.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Program {
  /** What it is called, to a person. */
  title: string;
  /** The names that its file has on one system or another. */
  names: string[];
  /** The environment variable that can say where it is, for one that is not on the PATH. */
  variable: string;
  /** Debian's package of it. */
  debian: string;
}

export const BROWSER: Program = {
  title: 'Chromium or Chrome',
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  variable: 'CHROME_PATH',
  debian: 'chromium',
};

export const REDIS: Program = {
  title: 'Redis',
  names: ['redis-server', 'valkey-server'],
  variable: 'REDIS_SERVER_PATH',
  debian: 'redis-server',
};

export const MOSQUITTO: Program = {
  title: 'Mosquitto',
  names: ['mosquitto'],
  variable: 'MOSQUITTO_PATH',
  debian: 'mosquitto',
};

export const PROGRAMS = [BROWSER, REDIS, MOSQUITTO];

/** Where servers are that only an administrator has on the PATH. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin'];

/** The path of an installed program, from its variable, the PATH or the folders of servers. */
export function findProgram({ names, variable }: Program): string | undefined {
  const installed = [...(process.env.PATH ?? '').split(delimiter), ...MORE_FOLDERS].flatMap((folder) =>
    names.map((name) => join(folder, name)),
  );
  return [process.env[variable], ...installed].find((path) => path && existsSync(path));
}
