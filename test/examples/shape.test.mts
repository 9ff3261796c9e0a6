import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CHAT_DEFAULTS, CONFIG_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import { EXAMPLES, readExample } from '../support/examples.mts';
import type { FlowNode } from '../support/start-node-red.mts';

/** Where the key goes: how each example begins to say what it needs. */
const NEEDS =
  'It needs an API key: open the config node "Vivgrid" and enter it as the token, or set the environment variable `VIVGRID_API_KEY` for Node-RED. Any other OpenAI-compatible service works as well: change the base URL in the config node.';

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

  it('should share one MQTT broker, but for those that need MQTT 5', () => {
    const brokers = EXAMPLES.flatMap(readExample).filter(
      ({ type, protocolVersion }) => type === 'mqtt-broker' && protocolVersion !== 5,
    );
    assert.ok(brokers.length > 1);
    for (const broker of brokers) assert.deepEqual(broker, brokers[0]);
  });

  it('should have no id twice but those of the shared config nodes', () => {
    const ids = EXAMPLES.flatMap(readExample)
      .filter(({ type }) => type !== 'vivgrid-config' && type !== 'mqtt-broker')
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
      });

      it('should be of core nodes and ours, and say what else is to be installed', () => {
        const foreign = flow.filter(({ type }) => !CORE.has(type) && !type.startsWith('vivgrid-'));
        if (foreign.length > 0) assert.match(info, /needs[^.]* `(@[\w-]+\/)?node-red-[\w-]+`/);
      });

      it('should have a description that says at its start what it does, and what it needs', () => {
        const [first, second] = info.split('\n\n');
        assert.match(first ?? '', /^[A-Z].{30,}\.$/);
        // The demo has all that this paragraph asks for, and leaves it out.
        assert.ok(second?.startsWith(NEEDS));
      });

      it('should name no port, because Node-RED may run on another', () => {
        for (const text of texts(flow)) assert.doesNotMatch(text, /\d+\.\d+\.\d+\.\d+|localhost|:\d{4}/);
      });

      it('should have its nodes in groups with a label', () => {
        const groups = flow.filter(({ type }) => type === 'group');
        for (const { name, style } of groups) {
          assert.ok(name);
          assert.deepEqual(style, { label: true });
        }
        const grouped = groups.flatMap(({ id, nodes }) => (nodes as string[]).map((node) => [node, id]));
        const placed = flow.filter(({ type, z }) => z !== undefined && type !== 'group');
        assert.deepEqual(placed.map(({ id, g }) => [id, g]).sort(), grouped.sort());
      });

      it('should say in one sentence what each chat and each tool node is for', () => {
        for (const { type, name, info } of flow) {
          if (type !== 'vivgrid-chat' && type !== 'vivgrid-tool') continue;
          assert.match(String(info), /^[A-Z][^\n]{20,120}\.$/, name);
        }
      });

      it('should have only nodes with a name, on the grid, wired to nodes that exist', () => {
        const placed = flow.filter(({ type, z }) => z !== undefined && type !== 'group');
        const ids = new Set(placed.map(({ id }) => id));
        for (const node of placed) {
          assert.equal(node.z, tab?.id);
          assert.ok(node.name, `${node.type} ${node.id} has a name`);
          // Its left edge is what is on it, and a link node is 30 pixels wide.
          const x = Number(node.x) - (node.type.startsWith('link') ? 5 : 0);
          assert.ok(x % 10 === 0 && Number(node.y) % 20 === 0, `${node.name} is on the grid`);
          for (const target of node.wires?.flat() ?? []) assert.ok(ids.has(target), `a wire of ${node.name}`);
        }
      });

      it('should have every property of the chat node', () => {
        for (const { id, type, z, g, x, y, wires, info, ...settings } of flow) {
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

/** What a user reads in an example. */
function texts(flow: FlowNode[]): string[] {
  return flow.flatMap(({ label, name, info }) => [label, name, info].map((text) => String(text ?? '')));
}

function readCoreTypes(): Set<string> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@node-red/nodes/package.json')), 'core');
  const forms = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^\w+.[\w-]+\.html$/.test(path))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
  const registered = forms.flatMap((html) => [...html.matchAll(/registerType\(['"]([^'"]+)['"]/g)]);
  return new Set(['tab', 'group', 'subflow', 'junction', ...registered.map(([, type]) => type as string)]);
}
