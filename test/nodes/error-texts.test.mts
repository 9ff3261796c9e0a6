import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ErrorKey } from '../../nodes/lib/common/errors.ts';
import type { ChatSettings, ConfigSettings, MessageRow } from '../../nodes/lib/common/settings.ts';
import { type Answer, completion, type RawServer, sendJson, startRawServer } from '../support/raw-server.mts';
import { type FlowNode, type RunningNodeRed, startNodeRed } from '../support/start-node-red.mts';

const ROOT = join(import.meta.dirname, '../..');

interface Case {
  key: ErrorKey;
  config?: Partial<ConfigSettings>;
  token?: string;
  chat?: Partial<ChatSettings>;
  answer?: Answer;
  /** What the text must hold, besides what the catalogue says. */
  holds?: string[];
}

const user = (type: MessageRow['type'], content: string): MessageRow => ({ role: 'user', type, content });
const variable = (name: string): string => `$\{${name}}`;

// What a text with these in it would come to if it were read again.
const TRICKY = '__status__ __words__ $t(vivgrid-chat.label.palette) {{status}} $& %s';

const failWith = (status: number, message: string, type = 'x'): Answer => {
  return (response) => sendJson(response, { error: { message, type } }, status);
};

const CASES: Case[] = [
  { key: 'base_url_blank', config: { baseUrl: ' ' } },
  { key: 'base_url_scheme', config: { baseUrl: 'example.com' }, holds: ['“example.com”'] },
  { key: 'base_url_userinfo', config: { baseUrl: 'https://a:b@example.com' } },
  { key: 'base_url_invalid', config: { baseUrl: 'https://a b' }, holds: ['“https://a b”'] },
  { key: 'base_url_variable', config: { baseUrl: variable('NO_SUCH') }, holds: [variable('NO_SUCH')] },
  { key: 'token_missing', config: { baseUrl: 'https://api.vivgrid.com' } },
  { key: 'token_variable', token: variable('NO_SUCH'), holds: [variable('NO_SUCH')] },
  { key: 'token_characters', token: 'a\nb' },
  { key: 'setting_number', config: { timeout: 'soon' }, holds: ['“timeout”', '“soon”', '0.001'] },
  { key: 'header', config: { headers: [{ name: 'a b', value: 'x', type: 'str' }] }, holds: ['“a b”'] },
  {
    key: 'header_variable',
    config: { headers: [{ name: 'X-Key', value: variable('NO_SUCH'), type: 'str' }] },
    holds: ['“X-Key”', ' NO_SUCH'],
  },
  { key: 'output', chat: { output: 'payload.text.x' }, holds: ['msg.payload.text.x'] },
  {
    key: 'redirect',
    answer: (response) => void response.writeHead(302, { location: '/x?__status__' }).end(),
    holds: ['(302)', '“/x?__status__”'],
  },
  {
    key: 'template_syntax',
    chat: { messages: [user('mustache', '{{a')] },
    holds: ['1 (user)', 'Unclosed tag'],
  },
  { key: 'template_partial', chat: { messages: [user('mustache', '{{> a}}')] }, holds: ['{{> a}}'] },
  {
    key: 'template_value',
    chat: { messages: [user('mustache', '{{req}}')] },
    holds: ['1 (user)', 'circular'],
  },
  {
    key: 'row_value',
    chat: { messages: [user('jsonata', 'payload<(')] },
    holds: ['1 (user)', '“payload<(”'],
  },
  { key: 'row_json', chat: { messages: [user('msg', 'req')] }, holds: ['1 (user)', 'circular'] },
  { key: 'history', chat: { messages: [{ role: 'history', type: 'msg', content: 'payload' }] } },
  { key: 'prompt_empty', chat: { messages: [] } },
  { key: 'model_value', chat: { model: '$x(', modelType: 'jsonata' }, holds: ['jsonata', '“$x(”'] },
  {
    key: 'parameter_value',
    chat: { parameters: [{ name: 'user', type: 'jsonata', value: `"${TRICKY}" & (` }] },
    holds: ['user', TRICKY],
  },
  {
    key: 'parameter_json',
    chat: { parameters: [{ name: 'x', type: 'msg', value: 'req' }] },
    holds: ['circular'],
  },
  {
    key: 'parameter_kind',
    chat: { parameters: [{ name: 'top_p', type: 'str', value: TRICKY }] },
    holds: ['top_p', 'number', TRICKY],
  },
  {
    key: 'parameter_range',
    chat: { parameters: [{ name: 'top_p', type: 'num', value: '3' }] },
    holds: ['top_p must be between 0 and 1', 'is 3'],
  },
  { key: 'parameter_owned', chat: { parameters: [{ name: 'model', type: 'str', value: 'x' }] } },
  { key: 'parameter_stream_n', chat: { stream: true, parameters: [{ name: 'n', type: 'num', value: '2' }] } },
  { key: 'auth', answer: failWith(401, TRICKY), holds: ['(401)', `: ${TRICKY}`] },
  { key: 'payment', answer: failWith(402, 'Pay.'), holds: ['(402)', ': Pay.'] },
  { key: 'rate_limit', answer: failWith(429, 'slow down'), holds: ['(429)', 'slow down'] },
  {
    key: 'bad_request',
    answer: failWith(400, `<b>bold</b> &amp; ${TRICKY}`),
    holds: ['(400)', `bold & ${TRICKY}`],
  },
  {
    key: 'server',
    answer: (response) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      response.end(
        `<html><head><title>t</title></head><body><h1>502 Bad\nGateway</h1>${TRICKY}</body></html>`,
      );
    },
    holds: ['(502)', `502 Bad Gateway ${TRICKY}`],
  },
  {
    key: 'server_no_reply',
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<p>Welcome ${TRICKY}</p>`);
    },
    holds: ['text/html', `“Welcome ${TRICKY}”`],
  },
  { key: 'network', answer: (response) => void response.socket?.destroy(), holds: ['127.0.0.1'] },
  { key: 'network_refused', config: { baseUrl: 'http://127.0.0.1:9' }, holds: ['127.0.0.1:9'] },
  { key: 'network_unknown_host', config: { baseUrl: 'http://no-such-host.invalid' }, holds: ['.invalid'] },
  { key: 'timeout', answer: failWith(408, 'too late'), holds: ['(408)', 'too late'] },
  { key: 'timeout_silence', config: { timeout: '0.05' }, answer: () => {}, holds: ['0.05 seconds'] },
  {
    key: 'incomplete',
    answer: (response) => sendJson(response, completion('Once', { choices: [] })),
  },
];

describe('error texts in Node-RED', () => {
  let server: RawServer;
  let nodeRed: RunningNodeRed;
  let folder: string;
  let texts: Record<string, string>;

  before(async () => {
    const answers = new Map(CASES.map(({ key, answer }) => [key as string, answer]));
    server = await startRawServer((response, seen, ...rest) => {
      const answer = answers.get(seen.url.split('/')[1] ?? '');
      return answer ? answer(response, seen, ...rest) : sendJson(response, completion('Hello!'));
    });
    folder = await mkdtemp(join(tmpdir(), 'vivgrid-package-'));
    await copyPackage(folder);
    nodeRed = await startNodeRed({ packageFolder: folder, settings: { lang: 'de' } });
    await nodeRed.deploy([
      { id: 'tab', type: 'tab' },
      ...CASES.flatMap((example) => nodesOf(example, server)),
    ] as FlowNode[]);
  });

  after(async () => {
    await nodeRed.stop();
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** The package with German texts of the test's own, so that one from the catalogue can be told from one that is not. */
  async function copyPackage(to: string): Promise<void> {
    await cp(join(ROOT, 'dist'), join(to, 'dist'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(to, 'package.json'));
    await symlink(join(ROOT, 'node_modules'), join(to, 'node_modules'));
    const english = readFileSync(join(ROOT, 'nodes/locales/en-US/vivgrid-chat.json'), 'utf8');
    ({ errors: texts } = (JSON.parse(english) as Record<string, { errors: Record<string, string> }>)[
      'vivgrid-chat'
    ] as { errors: Record<string, string> });
    // One is not translated yet.
    const { prompt_empty: _missing, ...translated } = texts;
    const errors = Object.fromEntries(
      Object.entries(translated).map(([key, text]) => [key, `Auf Deutsch: ${text}`]),
    );
    await mkdir(join(to, 'dist/nodes/locales/de'), { recursive: true });
    await writeFile(
      join(to, 'dist/nodes/locales/de/vivgrid-chat.json'),
      JSON.stringify({ 'vivgrid-chat': { errors } }),
    );
  }

  /** A way through a chat node, from a request to its answer: the reply, or the error that Catch gets. */
  function nodesOf({ key, config, token, chat }: Case, { port }: RawServer): object[] {
    const id = (name: string): string => `${name}-${key}`;
    const node = (name: string, type: string, rest: object): object => ({
      id: id(name),
      type,
      z: 'tab',
      x: 1,
      y: 1,
      ...rest,
    });
    return [
      {
        id: id('config'),
        type: 'vivgrid-config',
        baseUrl: `http://127.0.0.1:${port}/${key}/v1`,
        maxRetries: 0,
        ...config,
        credentials: { token: token ?? '' },
      },
      node('in', 'http in', { url: `/ask/${key}`, method: 'post', wires: [[id('chat')]] }),
      node('chat', 'vivgrid-chat', {
        config: id('config'),
        messages: [user('str', 'Hi')],
        wires: [[id('out')]],
        ...chat,
      }),
      node('catch', 'catch', { scope: [id('chat')], wires: [[id('change')]] }),
      node('change', 'change', {
        rules: [
          { t: 'set', p: 'payload', pt: 'msg', to: 'error', tot: 'msg' },
          { t: 'set', p: 'statusCode', pt: 'msg', to: '500', tot: 'num' },
        ],
        wires: [[id('out')]],
      }),
      node('out', 'http response', {}),
    ];
  }

  for (const { key, holds = [] } of CASES) {
    it(`should be in the language of Node-RED and filled in: ${key}`, async () => {
      const response = await fetch(new URL(`ask/${key}`, nodeRed.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: 'x' }),
      });
      const { message } = (await response.json()) as { message: string };
      assert.equal(response.status, 500);
      const text = texts[key] ?? '';
      const language = key === 'prompt_empty' ? '' : 'Auf Deutsch: ';
      const pattern = text
        .split(/__\w+?__\.?/)
        .map(literal)
        .join('.+');
      assert.match(message, new RegExp(`^${language}${pattern}$`, 's'));
      for (const part of holds) assert.ok(message.includes(part), `“${part}” is not in: ${message}`);
      assert.ok(message.length <= 300);
    });
  }

  it('should leave Node-RED running, with none of them in its log', () => {
    assert.doesNotMatch(nodeRed.log(), /\[error\]|Auf Deutsch|Uncaught/);
  });
});

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
