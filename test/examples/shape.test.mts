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

/** The config nodes of examples that are about what is in them. */
const OWN_CONFIGS: Record<string, string[]> = {
  'Go on when the internet is down': ['Vivgrid', 'Ollama'],
  'Show what the model costs': ['Vivgrid with a limit'],
};

/** Config nodes that several examples use. */
const SHARED = ['vivgrid-config', 'mqtt-broker', 'ui-base', 'ui-theme'];

/** The types of nodes that every Node-RED has. */
const CORE = readCoreTypes();

describe('example files', () => {
  it('should share one config node, which has the defaults, but for those that are about its settings', () => {
    const configsOf = (name: string) => readExample(name).filter(({ type }) => type === 'vivgrid-config');
    const [shared] = configsOf('Ask a question');
    const { id, type, ...settings } = shared ?? assert.fail('no config node');
    assert.deepEqual(settings, { ...CONFIG_DEFAULTS, name: 'Vivgrid' });
    for (const name of EXAMPLES) {
      const configs = configsOf(name);
      assert.deepEqual(
        configs.map((config) => config.name),
        OWN_CONFIGS[name] ?? ['Vivgrid'],
        name,
      );
      for (const config of configs) {
        if (config.name === 'Vivgrid') assert.deepEqual(config, shared);
        const { id: _id, type: _type, ...own } = config;
        assert.deepEqual(Object.keys(own).sort(), Object.keys(CONFIG_DEFAULTS).sort());
      }
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
      .filter(({ type }) => !SHARED.includes(type))
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
        const config = flow.find(({ type }) => type === 'vivgrid-config');
        assert.ok(second?.startsWith(NEEDS.replace('"Vivgrid"', `"${config?.name}"`)));
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
