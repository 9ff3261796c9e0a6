import assert from 'node:assert/strict';
import { resolveVariables } from '../../../nodes/lib/common/resolve-variables.ts';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: how Node-RED writes environment variables
describe('resolveVariables', () => {
  const env = (name: string): unknown => ({ URL: 'http://a', N: 7, BLANK: '' })[name];

  it('should replace whole texts, deep in lists and objects', () => {
    const settings = {
      url: '${URL}',
      old: '$(URL)',
      rows: [{ value: '${N}' }],
      plain: 'URL',
      on: true,
      none: null,
    };
    assert.deepEqual(resolveVariables(settings, env), {
      url: 'http://a',
      old: 'http://a',
      rows: [{ value: 7 }],
      plain: 'URL',
      on: true,
      none: null,
    });
  });

  it('should leave parts of a text, and variables that are not set, as they are', () => {
    const texts = ['${URL}/v1', 'a ${N}', '${MISSING}', '${BLANK}', '$(MISSING)', '$(URL)/v1', ''];
    assert.deepEqual(resolveVariables(texts, env), texts);
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: how Node-RED writes environment variables
