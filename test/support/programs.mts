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

export const PROGRAMS = [BROWSER];

/** The path of an installed program. */
export function findProgram({ names, variable }: Program): string | undefined {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env[variable], ...onPath].find((path) => path && existsSync(path));
}
