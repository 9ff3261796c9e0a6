// What requiring the nodes adds to Node-RED's start, measured in processes of their own, and the size on the disk.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.mts';

const ROOT = join(import.meta.dirname, '..');

const SCRIPT = `
const constructors = {};
const RED = { nodes: { registerType: (type, constructor) => { constructors[type] = constructor; }, createNode() {} },
  httpAdmin: { get() {}, post() {}, use() {} },
  auth: { needsPermission: () => () => {} }, plugins: { registerPlugin() {} }, events: { on() {} }, util: {}, settings: {} };
const files = JSON.parse(process.argv[1]);
// What Node-RED has loaded itself long before.
for (const name of ['node:http', 'node:https', 'node:crypto', 'node:zlib', 'node:stream', 'node:util', 'mustache']) require(name);
gc();
const heap = process.memoryUsage().heapUsed;
const before = process.hrtime.bigint();
for (const file of files) require(file)(RED);
const since = () => Number(process.hrtime.bigint() - before) / 1e6;
const ms = since();
gc();
const ofStart = process.memoryUsage().heapUsed - heap;
const again = since();
constructors['vivgrid-config'].call({ on() {}, id: 'config' }, {});
constructors['vivgrid-chat'].call({ on() {}, id: 'chat' }, {});
const first = since() - again;
gc();
console.log(JSON.stringify({ ms, heap: ofStart, first, firstHeap: process.memoryUsage().heapUsed - heap - ofStart }));
process.exit();
`;

/** Milliseconds and bytes of heap. */
export interface StartCost {
  /** That all nodes of this package add. */
  ms: number;
  heap: number;
  /** That the first config node and the first chat node add, with which is loaded what they do. */
  first: number;
  firstHeap: number;
}

/** Medians of some processes. */
export function measureStart(processes = 9): StartCost {
  const { 'node-red': nodeRed } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const files = Object.values(nodeRed.nodes as Record<string, string>).map((file) => join(ROOT, file));
  const runs = Array.from({ length: processes }, () => {
    const args = ['--expose-gc', '-e', SCRIPT, JSON.stringify(files)];
    return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })) as StartCost;
  });
  const of = (part: keyof StartCost): number => median(runs.map((run) => run[part]));
  return { ms: of('ms'), heap: of('heap'), first: of('first'), firstHeap: of('firstHeap') };
}

/** Bytes on the disk: this package's own files, and each package that its users install with it. */
export function installedSizes(): Record<string, number> {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages = lock.packages as Record<string, { dependencies?: Record<string, string> }>;
  const sizes: Record<string, number> = {
    'this package': sizeOf(join(ROOT, 'dist')) + sizeOf(join(ROOT, 'examples')),
  };
  const add = (name: string): void => {
    if (sizes[name] !== undefined) return;
    sizes[name] = sizeOf(join(ROOT, 'node_modules', name));
    for (const next of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) add(next);
  };
  for (const name of Object.keys(packages['']?.dependencies ?? {})) add(name);
  return sizes;
}

function sizeOf(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
