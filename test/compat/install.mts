// The package as users get it: packed, installed with npm into each Node-RED that is supported, on each Node.js that
// this Node-RED supports, and put to work there. Needs the registry, and takes minutes: `npm run test:compat`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlowDriver } from '../support/flow-driver.mts';
import { ROOT, readManifest } from '../support/manifest.mts';
import { startMcpServer } from '../support/mcp-server.mts';
import {
  chunksOf,
  completion,
  type RawServer,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from '../support/start-node-red.mts';
import { callReply, resultsIn } from '../support/tool-flow.mts';
import { installNode, npm } from './npm.mts';

const PACKAGE = 'node_modules/@vivgrid/node-red-vivgrid';

/** The newest of each line of Node-RED that is supported, and the lines of Node.js that it runs on. */
const PAIRS = [
  { nodeRed: '4.0.9', lines: [20, 22, 24, 26] },
  { nodeRed: '4.1.15', lines: [20, 22, 24, 26] },
  { nodeRed: '5.0.7', lines: [22, 24, 26] },
];

const LINES = [...new Set(PAIRS.flatMap(({ lines }) => lines))];

const PIECES = ['Once ', 'upon ', 'a time.'];

describe('the package as it is installed', function () {
  this.timeout('10m');

  const programs = new Map<number, string>();
  const results = new Map<string, string>();
  let folder: string;
  let tarball: string;
  let server: RawServer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vivgrid-compat-'));
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
        cwd: ROOT,
        encoding: 'utf8',
      }),
    ) as { filename: string }[];
    tarball = join(folder, packed?.filename ?? assert.fail('not packed'));
    for (const line of LINES) programs.set(line, await installNode(join(folder, `node-${line}`), line));
    server = await startRawServer((response) => sendJson(response, completion('Hello!')));
  });

  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
    console.log(`\n${table(results)}`);
  });

  for (const { nodeRed, lines } of PAIRS) {
    for (const line of lines) {
      describe(`Node-RED ${nodeRed} on Node.js ${line}`, () => {
        let place: string;
        let said: string;
        let running: RunningNodeRed;
        let flows: FlowDriver;

        before(async () => {
          const node = programs.get(line) ?? assert.fail();
          place = join(folder, `${nodeRed}-${line}`);
          await mkdir(place);
          await writeFile(join(place, 'package.json'), '{}');
          await npm(place, ['install', `node-red@${nodeRed}`], node);
          running = await startNodeRed({
            nodeRed: join(place, 'node_modules/node-red'),
            node,
            install: async (userDir) => {
              said = await npm(userDir, ['install', tarball], node);
            },
          });
          flows = await FlowDriver.connect(running);
        });

        after(async function () {
          const failed = this.test?.parent?.tests.some((test) => test.state !== 'passed');
          results.set(`${nodeRed} ${line}`, failed ? 'fails' : `works, with openai ${version('openai')}`);
          if (failed) console.error(running?.log());
          flows?.close();
          await running?.stop();
          await rm(place, { recursive: true, force: true });
        });

        const version = (name: string): string =>
          JSON.parse(readFileSync(join(running.userDir, 'node_modules', name, 'package.json'), 'utf8'))
            .version as string;

        it('should install without a complaint about this Node.js, with the dependencies made for it', () => {
          assert.doesNotMatch(said, /EBADENGINE/);
          assert.match(version('openai'), line < 22 ? /^6\./ : /^7\./);
          assert.match(version('undici'), line < 22 ? /^7\./ : /^8\./);
        });

        it('should load every node', async () => {
          const manifest = readManifest(join(running.userDir, PACKAGE));
          const response = await fetch(new URL('nodes', running.url), {
            headers: { accept: 'application/json' },
          });
          const all = (await response.json()) as {
            name: string;
            module: string;
            enabled: boolean;
            err?: string;
          }[];
          const own = all.filter(({ module }) => module === manifest.name);
          assert.deepEqual(
            own.map(({ name, enabled, err }) => ({ name, enabled, err })),
            Object.keys(manifest['node-red'].nodes).map((name) => ({ name, enabled: true, err: undefined })),
          );
        });

        it('should serve its catalogues and its help in every language', async () => {
          const locales = join(running.userDir, PACKAGE, 'dist/nodes/locales');
          const read = (language: string, file: string) =>
            readFileSync(join(locales, language, file), 'utf8');
          for (const language of readdirSync(locales)) {
            const html = await text(running, 'nodes', { accept: 'text/html', 'accept-language': language });
            for (const file of readdirSync(join(locales, language))) {
              if (file.endsWith('.html')) {
                assert.ok(html.includes(read(language, file).trim()), `${language}/${file}`);
                continue;
              }
              const address = `locales/@vivgrid/node-red-vivgrid/${file.replace('.json', '')}?lng=${language}`;
              const served = JSON.parse(await text(running, address)) as object;
              // What a translation lacks is served in English.
              const [own, english] = [language, 'en-US'].map(
                (name) => JSON.parse(read(name, file)) as object,
              );
              assert.deepEqual(served, overlaid(english, own), address);
            }
          }
        });

        it('should answer, whole and streamed', async () => {
          await flows.deploy(flow(server));
          server.answer((response) => sendJson(response, completion('Hello!')));
          assert.equal(await text(running, 'whole'), 'Hello!');
          server.answer((response) => sendStream(response, streamText(chunksOf(PIECES))));
          assert.equal(await text(running, 'streamed'), PIECES.join(''));
        });

        for (const era of ['modern', 'sessions'] as const) {
          it(`should answer calls over MCP (${era})`, async () => {
            const house = await startMcpServer({ era, tools: [{ name: 'who', run: () => 'the house' }] });
            try {
              await flows.deploy(flow(server, house.url));
              server.answer((response, { body }) =>
                sendJson(
                  response,
                  resultsIn(body).length === 0
                    ? callReply(['a', 'who', '{}'])
                    : completion(String(resultsIn(body)[0]?.[1])),
                ),
              );
              assert.equal(await text(running, 'whole'), 'the house');
            } finally {
              await flows.deploy(flow(server));
              await house.close();
            }
          });
        }

        it('should report an error', async () => {
          server.answer((response) => sendJson(response, { error: { message: 'no such token' } }, 401));
          for (const path of ['whole', 'streamed']) {
            const error = JSON.parse(await text(running, path));
            assert.match(error.message, /no such token/);
            assert.equal(error.cause.status, 401);
            // Catch nodes hand codes on since Node-RED 4.1.
            assert.equal(error.code, nodeRed.startsWith('4.0.') ? undefined : 'auth');
          }
        });

        it('should close its connections at a redeploy, and answer after it', async () => {
          const before = server.requests.items.length;
          const closed = server.closed.items.length;
          server.answer((response) => {
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            response.write(streamText(chunksOf(PIECES)).split('data: [DONE]')[0]?.slice(0, 300));
          });
          const waiting = new AbortController();
          const pending = fetch(new URL('streamed', running.url), { signal: waiting.signal }).catch(() => {});
          await server.requests.count(before + 1);
          await flows.deploy(flow(server));
          await server.closed.count(closed + 1);
          assert.ok(server.closed.items.at(-1)?.closedEarly);
          waiting.abort();
          await pending;

          server.answer((response) => sendJson(response, completion('Hello again!')));
          assert.equal(await text(running, 'whole'), 'Hello again!');
        });
      });
    }
  }
});

