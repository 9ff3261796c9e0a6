import assert from 'node:assert/strict';
import { checkTemplate } from '../../../nodes/lib/request/check-template.ts';

describe('checkTemplate', () => {
  const FINE = [
    '',
    'plain text, with { braces } and }}',
    '{{payload}} {{{payload}}} {{&payload}} {{payload.0.name}} {{.}}',
    '{{#items}}{{title}}{{/items}}{{^items}}none{{/items}}',
    '{{flow.list[1]}} {{global.a["b c"]}} {{flow[store].x[0]}} {{env.HOME}}',
    '{{! a comment about {{msg.payload}} }}',
    '{{=<% %>=}}<%payload%> {{ {{msg.payload}}',
    '{{message}} {{msgs.payload}} {{name with space}} {{größe}}',
  ];
  for (const template of FINE) {
    it(`should find nothing wrong with ${JSON.stringify(template)}`, () => {
      assert.deepEqual(checkTemplate(template), []);
    });
  }

  const ERRORS: [template: string, kind: string, position: number, name: string][] = [
    ['{{payload', 'unclosed_tag', 0, ''],
    ['{{a}} and {{b', 'unclosed_tag', 10, ''],
    ['a {{#items}} b', 'unclosed_section', 2, 'items'],
    ['{{#a}}{{#b}}{{/a}}', 'unclosed_section', 6, 'b'],
    ['a {{/items}}', 'unopened_section', 2, 'items'],
    ['a {{> footer}}', 'partial', 2, 'footer'],
    ['{{#a}}{{>b}}{{/a}}', 'partial', 6, 'b'],
    ['{{=x=}}', 'syntax', 0, 'Invalid tags: x'],
  ];
  for (const [template, kind, position, name] of ERRORS) {
    it(`should refuse ${template}`, () => {
      assert.deepEqual(checkTemplate(template), [{ kind, severity: 'error', position, name }]);
    });
  }

  const HINTS: [template: string, kind: string, name: string, suggestion: string][] = [
    ['{{msg.payload}}', 'msg_prefix', 'msg.payload', 'payload'],
    ['{{{msg.payload[0].a}}}', 'msg_prefix', 'msg.payload[0].a', 'payload.0.a'],
    ['{{#msg.items}}x{{/msg.items}}', 'msg_prefix', 'msg.items', 'items'],
    ['{{payload[0]}}', 'brackets', 'payload[0]', 'payload.0'],
    ['{{payload["a"][1].b}}', 'brackets', 'payload["a"][1].b', 'payload.a.1.b'],
    ["{{&payload['a']}}", 'brackets', "payload['a']", 'payload.a'],
    ['{{msg.flow.x[0]}}', 'msg_prefix', 'msg.flow.x[0]', 'flow.x[0]'],
  ];
  for (const [template, kind, name, suggestion] of HINTS) {
    it(`should suggest ${suggestion} for ${template}`, () => {
      assert.deepEqual(checkTemplate(template), [{ kind, severity: 'hint', position: 0, name, suggestion }]);
    });
  }

  it('should check nested sections and every tag', () => {
    const kinds = checkTemplate('{{#a}}{{#b}}{{msg.x}}{{/b}}{{/a}}{{y[0]}}').map(({ kind }) => kind);
    assert.deepEqual(kinds, ['msg_prefix', 'brackets']);
  });
});
