import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepareFlows } from '../../demo/flows.mjs';
import { MODEL } from '../../demo/stand-in.mjs';
import { CONFIG_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import { EXAMPLES, readExample } from '../support/examples.mts';
import type { FlowNode } from '../support/start-node-red.mts';

const STAND_IN = 'http://127.0.0.1:1001/v1';

interface Start {
  standIn?: string | undefined;
  port?: number;
  brokerPort?: number;
  servers?: Record<string, number>;
}

/** The ports of all servers that an example may need. */
const SERVERS = { 'redis-server': 6379, mosquitto: 1884 };

/** Where a node of such a type goes. */
const PLACE: Record<string, (node: Record<'url' | 'broker' | 'port' | 'options', unknown>) => string> = {
  'http request': ({ url }) => String(url),
  'mqtt-broker': ({ broker, port }) => `${broker}:${port}`,
  'redis-config': ({ options }) => String(options),
};

describe('the demo’s flow file', () => {
  const root = resolve(import.meta.dirname, '../..');
  let userDir: string;

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'vivgrid-demo-'));
  });

  afterEach(() => rmSync(userDir, { recursive: true }));

  /** The flow file after a start with these. */
  function flowsAfter({
    standIn,
    port = 1880,
    brokerPort = 1883,
    servers = SERVERS,
  }: Start = {}): FlowNode[] {
    const address = `http://127.0.0.1:${port}`;
    prepareFlows({ root, userDir, standIn, address, brokerPort, servers, fresh: false });
    return JSON.parse(readFileSync(join(userDir, 'flows.json'), 'utf8')) as FlowNode[];
  }

  function configAfter(standIn?: string): FlowNode | undefined {
    return flowsAfter({ standIn }).find(({ type }) => type === 'vivgrid-config');
  }

  const infos = (flows: FlowNode[]) => flows.filter(({ type }) => type === 'tab').map(({ info }) => info);

  it('should point at Vivgrid while there is a key, and at the stand-in while there is none', () => {
    assert.equal(configAfter()?.baseUrl, CONFIG_DEFAULTS.baseUrl);
    assert.equal(configAfter('http://127.0.0.1:1001/v1')?.baseUrl, 'http://127.0.0.1:1001/v1');
    assert.equal(configAfter('http://127.0.0.1:1002/v1')?.baseUrl, 'http://127.0.0.1:1002/v1');
    assert.deepEqual([configAfter()?.baseUrl, configAfter()?.name], [CONFIG_DEFAULTS.baseUrl, 'Vivgrid']);
  });

  it('should choose a model that the service there has', () => {
    assert.equal(configAfter(STAND_IN)?.model, MODEL);
    assert.equal(configAfter()?.model, CONFIG_DEFAULTS.model);
  });

  it('should begin with the simplest examples, and end with those that need a server of their own', () => {
    const labels = flowsAfter({ standIn: STAND_IN }).flatMap(({ type, label }) =>
      type === 'tab' ? [label] : [],
    );
    assert.deepEqual(labels.slice(0, 2), ['Ask a question', 'Stream the answer']);
    assert.deepEqual(labels.slice(-2), ['A queue that survives', 'Share the work over MQTT']);
    assert.deepEqual([...labels].sort(), [...EXAMPLES].sort());
  });

  it('should ask for no key while the stand-in answers', () => {
    for (const { label, name, info } of flowsAfter({ standIn: STAND_IN })) {
      assert.doesNotMatch([label, name, info].join('\n'), /\btoken\b|API.key/i);
    }
  });

  it('should say again where the key goes once there is one', () => {
    const asInExamples = EXAMPLES.flatMap((name) => infos(readExample(name)));
    flowsAfter({ standIn: STAND_IN });
    const flows = flowsAfter();
    assert.deepEqual(infos(flows).sort(), asInExamples.sort());
    const labels = flows.filter(({ type }) => type === 'group').map(({ name }) => name);
    assert.equal(labels.filter((label) => /^Enter the API key/.test(String(label))).length, 2);
  });

  it('should leave the words alone that the user has changed', () => {
    const flows = flowsAfter({ standIn: STAND_IN });
    const tab = flows.find(({ type }) => type === 'tab');
    Object.assign(tab ?? assert.fail(), { info: 'Mine.' });
    flows.push({ id: 'a-tab', type: 'tab', label: 'Without a description' });
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
    const kept = infos(flowsAfter());
    assert.ok(kept.includes('Mine.'));
    assert.ok(kept.includes(undefined));
  });

  it('should point at the broker and the server of that start', () => {
    const places = (flows: FlowNode[]) => [
      ...new Set(flows.map(({ type, ...node }) => PLACE[type]?.(node as never))),
    ];
    flowsAfter({ standIn: STAND_IN, port: 1001, brokerPort: 1002 });
    const servers = { mosquitto: 1005, 'redis-server': 1006 };
    const flows = flowsAfter({ standIn: STAND_IN, port: 1003, brokerPort: 1004, servers });
    assert.deepEqual(places(flows).filter(Boolean).sort(), [
      '127.0.0.1:1004',
      '127.0.0.1:1005',
      'http://127.0.0.1:1003/demo/latest.rss',
      'http://127.0.0.1:1003/demo/sendMessage',
      'http://127.0.0.1:1003/demo/snapshot.jpg',
      '{"host":"127.0.0.1","port":1006}',
    ]);
  });

  it('should disable a tab whose server this machine lacks, say why, and enable it again', () => {
    const tabOf = (flows: FlowNode[]) => flows.find(({ label }) => label === 'A queue that survives');
    const lacking = tabOf(flowsAfter({ standIn: STAND_IN, servers: { mosquitto: 1884 } }));
    assert.equal(lacking?.disabled, true);
    assert.match(
      String(lacking?.info),
      /This tab is disabled, because this machine has no Redis\. Install it/,
    );
    const enabled = tabOf(flowsAfter({ standIn: STAND_IN }));
    assert.equal(enabled?.disabled, false);
    assert.doesNotMatch(String(enabled?.info), /disabled/);
  });

  it('should leave a broker and an address alone that the user has made his own', () => {
    const mine = { broker: 'broker.example', url: 'http://camera.example/demo/snapshot.jpg' };
    const flows = flowsAfter({ standIn: STAND_IN });
    for (const node of flows) {
      if (node.type === 'mqtt-broker') Object.assign(node, { name: 'Mine', broker: mine.broker });
      if (node.name === 'Snapshot') node.url = mine.url;
    }
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
    const kept = flowsAfter({ standIn: STAND_IN, port: 1003, brokerPort: 1004 });
    assert.equal(kept.find(({ type }) => type === 'mqtt-broker')?.broker, mine.broker);
    assert.equal(kept.find(({ name }) => name === 'Snapshot')?.url, mine.url);
  });
});
