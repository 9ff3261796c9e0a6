import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningNodeRed, startNodeRed } from '../support/start-node-red.mts';

const ROOT = join(import.meta.dirname, '../..');

interface Manifest {
  name: string;
  version: string;
  'node-red': { nodes: Record<string, string> };
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const sets = Object.keys(manifest['node-red'].nodes);

// The package as Node-RED itself finds, loads and serves it.
describe('the package in Node-RED', () => {
  let nodeRed: RunningNodeRed;

  before(async () => {
    nodeRed = await startNodeRed();
  });

  after(() => nodeRed.stop());

  async function get(path: string, accept = '*/*'): Promise<Response> {
    const response = await fetch(new URL(path, nodeRed.url), { headers: { accept } });
    assert.equal(response.status, 200, path);
    return response;
  }

  it('should load with every node enabled and no error', async () => {
    const all = (await (await get('nodes', 'application/json')).json()) as Record<string, unknown>[];
    const own = all.filter(({ module }) => module === manifest.name);
    assert.deepEqual(
      own.map(({ name, types, enabled, version, err }) => ({ name, types, enabled, version, err })),
      sets.map((name) => ({
        name,
        types: [name],
        enabled: true,
        version: manifest.version,
        err: undefined,
      })),
    );
  });

  it('should write no error and no warning of its own to the log', () => {
    // Node-RED's own, of any new user folder.
    const usual = /Projects disabled|Encrypted credentials not found/;
    const lines = nodeRed.log().split('\n');
    assert.deepEqual(
      lines.filter((line) => /\[(warn|error|fatal)\]/.test(line) && !usual.test(line)),
      [],
    );
  });

  for (const set of sets) {
    describe(set, () => {
      it('should be served with its form and its help', async () => {
        const html = await (await get(`nodes/${manifest.name}/${set}`, 'text/html')).text();
        assert.match(html, new RegExp(`<script type="text/html" data-template-name="${set}">`));
        assert.match(html, new RegExp(`<script type="text/(markdown|html)" data-help-name="${set}">\\s*\\S`));
        assert.match(html, new RegExp(`registerType\\(["']${set}["']`));
        assert.doesNotMatch(html, /src="editor\//);
      });

      it('should be served with its catalogue', async () => {
        const response = await get(`locales/${manifest.name}/${set}?lng=en-US`);
        const catalogue = (await response.json()) as Record<string, object>;
        const source = join(ROOT, `nodes/locales/en-US/${set}.json`);
        assert.deepEqual(Object.keys(catalogue), [set], 'the only root is the name of the set');
        assert.deepEqual(catalogue, JSON.parse(readFileSync(source, 'utf8')));
      });
    });
  }

  it('should be served with its icons, drawn for the size of a node', async () => {
    const icons = (await (await get('icons')).json()) as Record<string, string[]>;
    const own = readdirSync(join(ROOT, 'icons'));
    assert.ok(own.length > 0);
    assert.deepEqual(icons[manifest.name]?.toSorted(), own.toSorted());
    for (const icon of own) {
      const response = await get(`icons/${manifest.name}/${icon}`);
      assert.match(response.headers.get('content-type') ?? '', /^image\/svg\+xml/);
      const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(await response.text()) ?? [];
      assert.equal(Number(height) / Number(width), 1.5);
    }
  });

  it('should name an icon that there is in each form that names one', async () => {
    for (const set of sets) {
      const html = await (await get(`nodes/${manifest.name}/${set}`, 'text/html')).text();
      // The icons of a form's own buttons stand in the same script.
      const [, icon] = /registerType\([\s\S]*?\bicon: ["']([^"']+)["']/.exec(html) ?? [];
      if (/category: ["']config["']/.test(html)) continue;
      assert.ok(icon, `${set} has no icon`);
      await get(`icons/${manifest.name}/${icon}`);
    }
  });
});
