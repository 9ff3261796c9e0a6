// The ways to a service: through a proxy, with TLS of one's own, and how long one may take.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { createServer, type Socket } from 'node:net';
import type { ChatSettings, ConfigSettings } from '../../nodes/lib/common/settings.ts';
import { type ChatFlow, type Message, startChatFlow } from '../support/chat-flow.mts';
import { listen } from '../support/listen.mts';
import { type ProxyServer, startProxy } from '../support/proxy.mts';
import {
  type Answer,
  chunksOf,
  completion,
  type RawServer,
  type RawServerOptions,
  sendJson,
  sendStream,
  startRawServer,
  streamText,
} from '../support/raw-server.mts';

const pem = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
const certificate = (name: string): ServerOptions => ({ cert: pem(name), key: pem(`${name}-key`) });

const OK: Answer = (response) => sendJson(response, completion('Fine.'));
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** Milliseconds, on the busiest machine: what is not ended at once is ended by limits of 10 seconds and more. */
const SOON = 5_000;

describe('vivgrid-config and the network', () => {
  const before = { ...process.env };
  let server: RawServer;
  let proxy: ProxyServer | undefined;
  let flow: ChatFlow;

  // The tests' own servers are not behind the proxy that this machine may have.
  beforeEach(() => {
    for (const name of PROXY_VARIABLES) delete process.env[name];
  });

  afterEach(async () => {
    await flow.stop();
    await server.close();
    await proxy?.close();
    proxy = undefined;
    for (const name of PROXY_VARIABLES) delete process.env[name];
    for (const name of PROXY_VARIABLES) if (before[name] !== undefined) process.env[name] = before[name];
  });

  interface Setup extends RawServerOptions {
    answer?: Answer;
    config?: Partial<ConfigSettings>;
    chat?: Partial<ChatSettings>;
    nodes?: Message[];
    credentials?: Record<string, object>;
  }

  async function start({
    answer = OK,
    config,
    chat = {},
    nodes = [],
    credentials = {},
    ...options
  }: Setup): Promise<void> {
    server = await startRawServer(answer, options);
    flow = await startChatFlow({
      config: { baseUrl: server.url, maxRetries: 0, ...config },
      chat,
      nodes,
      credentials,
    });
  }

  async function ask(): Promise<void> {
    const before = flow.caught.items.length + flow.completed.items.length;
    flow.input({ payload: 'Hi' });
    await flow.ended(before + 1);
  }

  function assertAnswered(): void {
    assert.deepEqual(flow.caught.items, []);
    assert.equal(flow.outputs.items.map(({ payload }) => payload).join(''), 'Fine.');
    assert.equal(server.requests.items.length, 1);
    assert.equal(server.requests.items[0]?.headers.authorization, 'Bearer test-token-1234');
    assert.equal(server.requests.items[0]?.headers['proxy-authorization'], undefined);
  }

  function assertFailed(code: string, words: RegExp): void {
    assert.deepEqual(flow.outputs.items, []);
    const { error } = flow.caught.items[0];
    assert.equal(error.code, code);
    assert.match(error.message, words);
  }

  const CA_NODE = { id: 'tls', type: 'tls-config', verifyservercert: true };
  const withCa: Setup = {
    config: { tls: 'tls' },
    nodes: [CA_NODE],
    credentials: { tls: { cadata: pem('ca') } },
  };

  describe('with a proxy node', () => {
    const proxyNode = (fields: object = {}): Message => ({
      id: 'proxy',
      type: 'http proxy',
      url: proxy?.url,
      noproxy: [],
      ...fields,
    });

    for (const stream of [false, true]) {
      const answer: Answer = (response) =>
        stream
          ? sendStream(response, streamText(chunksOf(['Fi', 'ne.'])))
          : OK(response, {} as never, 1, {} as never);

      it(`should ask through it (stream: ${stream})`, async () => {
        proxy = await startProxy();
        await start({ answer, chat: { stream }, config: { proxy: 'proxy' }, nodes: [proxyNode()] });
        await ask();
        assertAnswered();
        assert.equal(proxy.asked.items.length, 1);
        assert.match(proxy.asked.items[0] as string, new RegExp(`127\\.0\\.0\\.1:${server.port}`));
        assert.deepEqual(proxy.authorizations, [undefined]);
      });

      it(`should ask an https service through a tunnel (stream: ${stream})`, async () => {
        proxy = await startProxy();
        await start({
          ...withCa,
          answer,
          chat: { stream },
          tls: certificate('server'),
          config: { tls: 'tls', proxy: 'proxy' },
          nodes: [CA_NODE, proxyNode()],
        });
        await ask();
        assertAnswered();
        assert.deepEqual(proxy.asked.items, [`CONNECT 127.0.0.1:${server.port}`]);
      });
    }

    for (const tls of [undefined, certificate('server')]) {
      const scheme = tls ? 'https' : 'http';
      const setup = (fields: Partial<Setup> = {}): Setup => ({
        ...(tls && { tls }),
        nodes: [CA_NODE, proxyNode()],
        config: { tls: 'tls', proxy: 'proxy' },
        ...fields,
        credentials: { ...withCa.credentials, ...fields.credentials },
      });

      it(`should give it its user name and password, and those to no one else (${scheme})`, async () => {
        proxy = await startProxy({ username: 'ada', password: 'pass:wörd' });
        await start(setup({ credentials: { proxy: { username: 'ada', password: 'pass:wörd' } } }));
        await ask();
        assertAnswered();
        assert.deepEqual(proxy.authorizations, [`Basic ${Buffer.from('ada:pass:wörd').toString('base64')}`]);
      });

      it(`should say that it refuses a password (${scheme})`, async () => {
        proxy = await startProxy({ username: 'ada', password: 'right-password' });
        await start(setup({ credentials: { proxy: { username: 'ada', password: 'wrong-password' } } }));
        await ask();
        assertFailed('network', /407/);
        const told = JSON.stringify([flow.caught.items, flow.log()]);
        assert.ok(!told.includes('wrong-password'));
        assert.ok(!told.includes(Buffer.from('ada:wrong-password').toString('base64')));
        assert.equal(server.requests.items.length, 0);
      });

      it(`should ask hosts on its list directly (${scheme})`, async () => {
        proxy = await startProxy();
        await start(
          setup({ nodes: [CA_NODE, proxyNode({ noproxy: ['', 'elsewhere.invalid', '127.0.0.1'] })] }),
        );
        await ask();
        assertAnswered();
        assert.deepEqual(proxy.asked.items, []);
      });

      it(`should ask through it in spite of the environment (${scheme})`, async () => {
        proxy = await startProxy();
        process.env.NO_PROXY = '*';
        process.env.HTTP_PROXY = 'http://127.0.0.1:1';
        process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
        await start(setup());
        await ask();
        assertAnswered();
        assert.equal(proxy.asked.items.length, 1);
      });

      it(`should fail with network when it is gone (${scheme})`, async () => {
        proxy = await startProxy();
        const { port } = proxy;
        await proxy.close();
        await start(setup());
        await ask();
        assertFailed('network', new RegExp(`127\\.0\\.0\\.1:${port}`));
      });

      it(`should fail with timeout when it does not answer, and close the connection (${scheme})`, async () => {
        proxy = await startProxy({ isSilent: true });
        await start(setup({ config: { tls: 'tls', proxy: 'proxy', timeout: 0.2 } }));
        await ask();
        assertFailed('timeout', /0\.2 seconds/);
        const asked = performance.now();
        await flow.redeploy((nodes) => nodes);
        while (proxy.openConnections() > 0) await new Promise(setImmediate);
        assert.ok(performance.now() - asked < SOON);
      });

      it(`should close the way to the service on a reset (${scheme})`, async () => {
        proxy = await startProxy();
        await start(setup({ answer: () => {} }));
        flow.input({ payload: 'Hi' });
        await server.requests.count(1);
        flow.input({ reset: true });
        await server.closed.count(1);
        await flow.ended(2);
        assert.deepEqual(flow.caught.items, []);
      });
    }

    for (const [what, nodes] of Object.entries({
      'is missing': [],
      'has no address': [{ id: 'proxy', type: 'http proxy', url: '' }],
      'has an address that is none': [{ id: 'proxy', type: 'http proxy', url: 'no address' }],
      'has an address without a scheme': [{ id: 'proxy', type: 'http proxy', url: 'proxy:3128' }],
    })) {
      it(`should fail with config when it ${what}`, async () => {
        await start({ config: { proxy: 'proxy' }, nodes });
        await ask();
        assertFailed('config', /proxy/);
        assert.equal(server.requests.items.length, 0);
      });
    }
  });

  describe('with proxy variables', () => {
    for (const [name, isTls] of [
      ['HTTP_PROXY', false],
      ['http_proxy', false],
      ['HTTPS_PROXY', true],
      ['https_proxy', true],
      ['ALL_PROXY', false],
      ['all_proxy', true],
    ] as const) {
      it(`should ask through ${name}, https: ${isTls}`, async () => {
        proxy = await startProxy({ username: 'ada', password: 'p@ss' });
        process.env[name] = `http://ada:p%40ss@127.0.0.1:${proxy.port}`;
        await start(isTls ? { ...withCa, tls: certificate('server') } : {});
        await ask();
        assertAnswered();
        assert.equal(proxy.asked.items.length, 1);
      });
    }

    it('should take an address without a scheme for one of http', async () => {
      proxy = await startProxy({ username: 'ada', password: 'p@ss' });
      process.env.HTTP_PROXY = `ada:p%40ss@127.0.0.1:${proxy.port}`;
      await start({});
      await ask();
      assertAnswered();
      assert.equal(proxy.asked.items.length, 1);
    });

    for (const list of ['127.0.0.1', '*', 'elsewhere.invalid, 127.0.0.1']) {
      it(`should ask directly with NO_PROXY=${list}`, async () => {
        proxy = await startProxy();
        process.env.HTTP_PROXY = proxy.url;
        process.env.NO_PROXY = list;
        await start({});
        await ask();
        assertAnswered();
        assert.deepEqual(proxy.asked.items, []);
      });
    }

    for (const address of ['no address', 'user:secret@', 'ftp://user:secret@proxy']) {
      it(`should say so when one is ${address}`, async () => {
        process.env.HTTPS_PROXY = address;
        await start({ config: { maxRetries: 2 } });
        await ask();
        assertFailed('config', /HTTPS_PROXY/);
        assert.equal(server.requests.items.length, 0);
        assert.doesNotMatch(flow.caught.items[0].error.message, /secret/);
      });
    }

    it('should keep the password of one out of everything', async () => {
      proxy = await startProxy({ username: 'ada', password: 'right-password' });
      process.env.HTTP_PROXY = `http://ada:wrong-password@127.0.0.1:${proxy.port}`;
      await start({});
      await ask();
      assertFailed('network', /407/);
      assert.ok(!JSON.stringify([flow.caught.items, flow.log()]).includes('wrong-password'));
    });
  });

  describe('with TLS', () => {
    it('should trust the CA of a TLS node', async () => {
      await start({ ...withCa, tls: certificate('server') });
      await ask();
      assertAnswered();
    });

    it('should show a certificate of its own', async () => {
      await start({
        tls: { ...certificate('server'), ca: pem('ca'), requestCert: true, rejectUnauthorized: true },
        config: { tls: 'tls' },
        nodes: [CA_NODE],
        credentials: { tls: { cadata: pem('ca'), certdata: pem('client'), keydata: pem('client-key') } },
      });
      await ask();
      assertAnswered();
    });

    const UNTRUSTED: Record<string, [Setup, RegExp]> = {
      'whose CA is not known': [{ tls: certificate('server') }, /Untrusted certificate.*CA/],
      'for another host': [
        { ...withCa, tls: certificate('elsewhere') },
        /Untrusted certificate.*127\.0\.0\.1/,
      ],
      'that has expired': [{ ...withCa, tls: certificate('expired') }, /Untrusted certificate.*expired/],
    };
    for (const [what, [setup, words]] of Object.entries(UNTRUSTED)) {
      it(`should fail with network for a certificate ${what}, and not try again`, async () => {
        await start({ ...setup, config: { ...setup.config, maxRetries: 2 } });
        await ask();
        assertFailed('network', words);
        assert.equal(flow.caught.items[0].error.cause.attempts, 1);
        assert.equal(server.requests.items.length, 0);
      });

      it(`should take a certificate ${what} when the TLS node says so`, async () => {
        await start({
          ...setup,
          config: { tls: 'tls' },
          nodes: [{ ...CA_NODE, verifyservercert: false }],
        });
        await ask();
        assertAnswered();
      });
    }

    it('should fail with network for a server that speaks no TLS', async () => {
      await start({});
      await flow.redeploy((nodes) =>
        nodes.map((node) =>
          node.id === 'config' ? { ...node, baseUrl: server.url.replace('http:', 'https:') } : node,
        ),
      );
      await ask();
      assertFailed('network', /127\.0\.0\.1/);
    });

    it('should fail with timeout for a server that never greets', async () => {
      await start({});
      const silent = createServer((socket) => void sockets.push(socket));
      const sockets: Socket[] = [];
      const port = await listen(silent);
      await flow.redeploy((nodes) =>
        nodes.map((node) =>
          node.id === 'config' ? { ...node, baseUrl: `https://127.0.0.1:${port}`, timeout: 0.2 } : node,
        ),
      );
      const asked = performance.now();
      await ask();
      assertFailed('timeout', /0\.2 seconds/);
      assert.ok(performance.now() - asked < SOON);
      for (const socket of sockets) socket.destroy();
      silent.close();
    });

    it('should fail with config when the TLS node is missing', async () => {
      await start({ config: { tls: 'tls' }, tls: certificate('server') });
      await ask();
      assertFailed('config', /TLS/);
    });
  });
});