async function text(
  { url }: RunningNodeRed,
  path: string,
  headers: Record<string, string> = {},
): Promise<string> {
  return (await fetch(new URL(path, url), { headers })).text();
}

function overlaid(below: unknown, above: unknown): unknown {
  if (typeof below !== 'object' || typeof above !== 'object') return above ?? below;
  const [one, other] = [below, above] as Record<string, unknown>[];
  const keys = Object.keys({ ...one, ...other });
  return Object.fromEntries(keys.map((key) => [key, overlaid(one?.[key], other?.[key])]));
}

/** Two ways through a chat node, from a request to its answer; an error is answered as Catch gets it. */
function flow({ url }: RawServer, mcpUrl?: string): FlowNode[] {
  const node = (id: string, type: string, to: string, settings: object = {}): FlowNode => ({
    id,
    type,
    z: 'tab',
    x: 1,
    y: 1,
    wires: [[to]],
    ...settings,
  });
  const ask = (name: string, to: string, settings: object): FlowNode[] => [
    node(`in-${name}`, 'http in', `chat-${name}`, { url: `/${name}`, method: 'get' }),
    node(`chat-${name}`, 'vivgrid-chat', to, {
      config: 'config',
      messages: [{ role: 'user', type: 'str', content: 'Hello' }],
      ...settings,
    }),
  ];
  return [
    { id: 'tab', type: 'tab', label: 'Compatibility' },
    {
      id: 'config',
      type: 'vivgrid-config',
      baseUrl: url,
      maxRetries: 0,
      credentials: { token: 'test-token-1234' },
    },
    ...(mcpUrl ? [{ id: 'house', type: 'vivgrid-mcp', url: mcpUrl }] : []),
    ...ask('whole', 'out', { servers: mcpUrl ? ['house'] : [] }),
    ...ask('streamed', 'join', { stream: true }),
    node('join', 'join', 'out', { mode: 'auto' }),
    node('catch', 'catch', 'error', { scope: null }),
    node('error', 'change', 'out', {
      rules: [
        { t: 'set', p: 'payload', pt: 'msg', to: 'error', tot: 'msg' },
        { t: 'set', p: 'statusCode', pt: 'msg', to: '200', tot: 'num' },
      ],
    }),
    { id: 'out', type: 'http response', z: 'tab', x: 1, y: 1, wires: [] },
  ];
}

/** What came out, as a table for the README. */
function table(results: Map<string, string>): string {
  const cell = (nodeRed: string, line: number): string =>
    results.get(`${nodeRed} ${line}`) ?? 'not supported by Node-RED';
  return [
    `| | ${LINES.map((line) => `Node.js ${line}`).join(' | ')} |`,
    `| --- |${LINES.map(() => ' --- |').join('')}`,
    ...PAIRS.map(
      ({ nodeRed }) => `| Node-RED ${nodeRed} | ${LINES.map((line) => cell(nodeRed, line)).join(' | ')} |`,
    ),
  ].join('\n');
}
