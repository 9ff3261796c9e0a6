import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepareFlows } from '../../demo/flows.mjs';
import { CONFIG_DEFAULTS } from '../../nodes/lib/common/settings.ts';
import type { FlowNode } from '../support/start-node-red.mts';

describe('the demo’s flow file', () => {
  const root = resolve(import.meta.dirname, '../..');
  let userDir: string;

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'vivgrid-demo-'));
  });

  afterEach(() => rmSync(userDir, { recursive: true }));

  /** The config node after a start with this stand-in, or with a key when there is none. */
  function configAfter(standIn?: string) {
    prepareFlows({ root, userDir, standIn, fresh: false });
    const flows = JSON.parse(readFileSync(join(userDir, 'flows.json'), 'utf8')) as FlowNode[];
    return flows.find(({ type }) => type === 'vivgrid-config');
  }

  it('should point at Vivgrid while there is a key, and at the stand-in while there is none', () => {
    assert.equal(configAfter()?.baseUrl, CONFIG_DEFAULTS.baseUrl);
    assert.equal(configAfter('http://127.0.0.1:1001/v1')?.baseUrl, 'http://127.0.0.1:1001/v1');
    assert.equal(configAfter('http://127.0.0.1:1002/v1')?.baseUrl, 'http://127.0.0.1:1002/v1');
    assert.deepEqual([configAfter()?.baseUrl, configAfter()?.name], [CONFIG_DEFAULTS.baseUrl, 'Vivgrid']);
  });
});
