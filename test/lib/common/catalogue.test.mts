import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../../nodes/lib/common/describe-error.ts';
import type { ErrorKey } from '../../../nodes/lib/common/errors.ts';
import { ChatError, ERROR_KEYS } from '../../../nodes/lib/common/errors.ts';

interface Catalogue {
  status: { failed: Record<string, string> };
  errors: Record<string, string>;
}

const LOCALES = join(import.meta.dirname, '../../../nodes/locales');

function readCatalogue(language: string): Catalogue {
  const text = readFileSync(join(LOCALES, language, 'vivgrid-chat.json'), 'utf8');
  return (JSON.parse(text) as Record<'vivgrid-chat', Catalogue>)['vivgrid-chat'];
}

/** The values that each failure comes with. A text may use these, and need not use all. */
const GIVEN: Readonly<Record<ErrorKey, readonly string[]>> = {
  config_missing: [],
  base_url_blank: ['url'],
  base_url_scheme: ['url'],
  base_url_userinfo: ['url'],
  base_url_invalid: ['url'],
  base_url_variable: ['name'],
  token_missing: [],
  token_variable: ['name'],
  token_characters: [],
  setting_number: ['name', 'value', 'range'],
  header: ['name'],
  header_variable: ['header', 'name'],
  proxy: ['url'],
  proxy_variable: ['name'],
  tls: [],
  output: ['output'],
  redirect: ['status', 'location'],
  schema_no_json: ['words'],
  schema_invalid: ['words'],
  chat_number: ['name', 'value', 'range'],
  tool_missing: ['id'],
  tool_name: ['name'],
  tool_name_twice: ['name'],
  template_syntax: ['label', 'words'],
  template_partial: ['label', 'name'],
  template_value: ['label', 'words'],
  row_value: ['label', 'type', 'value', 'words'],
  row_json: ['label', 'words'],
  history: ['label'],
  prompt_empty: [],
  model_value: ['type', 'value', 'words'],
  parameter_value: ['name', 'type', 'value', 'words'],
  parameter_json: ['name', 'words'],
  parameter_kind: ['name', 'value', 'kind'],
  parameter_range: ['name', 'value', 'min', 'max'],
  parameter_owned: ['name'],
  parameter_stream_n: [],
  waits_for_itself: [],
  approval_answer: ['value'],
  approval_arguments: ['words'],
  approval_call: ['count'],
  conversation_segment: ['segment'],
  conversation_path: ['path', 'words'],
  conversation_write: ['words'],
  conversation_read: ['path', 'words'],
  attachment_value: ['type', 'value', 'words'],
  attachment_type: ['source', 'found'],
  attachment_kind: ['source', 'start', 'bytes'],
  queue_full: ['limit'],
  auth: ['words', 'status'],
  payment: ['words', 'status'],
  rate_limit: ['words', 'status'],
  request_large: ['megabytes'],
  bad_request: ['words', 'status'],
  server: ['words', 'status'],
  server_no_reply: ['type', 'words'],
  network: ['host', 'words'],
  network_refused: ['host', 'words'],
  network_unknown_host: ['host', 'words'],
  network_certificate: ['host', 'words'],
  timeout: ['words', 'status'],
  timeout_silence: ['seconds'],
  incomplete: [],
  incomplete_chunk: ['chunk'],
  invalid_json: ['words', 'finish_reason'],
  schema: ['words'],
  tool_schema: ['name', 'words'],
  tool_rounds: ['rounds'],
  budget_tokens: ['limit', 'until'],
  budget_cost: ['limit', 'until'],
  budget_requests: ['limit', 'until'],
  budget_near: ['percent', 'limit'],
  cost_unknown: [],
  totals_store: ['words'],
  mcp_missing: ['id'],
  mcp_url: ['url'],
  mcp_redirect: ['server', 'status', 'location'],
  mcp_auth: ['server', 'status'],
  mcp_network: ['server', 'host', 'words'],
  mcp_refused: ['server', 'host', 'words'],
  mcp_unknown_host: ['server', 'host', 'words'],
  mcp_certificate: ['server', 'host', 'words'],
  mcp_protocol: ['server', 'words'],
  mcp_status: ['server', 'status', 'words'],
  mcp_timeout: ['server', 'seconds'],
  service_given_up: ['name', 'code'],
  service_back: ['name'],
  model_ends: ['model', 'date'],
  unexpected: ['words'],
};

/** These come as numbers, or as the few bytes that a file starts with. */
const SHORT: readonly string[] = [
  'until',
  'percent',
  'status',
  'limit',
  'rounds',
  'count',
  'seconds',
  'min',
  'max',
  'bytes',
  'start',
  'range',
];

function describeWith(catalogue: Catalogue, key: ErrorKey, value: string): string {
  const params = Object.fromEntries(
    GIVEN[key].map((name) => [name, SHORT.includes(name) && value.length > 100 ? '123456' : value]),
  );
  return describeError(new ChatError(key, params), (id) => catalogue.errors[id.split('.').at(-1) ?? ''])
    .message;
}

for (const language of readdirSync(LOCALES)) {
  describe(`the catalogue in ${language}`, () => {
    const catalogue = readCatalogue(language);

    it('should have a text for every failure and for nothing else', () => {
      assert.deepEqual(Object.keys(catalogue.errors).sort(), [...ERROR_KEYS].sort());
    });

    it('should have a status for every error code', () => {
      const codes = new Set(ERROR_KEYS.map((key) => new ChatError(key).code));
      for (const code of codes) {
        const status = catalogue.status.failed[code];
        assert.ok(status, `no status for ${code}`);
        assert.ok(status.length < 20, `the status “${status}” is too long`);
      }
    });

    for (const key of ERROR_KEYS) {
      describe(key, () => {
        const text = catalogue.errors[key] ?? '';

        it('should use only values that it is given', () => {
          const used = [...text.matchAll(/__(\w+?)__/g)].map(([, name]) => name);
          // What the text names as a word of its own.
          const words = key === 'conversation_segment' ? ['proto'] : [];
          assert.deepEqual(
            used.filter((name) => !GIVEN[key].includes(name ?? '') && !words.includes(name ?? '')),
            [],
          );
        });

        it('should be a sentence', () => {
          const message = describeWith(catalogue, key, 'x');
          assert.match(message, /^["“„«「『\p{Lu}\p{Lo}0-9x]/u);
          assert.match(message, /[.。…x"”»」]$/);
          assert.doesNotMatch(message, / {2}|\.\.|\(\)/);
        });

        it('should fit into 300 characters, and into one line, whatever it is given', () => {
          const message = describeWith(catalogue, key, 'Long words\nin <b>lines</b> '.repeat(200));
          assert.ok(message.length <= 300, `${message.length}: ${message}`);
          assert.doesNotMatch(message, /[\n\r\t]/);
          const advice = text.split(/__\w+?__/).at(-1) ?? '';
          assert.ok(
            message.endsWith(advice.replace(/^\./, '').trim()),
            `what follows the values is cut off: ${message}`,
          );
        });

        it('should keep what looks like a placeholder in what it is given', () => {
          const tricky = '__name__ __words__ $t(x) {{x}}';
          const used = /__(?!proto__)\w+?__/.test(text);
          assert.equal(describeWith(catalogue, key, tricky).includes(tricky), used);
        });
      });
    }
  });
}
