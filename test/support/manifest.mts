// Where the package is, and what its package.json says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the package. */
export const ROOT = join(import.meta.dirname, '../..');

/** The parts of package.json that tests read. */
export interface Manifest {
  name: string;
  version: string;
  license: string;
  keywords: string[];
  engines: { node: string };
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  'node-red': { version: string; nodes: Record<string, string> };
}

/** This package's, or that of a package in another folder. */
export function readManifest(folder = ROOT): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
