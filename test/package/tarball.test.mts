// What `npm publish` would send, by npm's own account: nothing missing, nothing that users have no use for.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EXAMPLES, readExample } from '../support/examples.mts';
import { type Definition, readDefinitions } from '../support/form-definitions.mts';
import { ROOT, readManifest } from '../support/manifest.mts';

/** The paths of the files below a folder of this package, with `/` between. */
function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(ROOT.length + 1)
        .replaceAll('\\', '/'),
    );
}

const manifest = readManifest();
const sets = Object.entries(manifest['node-red'].nodes);

describe('the package as it is published', () => {
  let files: { path: string; size: number }[];
  let paths: Set<string>;

  before(() => {
    const said = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    [{ files }] = JSON.parse(said) as [{ files: { path: string; size: number }[] }];
    paths = new Set(files.map(({ path }) => path));
  });

  it('should hold what Node-RED loads, the examples, the four texts and the licence of foreign data, and nothing else', () => {
    const expected = [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'],
      ...filesIn('examples'),
      ...filesIn('icons').map((path) => `dist/nodes/${path}`),
      ...filesIn('nodes/locales').map((path) => `dist/${path}`),
      ...['start', 'runtime', 'mcp'].map((part) => `dist/nodes/${part}.js`),
      // What several of these have in common.
      ...[...paths].filter((path) => /^dist\/nodes\/part-\w+\.js$/.test(path)),
      'dist/nodes/LICENSE.unicode',
      ...sets.flatMap(([set]) => [`dist/nodes/${set}.js`, `dist/nodes/${set}.html`]),
    ];
    assert.deepEqual([...paths].sort(), expected.sort());
  });

  it('should hold no file over 200 kB but the runtime, which is readable code', () => {
    assert.deepEqual(
      files.filter(({ path, size }) => size > (path === 'dist/nodes/runtime.js' ? 300_000 : 200_000)),
      [],
    );
  });

  it('should hold no part that no other one asks for', () => {
    const scripts = [...paths].filter((path) => /^dist\/nodes\/[\w-]+\.js$/.test(path));
    const code = scripts.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('');
    for (const path of scripts.filter((name) => name.includes('/part-')))
      assert.ok(code.includes(`"./${basename(path)}"`), path);
  });

  for (const [set, path] of sets) {
    it(`should hold all of ${set}: script, form, catalogue and help`, () => {
      assert.equal(path, `dist/nodes/${set}.js`);
      for (const part of [
        `${set}.js`,
        `${set}.html`,
        `locales/en-US/${set}.json`,
        `locales/en-US/${set}.html`,
      ]) {
        assert.ok(paths.has(`dist/nodes/${part}`), part);
      }
    });
  }

  it('should name every node that has a script of its own', () => {
    const registering = readdirSync(join(ROOT, 'nodes')).filter(
      (name) =>
        name.endsWith('.ts') && readFileSync(join(ROOT, 'nodes', name), 'utf8').includes('.registerType('),
    );
    assert.deepEqual(
      registering.map((name) => name.replace('.ts', '')).sort(),
      sets.map(([set]) => set).sort(),
    );
  });
});

describe('the forms as the flow library reads them', () => {
  const definitionOf = (set: string): Definition => {
    const definitions = readDefinitions(readFileSync(join(ROOT, `dist/nodes/${set}.html`), 'utf8'));
    assert.equal(definitions.length, 1);
    return definitions[0] as Definition;
  };
  const nodes = (): Definition[] =>
    sets.map(([set]) => definitionOf(set)).filter(({ literals }) => literals.category !== 'config');

  for (const [set] of sets) {
    it(`should define ${set} in place, under a literal name, with its properties`, () => {
      const { type, literals, defaults } = definitionOf(set);
      assert.equal(type, set);
      assert.equal(typeof literals.category, 'string');
      assert.ok(defaults && defaults.length > 0);
    });
  }

  it('should write icon, colour, inputs and outputs of each node as literals', () => {
    for (const { type, literals } of nodes()) {
      assert.match(String(literals.color), /^#[\dA-F]{6}$/i, type);
      assert.ok(Number.isInteger(literals.inputs) && Number.isInteger(literals.outputs), type);
      readFileSync(join(ROOT, 'dist/nodes/icons', String(literals.icon)));
    }
  });

  it('should write the credentials of the config node in place', () => {
    assert.deepEqual(definitionOf('vivgrid-config').credentials, ['token']);
  });

  it('should have an example for each node', () => {
    const used = new Set(EXAMPLES.flatMap((name) => readExample(name).map(({ type }) => type)));
    assert.deepEqual(
      nodes().filter(({ type }) => !used.has(type)),
      [],
    );
  });
});
