import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CHAT_DEFAULTS, CONFIG_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import { EXAMPLES, readExample } from '../support/examples.mts';

/** The types of nodes that every Node-RED has. */
const CORE = readCoreTypes();

describe('example files', () => {
  it('should share one config node, which has the defaults and no token', () => {
    const configs = EXAMPLES.map((name) => readExample(name).filter(({ type }) => type === 'vivgrid-config'));
    for (const [config, ...more] of configs) {
      assert.deepEqual(more, []);
      const { id, type, ...settings } = config ?? assert.fail('no config node');
      assert.deepEqual(settings, { ...CONFIG_DEFAULTS, name: 'Vivgrid' });
      assert.equal(id, configs[0]?.[0]?.id);
    }
  });

  it('should have no id twice but that of the shared config node', () => {
    const ids = EXAMPLES.flatMap((name) => readExample(name))
      .filter(({ type }) => type !== 'vivgrid-config')
      .map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const name of EXAMPLES) {
    describe(name, () => {
      const flow = readExample(name);
      const [tab, ...more] = flow.filter(({ type }) => type === 'tab');
      const info = String(tab?.info);

      it('should be one tab of that name, which says what it needs and shows', () => {
        assert.deepEqual(more, []);
        assert.equal(tab?.label, name);
        assert.match(info, /VIVGRID_API_KEY/);
      });

      it('should be of core nodes and ours, and say what else is to be installed', () => {
        const foreign = flow.filter(({ type }) => !CORE.has(type) && !type.startsWith('vivgrid-'));
        if (foreign.length > 0) assert.match(info, /needs[^.]* `(@[\w-]+\/)?node-red-[\w-]+`/);
      });

      it('should have a description that says at its start what it does, and what it needs', () => {
        const [first, second] = info.split('\n\n');
        assert.match(first ?? '', /^[A-Z].{30,}\.$/);
        assert.match(second ?? '', /needs/);
      });

      it('should have only nodes with a name, on the grid, wired to nodes that exist', () => {
        const placed = flow.filter(({ z }) => z !== undefined);
        const ids = new Set(placed.map(({ id }) => id));
        for (const node of placed) {
          assert.equal(node.z, tab?.id);
          assert.ok(node.name, `${node.type} ${node.id} has a name`);
          assert.ok(Number(node.x) % 10 === 0 && Number(node.y) % 20 === 0, `${node.name} is on the grid`);
          for (const target of node.wires?.flat() ?? []) assert.ok(ids.has(target), `a wire of ${node.name}`);
        }
      });

      it('should have every property of the chat node', () => {
        for (const { id, type, z, x, y, wires, ...settings } of flow) {
          if (type !== 'vivgrid-chat') continue;
          assert.deepEqual(Object.keys(settings).sort(), Object.keys(CHAT_DEFAULTS).sort());
          assert.equal((wires as string[][]).length, settings.outputs);
        }
      });

      it('should hold no token', () => {
        assert.ok(flow.every((node) => node.credentials === undefined));
      });
    });
  }
});

function readCoreTypes(): Set<string> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@node-red/nodes/package.json')), 'core');
  const forms = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^\w+.[\w-]+\.html$/.test(path))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
  const registered = forms.flatMap((html) => [...html.matchAll(/registerType\(['"]([^'"]+)['"]/g)]);
  return new Set(['tab', 'group', 'subflow', 'junction', ...registered.map(([, type]) => type as string)]);
}
