import assert from 'node:assert/strict';
import { hasModel, isVivgrid, SERVICES } from '../../../nodes/editor/checks/services.ts';
import { normalizeBaseUrl } from '../../../nodes/lib/service/base-url.ts';

const VIVGRID = 'https://api.vivgrid.com/v1';
const OLLAMA = 'http://localhost:11434/v1';

describe('The services that the form knows', () => {
  it('should be at addresses that can be used as they are', () => {
    for (const { value } of SERVICES) assert.deepEqual(normalizeBaseUrl(value), { url: value, query: {} });
  });

  it('should be told apart by their host', () => {
    for (const url of [VIVGRID, 'https://vivgrid.com/v1', 'https://eu.api.vivgrid.com'])
      assert.equal(isVivgrid(url), true, url);
    for (const url of [
      OLLAMA,
      'https://vivgrid.com.example.org/v1',
      'https://notvivgrid.com',
      'vivgrid.com',
      '',
    ])
      assert.equal(isVivgrid(url), false, url);
  });

  const MODELS: [model: string, models: string[], baseUrl: string, has: boolean][] = [
    ['gpt-5', ['gpt-5', 'gpt-5-mini'], VIVGRID, true],
    ['gpt-6', ['gpt-5', 'gpt-5-mini'], VIVGRID, false],
    ['managed', ['gpt-5'], VIVGRID, true],
    ['managed', ['llama3:latest'], OLLAMA, false],
    ['llama3', ['llama3:latest'], OLLAMA, true],
    ['gemini-2.5-flash', ['models/gemini-2.5-flash'], 'https://example.com/v1', true],
    ['anything', [], OLLAMA, true],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable as Node-RED writes it
    ['${MODEL}', ['llama3:latest'], OLLAMA, true],
  ];
  for (const [model, models, baseUrl, has] of MODELS) {
    it(`should ${has ? '' : 'not '}have ${model} at ${baseUrl} with [${models}]`, () => {
      assert.equal(
        hasModel(
          models.map((id) => ({ id })),
          model,
          baseUrl,
        ),
        has,
      );
    });
  }
});
