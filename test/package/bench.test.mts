// That the benchmark runs to its end and reports all it promises; what it measures is nobody's test.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/manifest.mts';

const SAMPLE = join(ROOT, 'bench/flows/http-request.json');

/** What Node-RED puts an environment variable in for. */
function variable(name: string): string {
  return `\${${name}}`;
}

/** A package that streams and has another property in its last message; ours serves as such a one. */
const STREAM = [
  {
    id: 's',
    type: 'vivgrid-config',
    baseUrl: variable('BENCH_URL'),
    credentials: { token: variable('BENCH_TOKEN') },
  },
  { id: 'a', z: 'other tab', type: 'bench-port', name: 'other-stream-in', wires: [['b']] },
  {
    id: 'b',
    z: 'other tab',
    type: 'vivgrid-chat',
    config: 's',
    model: 'model',
    modelType: 'msg',
    messages: [{ role: 'user', type: 'mustache', content: '{{payload}}' }],
    stream: true,
    wires: [['c']],
  },
  {
    id: 'c',
    z: 'other tab',
    type: 'bench-port',
    name: 'other-stream-out',
    end: 'vivgrid.finish_reason',
    wires: [[]],
  },
];

describe('npm run bench', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vivgrid-bench-test-'));
  });
  after(() => rm(folder, { recursive: true }));

  const bench = async (flow: object[], ...options: string[]) => {
    const [file, json] = [join(folder, 'other.json'), join(folder, 'figures.json')];
    await writeFile(file, JSON.stringify(flow));
    const args = ['--expose-gc', 'bench/run.mts', '--brief', '--json', json, '--flow', file, ...options];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    return { stdout, figures: JSON.parse(await readFile(json, 'utf8')) };
  };

  it('should report all figures, as tables and as JSON, beside those of another package', async function () {
    this.timeout(300_000);
    const sample = JSON.parse(await readFile(SAMPLE, 'utf8')) as object[];
    const { stdout, figures } = await bench([...sample, ...STREAM]);
    const names = (rows: { name: string; cpu: number; wall: number }[]): string[] => {
      for (const { name, cpu, wall } of rows)
        assert.ok(Number.isFinite(cpu) && Number.isFinite(wall), `no figures for ${name}`);
      return rows.map(({ name }) => name);
    };
    assert.deepEqual(names(figures.perChunk), [
      'fetch and a minimal parser',
      'Node-RED passes a message on',
      'the openai client’s iterator',
      'this package, in Node-RED',
      'other.json',
    ]);
    assert.deepEqual(names(figures.perReply), [
      'fetch',
      'the openai client',
      'the core http request node',
      'this package, in Node-RED',
      'other.json',
    ]);
    assert.equal(names(figures.perFurtherChunk.bySize).length, 3);
    assert.equal(names(figures.perFurtherChunk.atScale).length, 5);
    for (const row of [...figures.perChunk, ...figures.perReply])
      assert.match(stdout, new RegExp(`^  ${row.name} +CPU +\\d`, 'm'));
    for (const { median, p99 } of figures.first) assert.ok(median > 0 && p99 >= median);
    for (const figure of [figures.start.ms, figures.start.heap, figures.streamBytes, figures.memory.after])
      assert.ok(figure > 0);
    assert.ok(figures.sizes.openai > 0);
    for (const version of ['node', 'node-red', 'openai', 'undici', 'cpu'])
      assert.ok(stdout.includes(`${version}: ${figures.machine[version]}`));
  });

  it('should say what a flow file lacks', async function () {
    this.timeout(60_000);
    const tab = { id: 'other tab', type: 'tab' };
    await assert.rejects(bench([tab]), /has no nodes bench-port named other-whole-in/);
    const [input, , output] = STREAM.slice(1) as [object, object, object];
    const unknown = { id: 'b', z: 'other tab', type: 'not-installed', wires: [['c']] };
    await assert.rejects(
      bench([tab, input, unknown, output]),
      /no package is installed for nodes of the type not-installed/,
    );
    const silent = { id: 'b', z: 'other tab', type: 'junction', wires: [[]] };
    await assert.rejects(
      bench([tab, input, silent, output], '--patience', '0.1'),
      /come to an end at other-stream-out within 0.1 s/,
    );
  });
});
