import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import pack from '../../package.json' with { type: 'json' };
import { cleanEnv } from '../support/clean-env.mts';
import { Demo, START } from '../support/demo.mts';
import { EXAMPLES } from '../support/examples.mts';
import { listen } from '../support/listen.mts';
import type { FlowNode } from '../support/start-node-red.mts';

const LAST_WORDS = 'Indigo did the seeking.';

const inFlows = (userDir: string) =>
  JSON.parse(readFileSync(join(userDir, 'flows.json'), 'utf8')) as FlowNode[];
const configOf = (flows: FlowNode[]) =>
  flows.find(({ type }) => type === 'vivgrid-config') ?? assert.fail('no config node');

describe('npm start', function () {
  // Each test starts a whole Node-RED, some of them two, and a story takes its time.
  this.timeout(60_000);
  let userDir: string;
  let demo: Demo | undefined;

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'vivgrid-demo-'));
  });

  afterEach(async () => {
    if (demo && demo.child.exitCode === null) await demo.end('SIGKILL');
    demo = undefined;
    rmSync(userDir, { recursive: true });
  });

  describe('without a key', () => {
    let place: string;
    let shared: Demo;
    before(() => {
      place = mkdtempSync(join(tmpdir(), 'vivgrid-demo-'));
      shared = new Demo(place);
    });
    after(async () => {
      await shared.end('SIGKILL');
      rmSync(place, { recursive: true });
    });

    it('should show the examples as tabs in the editor, with these nodes', async () => {
      const address = await shared.address();

      assert.match(await (await fetch(address)).text(), /<title>Vivgrid nodes<\/title>/);
      const flows = (await (await fetch(`${address}/flows`)).json()) as FlowNode[];
      const tabs = flows.filter(({ type }) => type === 'tab').map(({ label }) => label);
      assert.equal(tabs[0], 'Ask a question');
      assert.deepEqual(tabs.sort(), [...EXAMPLES].sort());
      const services = flows.filter(({ type }) => type === 'vivgrid-config').map(({ name }) => name);
      assert.deepEqual(services, [
        'Stand-in for Vivgrid',
        'Stand-in for Ollama',
        'Stand-in for Vivgrid with a limit',
      ]);

      const headers = { accept: 'application/json' };
      const sets = await (await fetch(`${address}/nodes`, { headers })).json();
      const ours = (sets as { id: string; enabled: boolean; err?: string }[]).filter(({ id }) =>
        id.includes('vivgrid'),
      );
      assert.deepEqual(
        ours.map(({ id }) => id).sort(),
        Object.keys(pack['node-red'].nodes)
          .map((set) => `@vivgrid/node-red-vivgrid/${set}`)
          .sort(),
      );
      assert.ok(ours.every(({ enabled, err }) => enabled && !err));
    });

    it('should tell the story chunk by chunk, and then say what to do', async () => {
      await shared.wrote(/\nNow open .*\n/);

      const told = shared.text.slice(shared.text.indexOf('> Tell me a story about a blue dinosaur'));
      assert.match(
        told,
        /^> Tell me a story about a blue dinosaur\n\nOnce upon a time, .*Indigo did the seeking\.\s/s,
      );
      const pieces = shared.written.filter((piece) => told.includes(piece));
      assert.ok(pieces.length > 10, `the story came in ${pieces.length} pieces`);
      const lines = shared.text.split('\n').filter((line) => line.includes('VIVGRID_API_KEY'));
      assert.equal(lines.length, 1, 'one line says that a stand-in answers');
      const last = `Now open ${await shared.address()} in a browser, and press the blue button of a node.\n`;
      await shared.wrote(last);
      assert.ok(shared.text.endsWith(`\n\n${last}`));
      assert.equal(shared.errors.join(''), '');
    });
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`should end all of it on ${signal}, in the middle of the story`, async () => {
      demo = new Demo(userDir);
      await demo.wrote('Once upon a time');
      const ports = [...demo.text.matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
      assert.equal(ports.length, 2);

      assert.equal(await demo.end(signal), 0);
      assert.doesNotMatch(demo.text, new RegExp(LAST_WORDS));
      for (const port of ports) {
        const server = createServer();
        await listen(server, port);
        server.close();
      }
    });
  }

  it('should run without Redis and Mosquitto, and say which examples need them', async () => {
    demo = new Demo(userDir, { PATH: '' });
    await demo.wrote('Now open ');
    const flows = inFlows(userDir);
    for (const [example, program] of [
      ['A queue that survives', 'Redis'],
      ['Share the work over MQTT', 'Mosquitto'],
    ]) {
      assert.match(
        demo.text,
        new RegExp(`“${example}”: This tab is disabled, because .* no ${program}\\. Install`),
      );
      assert.equal(flows.find(({ label }) => label === example)?.disabled, true);
    }
    assert.equal(demo.errors.join(''), '');
  });

  it('should end when npm and its shell are gone', async function () {
    if (process.platform === 'win32') this.skip();
    const shell = spawn('sh', ['-c', '"$@"; true', 'sh', process.execPath, START, '--user-dir', userDir], {
      env: cleanEnv({ PORT: '0', npm_lifecycle_event: 'start' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(shell.stdout, 'data');
    const closed = once(shell.stdout.resume(), 'close');
    shell.kill('SIGTERM');
    await closed;
  });

  it('should say in one line that the port is taken', async () => {
    const server = createServer();
    const port = await listen(server);
    try {
      demo = new Demo(userDir, { PORT: String(port) });
      const [code] = await once(demo.child, 'close');
      assert.equal(code, 1);
      assert.match(
        demo.errors.join(''),
        new RegExp(`^Port ${port} is taken: set PORT to another one, .*\n$`),
      );
      assert.equal(demo.text, '');
      assert.ok(!existsSync(join(userDir, 'flows.json')));
    } finally {
      server.close();
    }
  });

  for (const port of ['http', '70000', '-1', '1.5']) {
    it(`should say that PORT=${port} is no port`, async () => {
      demo = new Demo(userDir, { PORT: port });
      const [code] = await once(demo.child, 'close');
      assert.equal(code, 1);
      assert.equal(demo.errors.join(''), `PORT is "${port}", which is not a port number.\n`);
    });
  }

  describe('on a second start', () => {
    let first: string;
    before(async () => {
      first = mkdtempSync(join(tmpdir(), 'vivgrid-demo-'));
      const started = new Demo(first);
      await started.address();
      await started.end();
    });
    after(() => rmSync(first, { recursive: true }));

    /** The user folder as the first start has left it, with a mark on its comments, as a user's edit would put one. */
    function editFlows(changes: Partial<FlowNode> = {}): void {
      cpSync(first, userDir, { recursive: true });
      const flows = inFlows(userDir);
      for (const node of flows) if (node.type === 'catch') node.name = 'edited';
      Object.assign(configOf(flows), changes);
      writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
    }
    const edited = () => inFlows(userDir).some(({ name }) => name === 'edited');

    it('should keep the flows, and point the config node at the stand-in of that start', async () => {
      editFlows();
      demo = new Demo(userDir);
      await demo.wrote('Once upon a time');
      assert.ok(edited());
      assert.ok(demo.text.includes(configOf(inFlows(userDir)).baseUrl as string));
    });

    it('should lay the examples out again with --fresh', async () => {
      editFlows();
      demo = new Demo(userDir, {}, '--fresh');
      await demo.address();
      assert.ok(!edited());
    });

    it('should leave a config node alone that the user has made his own, and use the key', async () => {
      const service = await LLMock.create({ host: '127.0.0.1', port: 0, auth: { apiKeys: ['a-test-key'] } });
      try {
        service.onMessage('blue dinosaur', { content: 'This is what the service of my own says.' });
        editFlows({ name: 'Mine', baseUrl: `${service.url}/v1` });
        demo = new Demo(userDir, { VIVGRID_API_KEY: 'a-test-key' });
        await demo.wrote('This is what the service of my own says.');
        assert.doesNotMatch(demo.text, /VIVGRID_API_KEY|a-test-key/);
        assert.equal(configOf(inFlows(userDir)).baseUrl, `${service.url}/v1`);
      } finally {
        await demo?.end();
        await service.stop();
      }
    });

    it('should say why when the story can not be told', async () => {
      const service = await LLMock.create({ host: '127.0.0.1', port: 0 });
      try {
        service.nextRequestError(402, { message: 'no balance is left', code: 'outstanding_balance' });
        editFlows({ name: 'Mine', baseUrl: `${service.url}/v1` });
        demo = new Demo(userDir);
        await demo.wrote('no balance is left');
      } finally {
        await demo?.end();
        await service.stop();
      }
    });
  });
});
