// package.json and the lock file, as far as users, the flow library and other machines depend on them.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { ROOT, readManifest } from '../support/manifest.mts';

// The types are those of the oldest Node.js that users have, whose `fs` has no globSync; the project's own has.
const { globSync } = fs as unknown as { globSync(pattern: string, options: { cwd: string }): string[] };

interface LockedPackage {
  resolved?: string;
  integrity?: string;
  optionalDependencies?: Record<string, string>;
}

describe('package.json', () => {
  const manifest = readManifest();

  it('should be for Node-RED 4 and newer, on Node.js 20.19 and newer', () => {
    assert.equal(manifest['node-red'].version, '>=4.0.0');
    assert.equal(manifest.engines.node, '>=20.19');
  });

  it('should run each file of tests once with `npm test`', () => {
    const lookUp = (pattern: string): string[] => globSync(pattern, { cwd: ROOT });
    const patterns = (manifest.scripts.test ?? '').matchAll(/"([^"]+)"/g);
    const run = [...patterns].flatMap(([, pattern = '']) => lookUp(pattern));
    assert.deepEqual(run.sort(), lookUp('test/**/*.test.mts').sort());
  });

  it('should be found by the palette manager, under a scope', () => {
    assert.match(manifest.name, /^@vivgrid\//);
    assert.ok(manifest.keywords.includes('node-red'));
  });

  it('should have six dependencies at most, Node-RED not among them', () => {
    const names = Object.keys(manifest.dependencies);
    assert.ok(names.length <= 6, names.join());
    assert.ok(!names.some((name) => /^(@node-red\/|node-red$)/.test(name)));
  });

  it('should name the licence that is there', () => {
    assert.equal(manifest.license, 'MIT');
    assert.match(fs.readFileSync(join(ROOT, 'LICENSE'), 'utf8'), /^MIT License/);
  });

  it('should have a section of the changelog for its version', () => {
    const changelog = fs.readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
    assert.ok(changelog.includes(`\n## ${manifest.version}\n`));
  });
});

describe('package-lock.json', () => {
  const { packages } = JSON.parse(fs.readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };

  // One that is missing makes `npm ci` fail, on every system.
  it('should hold every optional dependency, those for other systems too', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !isHeld(name, path)),
    );
    assert.deepEqual(missing, []);
  });

  it('should hold checksums, and leave the choice of a registry to npm', () => {
    for (const [path, { resolved, integrity }] of Object.entries(packages)) {
      assert.equal(resolved, undefined, path);
      if (path.includes('node_modules/') && !isBundled(path)) assert.ok(integrity, path);
    }
  });

  /** As Node.js would find it from that package. */
  function isHeld(name: string, path: string): boolean {
    for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
      if (`${at && `${at}/`}node_modules/${name}` in packages) return true;
      if (at === '') return false;
    }
  }

  function isBundled(path: string): boolean {
    return (packages[path] as { inBundle?: boolean }).inBundle === true;
  }
});
