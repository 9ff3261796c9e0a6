import assert from 'node:assert/strict';
import { type McpResult, readMcpResult } from '../../../nodes/lib/tools/mcp-results.ts';

const bytes = (count: number): string => Buffer.alloc(count).toString('base64');

describe('the results of MCP servers', () => {
  const texts: [what: string, result: McpResult, text: string][] = [
    [
      'texts, joined by line breaks',
      {
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
      },
      'one\ntwo',
    ],
    [
      'the text of an embedded resource',
      { content: [{ type: 'resource', resource: { uri: 'file:///a', text: 'in the file' } }] },
      'in the file',
    ],
    ['structured content where there is no text', { structuredContent: { on: true } }, '{"on":true}'],
    ['nothing for structured content of null', { content: [], structuredContent: null }, ''],
    [
      'the text alone where there is structured content, too',
      { content: [{ type: 'text', text: 'on' }], structuredContent: { on: true } },
      'on',
    ],
    [
      'a picture and a sound by their kinds and sizes',
      {
        content: [
          { type: 'image', mimeType: 'image/png', data: bytes(34_200) },
          { type: 'audio', mimeType: 'audio/wav', data: bytes(999) },
        ],
      },
      '[image/png, 34 kB]\n[audio/wav, 999 bytes]',
    ],
    [
      'bytes of a resource',
      {
        content: [
          {
            type: 'resource',
            resource: { uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: bytes(2000) },
          },
        ],
      },
      '[application/pdf, 2 kB]',
    ],
    [
      'a link by its address',
      { content: [{ type: 'resource_link', uri: 'https://a/b', name: 'b' }] },
      '[https://a/b]',
    ],
    [
      'structured content before a picture',
      { content: [{ type: 'image', mimeType: 'image/png', data: bytes(3) }], structuredContent: [1] },
      '[1]\n[image/png, 3 bytes]',
    ],
    ['a part of a kind to come by that', { content: [{ type: 'hologram' }] }, '[hologram]'],
    ['nothing', {}, ''],
    ['what is no list of parts', { content: 'text' }, ''],
    [
      'structured content beside an empty text',
      { content: [{ type: 'text', text: '' }], structuredContent: 1 },
      '1',
    ],
  ];
  for (const [what, result, text] of texts) {
    it(`should give the model ${what}`, () => {
      assert.deepEqual(readMcpResult(result), { text, isError: false });
    });
  }

  const failures: [text: string, told: string][] = [
    ['no such room', 'Error: no such room'],
    ['Error: no such room', 'Error: no such room'],
    ['MCP error -32602: Tool x not found', 'MCP error -32602: Tool x not found'],
    ['ValueError: no', 'ValueError: no'],
    ['', 'Error: The tool failed and gave no reason.'],
  ];
  for (const [text, told] of failures) {
    it(`should say once that “${text}” is an error`, () => {
      assert.deepEqual(readMcpResult({ content: [{ type: 'text', text }], isError: true }), {
        text: told,
        isError: true,
      });
    });
  }
});
