import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TemplateSources } from '../../../nodes/lib/request/render-template.ts';
import { compileTemplate } from '../../../nodes/lib/request/render-template.ts';

const NOTHING: TemplateSources = { env: () => undefined, context: async () => undefined };

function render(template: string, message: object = {}, sources: Partial<TemplateSources> = {}) {
  return compileTemplate(template, '1 (user)')(message, { ...NOTHING, ...sources });
}

/** Context and environment from a table of the names that a template may use. */
function sourcesOf(values: Record<string, unknown>): TemplateSources {
  return {
    env: (name) => values[`env.${name}`],
    context: async (scope, key, store) => values[`${scope}${store ? `[${store}]` : ''}.${key}`],
  };
}

interface SpecificationCase {
  name: string;
  template: string;
  data: object;
  expected: string;
}

describe('compileTemplate', () => {
  describe('against the mustache specification', () => {
    const text = readFileSync(join(import.meta.dirname, '../../fixtures/mustache-spec.json'), 'utf8');
    const specification = JSON.parse(text) as Record<string, SpecificationCase[]>;
    for (const [section, cases] of Object.entries(specification)) {
      for (const { name, template, data, expected } of cases) {
        it(`should pass ${section}: ${name}`, async () => {
          assert.equal(await render(template, data), expected);
        });
      }
    }
  });

  describe('with the values of a message', () => {
    // The rows of the core Template node's behaviour, with the three deliberate differences.
    const rows: [template: string, message: object, text: string][] = [
      ['{{payload}}', { payload: 'a<b & "c" \'d\' /e/ `f` =g' }, 'a<b & "c" \'d\' /e/ `f` =g'],
      ['{{{payload}}}', { payload: 'a<b & "c"' }, 'a<b & "c"'],
      ['{{&payload}}', { payload: 'a<b & "c"' }, 'a<b & "c"'],
      ['{{payload}}', { payload: { a: [1, { b: 'x' }] } }, '{"a":[1,{"b":"x"}]}'],
      ['{{{payload}}}', { payload: [1, 2, { a: 1 }] }, '[1,2,{"a":1}]'],
      ['{{&payload}}', { payload: [] }, '[]'],
      ['{{payload}}', { payload: Buffer.from('grün') }, 'grün'],
      ['{{payload}}', { payload: new Date(0) }, '1970-01-01T00:00:00.000Z'],
      ['{{payload}}', { payload: 0 }, '0'],
      ['{{payload}}', { payload: false }, 'false'],
      ['{{payload}}', { payload: 10n }, '10'],
      ['[{{payload}}]', { payload: null }, '[]'],
      ['[{{payload}}]', { payload: '' }, '[]'],
      ['[{{payload}}]', {}, '[]'],
      ['[{{msg.payload}}]', { payload: 'x' }, '[]'],
      ['{{msg.payload}}', { msg: { payload: 'x' } }, 'x'],
      ['{{payload.0.name}}', { payload: [{ name: 'x' }] }, 'x'],
      ['[{{payload[0].name}}]', { payload: [{ name: 'x' }] }, '[]'],
      ['{{a.b}}', { 'a.b': 'flat', a: { b: 'nested' } }, 'nested'],
      ['{{payload}}', { payload: new Map([['a', new Set([1])]]) }, '{"a":[1]}'],
      ['{{#payload}}<{{.}}>{{/payload}}', { payload: new Set(['a', 'b']) }, '<a><b>'],
      ['{{#payload}}<{{.}}>{{/payload}}', { payload: new Float32Array([1, 2]) }, '<1><2>'],
      ['{{#payload}}{{a}}{{/payload}}', { payload: new Map([['a', 1]]) }, '1'],
      ['{{payload.a.1}}', { payload: new Map([['a', new Set(['x', 'y'])]]) }, 'y'],
      [
        '{{#list}}{{map.a}}{{payload.b}};{{/list}}',
        { payload: new Map([['b', 2]]), list: [{ map: new Map([['a', 1]]) }] },
        '12;',
      ],
      ['{{payload.a}}{{payload.b}}', { payload: new Map([['a', null]]) }, ''],
      ['{{^payload}}none{{/payload}}', { payload: new Set() }, 'none'],
      ['{{payload.length}}', { payload: 'four' }, '4'],
      ['{{payload.length}}', { payload: [1, 2] }, '2'],
      ['{{name with space}}', { 'name with space': 'x' }, 'x'],
      ['{{größe}} {{温度}}', { größe: 'L', 温度: 21 }, 'L 21'],
      ['[{{payload.a.b.c}}]', { payload: {} }, '[]'],
      ['[{{payload.a}}]', { payload: null }, '[]'],
      ['{{#payload}}{{name}},{{/payload}}', { payload: [{ name: 'a' }, { name: 'b' }] }, 'a,b,'],
      ['{{#payload}}<{{.}}>{{/payload}}', { payload: [1, 'x', { a: 1 }, [2]] }, '<1><x><{"a":1}><[2]>'],
      ['{{#payload}}{{topic}}{{/payload}}', { payload: { a: 1 }, topic: 'outer' }, 'outer'],
      ['{{#payload}}x{{/payload}}', { payload: 0 }, ''],
      ['{{^payload}}none{{/payload}}', { payload: [] }, 'none'],
      ['{{^payload}}none{{/payload}}', {}, 'none'],
      ['a{{! a comment }}b', {}, 'ab'],
      ['{{=<% %>=}}<% payload %> {{payload}}', { payload: 'x' }, 'x {{payload}}'],
      ['', { payload: 'x' }, ''],
      ['no tags at all', { payload: 'x' }, 'no tags at all'],
    ];
    for (const [template, message, text] of rows) {
      it(`should render ${template || 'nothing'} to ${text || 'nothing'}`, async () => {
        assert.equal(await render(template, message), text);
      });
    }

    it('should render objects of another realm, as function nodes make them, like its own', async () => {
      const message = runInNewContext(
        '({ payload: { at: new Date(0), list: [1] }, at: new Date(0), list: ["a", "b"] })',
      ) as object;
      assert.equal(
        await render('{{payload}} {{at}} {{#list}}{{.}}{{/list}}', message),
        '{"at":"1970-01-01T00:00:00.000Z","list":[1]} 1970-01-01T00:00:00.000Z ab',
      );
    });

    it('should never render a value again', async () => {
      const message = { payload: '{{topic}} {{{flow.x}}} {{#a}}', topic: '{{payload}}' };
      const sources = sourcesOf({ 'flow.x': '{{payload}}' });
      assert.equal(
        await render('{{payload}}|{{{topic}}}|{{&flow.x}}', message, sources),
        '{{topic}} {{{flow.x}}} {{#a}}|{{payload}}|{{payload}}',
      );
    });

    it('should leave the message as it was', async () => {
      const message = { payload: { list: [{ a: 1 }], at: new Date(0) }, topic: 'x' };
      const before = structuredClone(message);
      await render('{{payload}}{{#payload.list}}{{a}}{{/payload.list}}{{flow.x}}', message);
      assert.deepEqual(message, before);
    });

    it('should render with messages side by side from one template', async () => {
      const template = compileTemplate('{{payload}} {{flow.x}}', '1 (user)');
      const texts = await Promise.all(
        [...Array(20).keys()].map((payload) =>
          template(
            { payload },
            { ...NOTHING, context: async () => new Promise((resolve) => setImmediate(resolve, -payload)) },
          ),
        ),
      );
      assert.deepEqual(
        texts,
        [...Array(20).keys()].map((payload) => `${payload} ${-payload}`),
      );
    });
  });

  describe('with values from elsewhere', () => {
    const sources = sourcesOf({
      'env.HOME_TOWN': 'Lyon',
      'flow.a.b': 'nested',
      'flow.list[1]': 'second',
      'flow.object': { a: 1 },
      'flow.users': [{ name: 'Ada' }, { name: 'Bob' }],
      'flow[disk].x': 'from disk',
      'global.g': 42,
      'global[disk].a["b c"]': 'quoted',
      'flow.zero': 0,
      'flow.no': false,
      'flow.nothing': null,
    });
    const rows: [template: string, text: string][] = [
      ['{{env.HOME_TOWN}}', 'Lyon'],
      ['[{{env.UNSET}}]', '[]'],
      ['{{flow.a.b}}', 'nested'],
      ['{{flow.list[1]}}', 'second'],
      ['{{flow[disk].x}}', 'from disk'],
      ['{{global.g}}', '42'],
      ['{{{global[disk].a["b c"]}}}', 'quoted'],
      ['{{flow.object}}', '{"a":1}'],
      ['{{flow.zero}} {{flow.no}} [{{flow.nothing}}] [{{flow.unset}}]', '0 false [] []'],
      ['{{#flow.users}}{{name}} of {{env.HOME_TOWN}}, {{/flow.users}}', 'Ada of Lyon, Bob of Lyon, '],
      ['{{^flow.unset}}nobody{{/flow.unset}}', 'nobody'],
      ['{{#payload}}{{#inner}}{{global.g}}{{/inner}}{{/payload}}', '42'],
    ];
    for (const [template, text] of rows) {
      it(`should render ${template} to ${text}`, async () => {
        assert.equal(await render(template, { payload: [{ inner: true }] }, sources), text);
      });
    }

    it('should let the message win', async () => {
      const message = { flow: { a: { b: 'mine' } }, env: { HOME_TOWN: 'Oslo' }, global: { g: null } };
      assert.equal(
        await render('{{flow.a.b}} {{env.HOME_TOWN}} [{{global.g}}]', message, sources),
        'mine Oslo []',
      );
    });

    it('should look elsewhere when the message has the first name only', async () => {
      assert.equal(
        await render('{{flow.a.b}} {{env.HOME_TOWN}}', { flow: {}, env: 'x' }, sources),
        'nested Lyon',
      );
    });

    it('should ask for each name once, and for none that only a comment names', async () => {
      const asked: string[] = [];
      await render(
        '{{flow.x}} {{{flow.x}}} {{#flow[s].y}}{{env.E}}{{env.E}}{{/flow[s].y}} {{! flow.in a comment }}text flow.z',
        {},
        {
          env: (name) => asked.push(`env.${name}`),
          context: async (scope, key, store) => asked.push(`${scope}[${store}].${key}`),
        },
      );
      assert.deepEqual(asked.sort(), ['env.E', 'flow[s].y', 'flow[undefined].x']);
    });

    it('should fail, naming the row, when a value can not be had', async () => {
      await assert.rejects(
        render('{{flow.x}}', {}, { context: () => Promise.reject(new Error('the disk is gone')) }),
        { code: 'template', key: 'template_value', params: { label: '1 (user)', words: 'the disk is gone' } },
      );
    });

    it('should fail, naming the row, when a value has no form as text', async () => {
      const payload: { self?: unknown } = {};
      payload.self = payload;
      await assert.rejects(render('{{payload}}', { payload }), {
        code: 'template',
        key: 'template_value',
      });
      assert.equal(await render('{{payload.name}}', { payload }), '', 'unless it is not asked for');
    });
  });

  describe('with a mistake in it', () => {
    for (const [template, words] of [
      ['{{payload', /Unclosed tag at 9/],
      ['{{#a}}x', /Unclosed section "a"/],
      ['{{#a}}x{{/b}}', /Unclosed section "a"/],
      ['x{{/b}}', /Unopened section "b"/],
      ['{{=<% %>', /Unclosed tag/],
      ['{{{payload}}', /Unclosed tag/],
    ] as const) {
      it(`should refuse ${template} and name the row`, () => {
        assert.throws(
          () => compileTemplate(template, '2 (system)'),
          (error: { code: string; key: string; params: Record<string, string> }) => {
            assert.equal(error.code, 'template');
            assert.equal(error.key, 'template_syntax');
            assert.equal(error.params.label, '2 (system)');
            assert.match(error.params.words ?? '', words);
            return true;
          },
        );
      });
    }

    for (const template of [
      '{{> header}}',
      '{{#a}}{{^b}}{{>header}}{{/b}}{{/a}}',
      '{{=<% %>=}}<%> header %>',
    ]) {
      it(`should refuse the partial in ${template}`, () => {
        assert.throws(() => compileTemplate(template, '2 (system)'), {
          code: 'template',
          key: 'template_partial',
          params: { label: '2 (system)', name: 'header' },
        });
      });
    }
  });

  it('should keep nothing of the templates it has rendered', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const usedBy = async (count: number): Promise<number> => {
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      for (let index = 0; index < count; index++) {
        await render(`${'{{payload}} and text '.repeat(2000)} ${index}`, { payload: 'x' });
      }
      collectGarbage();
      return process.memoryUsage().heapUsed - before;
    };
    await usedBy(5);
    const megabytes = (await usedBy(100)) / 1e6;
    assert.ok(megabytes < 5, `${megabytes} MB are still held`);
  });
});
