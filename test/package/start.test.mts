// What Node-RED's start pays for these nodes, whether a flow uses them or not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ROOT, readManifest } from '../support/manifest.mts';

/** Registers all nodes in a process of its own, and tells which modules that asked for. */
const SCRIPT = `
const { registerHooks } = require('node:module');
const nothing = () => {};
const RED = {
  nodes: { registerType: nothing },
  httpAdmin: { get: nothing, post: nothing },
  auth: { needsPermission: nothing },
  events: { on: nothing },
};
const asked = [];
registerHooks({
  resolve(specifier, context, next) {
    asked.push(specifier);
    return next(specifier, context);
  },
});
for (const file of JSON.parse(process.argv[1])) require(file)(RED);
console.log(JSON.stringify(asked));
`;

describe('the start of Node-RED', () => {
  it('should load one file of ours for all nodes, and none of the heavy packages', () => {
    const files = Object.values(readManifest()['node-red'].nodes).map((file) => `./${file}`);
    const said = execFileSync(process.execPath, ['-e', SCRIPT, JSON.stringify(files)], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const asked = new Set(JSON.parse(said) as string[]);
    const others = [...asked].filter(
      (specifier) => !specifier.startsWith('node:') && !files.includes(specifier),
    );
    assert.deepEqual(others, ['./runtime.js', 'mustache']);
  });
});
