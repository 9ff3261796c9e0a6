// What Node-RED's start pays for these nodes, whether a flow uses them or not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, readManifest } from '../support/manifest.mts';

/** Registers all nodes in a process of its own, makes some, and tells which modules each of that asked for. */
const SCRIPT = `
const { registerHooks } = require('node:module');
const nothing = () => {};
const constructors = {};
const RED = {
  nodes: { registerType: (type, constructor) => { constructors[type] = constructor; }, createNode: nothing },
  httpAdmin: { get: nothing, post: nothing, use: nothing },
  auth: { needsPermission: nothing },
  events: { on: nothing },
};
let asked = [];
registerHooks({
  resolve(specifier, context, next) {
    asked.push(specifier);
    return next(specifier, context);
  },
});
const [files, types] = JSON.parse(process.argv[1]);
for (const file of files) require(file)(RED);
const said = [asked];
for (const type of types) {
  asked = [];
  constructors[type].call({ on: nothing, id: type }, {});
  said.push(asked);
}
console.log(JSON.stringify(said));
process.exit();
`;

const FILES = Object.values(readManifest()['node-red'].nodes).map((file) => `./${file}`);

/** What the start asks for, and then each of these nodes; without Node.js's own modules. */
function askedFor(...types: string[]): string[][] {
  const said = execFileSync(process.execPath, ['-e', SCRIPT, JSON.stringify([FILES, types])], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return (JSON.parse(said) as string[][]).map((asked) => [
    ...new Set(asked.filter((specifier) => !specifier.startsWith('node:') && !FILES.includes(specifier))),
  ]);
}

const isPart = (specifier: string): boolean => /^\.\/part-\w+\.js$/.test(specifier);

describe('the start of Node-RED', () => {
  it('should load the names of the nodes, and nothing of what they do', () => {
    const [start = []] = askedFor();
    assert.deepEqual(
      start.filter((specifier) => !isPart(specifier)),
      ['./start.js'],
    );
    const sizes = start.map((specifier) => statSync(join(ROOT, 'dist/nodes', specifier)).size);
    const size = sizes.reduce((sum, next) => sum + next, 0);
    assert.ok(size < 10_000, `${size} bytes`);
  });

  it('should load what the nodes do with the first of them, and none of the heavy packages', () => {
    const [, first = [], second = []] = askedFor('vivgrid-config', 'vivgrid-chat');
    assert.deepEqual(
      first.filter((specifier) => !isPart(specifier)),
      ['./runtime.js', 'mustache'],
    );
    assert.deepEqual(second, []);
  });

  it('should load what MCP nodes do with the first of those, without the client', () => {
    const [, first = []] = askedFor('vivgrid-mcp');
    assert.deepEqual(
      first.filter((specifier) => !isPart(specifier)),
      ['./mcp.js'],
    );
  });
});
