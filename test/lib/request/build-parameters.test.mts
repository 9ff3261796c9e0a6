import assert from 'node:assert/strict';
import type { ParameterRow } from '../../../nodes/lib/common/settings.ts';
import { createParametersBuilder } from '../../../nodes/lib/request/build-parameters.ts';
import { PARAMETERS } from '../../../nodes/lib/request/parameters.ts';

/** Builds from values that are already evaluated: a row's `value` names one of them. */
function build(values: Record<string, unknown>): Promise<Record<string, unknown>> {
  const rows = Object.keys(values).map((name): ParameterRow => ({ name, value: name, type: 'msg' }));
  return createParametersBuilder(rows, async (name) => values[name])({});
}

async function buildOne(name: string, value: unknown): Promise<unknown> {
  return (await build({ [name]: value }))[name];
}

interface Failure {
  key: string;
  params: Record<string, string>;
}

describe('createParametersBuilder', () => {
  it('should send nothing that is not listed', async () => {
    assert.deepEqual(await build({}), {});
  });

  it('should not send undefined, null and blanks', async () => {
    for (const blank of [undefined, null, '', ' \t\n']) {
      assert.deepEqual(await build({ temperature: blank, user: blank, custom: blank }), {});
    }
    for (const blank of [Buffer.alloc(0), Buffer.from(' \n')]) {
      assert.deepEqual(await build({ temperature: blank, user: blank }), {});
    }
    for (const blank of [undefined, null, '', Buffer.alloc(0)]) {
      assert.deepEqual(await build({ stop: blank }), {});
    }
  });

  it('should send 0 and false', async () => {
    assert.deepEqual(await build({ temperature: 0, seed: '0', logprobs: false, custom: 0, other: false }), {
      temperature: 0,
      seed: 0,
      logprobs: false,
      custom: 0,
      other: false,
    });
  });

  it('should skip rows with no name or no value, without evaluating them', async () => {
    const evaluated: string[] = [];
    const rows: ParameterRow[] = [
      { name: '', value: '1', type: 'num' },
      { name: ' ', value: '1', type: 'num' },
      { name: 'temperature', value: '', type: 'num' },
      { name: 'logprobs', value: '', type: 'bool' },
      { name: 'metadata', value: ' ', type: 'json' },
      { name: 'user', value: '', type: 'msg' },
    ];
    const builder = createParametersBuilder(rows, async (value) => evaluated.push(value));
    assert.deepEqual(await builder({}), {});
    assert.deepEqual(evaluated, []);
  });

  it('should trim names', async () => {
    const builder = createParametersBuilder([{ name: ' top_p ', value: '1', type: 'num' }], async () => 1);
    assert.deepEqual(await builder({}), { top_p: 1 });
  });

  it('should let the last of several rows win', async () => {
    const rows: ParameterRow[] = [
      { name: 'user', value: 'first', type: 'str' },
      { name: 'user', value: 'second', type: 'str' },
    ];
    assert.deepEqual(await createParametersBuilder(rows, async (value) => value)({}), { user: 'second' });
  });

  describe('with documented names', () => {
    const coercions: [name: string, value: unknown, sent: unknown][] = [
      ['temperature', '0.7', 0.7],
      ['temperature', ' 1 ', 1],
      ['temperature', Buffer.from('0.5'), 0.5],
      ['top_p', '1e-1', 0.1],
      ['max_completion_tokens', '64', 64],
      ['max_completion_tokens', '64.0', 64],
      ['max_completion_tokens', 64, 64],
      ['max_completion_tokens', 2147483647, 2147483647],
      ['seed', -5, -5],
      ['n', '16', 16],
      ['logprobs', 'true', true],
      ['logprobs', ' FALSE ', false],
      ['parallel_tool_calls', false, false],
      ['stop', 'END', ['END']],
      ['stop', ['a', 'b'], ['a', 'b']],
      ['stop', [], []],
      ['stop', 1, ['1']],
      ['stop', '\nUser:', ['\nUser:']],
      ['stop', '\n', ['\n']],
      ['stop', ' ["\\n", "END"] ', ['\n', 'END']],
      ['stop', '[1]', ['[1]']],
      ['stop', '[]', ['[]']],
      ['stop', '["a", 1]', ['["a", 1]']],
      ['user', 42, '42'],
      ['user', Buffer.from('ada'), 'ada'],
      ['reasoning_effort', 'xhigh', 'xhigh'],
      ['verbosity', 'low', 'low'],
      ['tool_choice', 'none', 'none'],
      [
        'tool_choice',
        { type: 'function', function: { name: 't' } },
        { type: 'function', function: { name: 't' } },
      ],
      [
        'tool_choice',
        '{"type":"function","function":{"name":"t"}}',
        { type: 'function', function: { name: 't' } },
      ],
      ['metadata', { a: '1' }, { a: '1' }],
      ['metadata', '{"a":"1"}', { a: '1' }],
      ['logit_bias', '{"50256":-100}', { 50256: -100 }],
      ['response_format', { type: 'json_object' }, { type: 'json_object' }],
      ['agent_context', 'as it is', 'as it is'],
      ['agent_context', [1, { a: null }], [1, { a: null }]],
      ['agent_context', false, false],
    ];
    for (const [name, value, sent] of coercions) {
      it(`should send ${name} ${JSON.stringify(value)} as ${JSON.stringify(sent)}`, async () => {
        assert.deepEqual(await buildOne(name, value), sent);
      });
    }

    const mistakes: [name: string, value: unknown, shown: string][] = [
      ['temperature', 'warm', 'warm'],
      ['temperature', true, 'true'],
      ['temperature', [1], '[1]'],
      ['temperature', { a: 1 }, '{"a":1}'],
      ['temperature', Buffer.from('warm'), 'warm'],
      ['temperature', 1n, '1'],
      ['temperature', '12abc', '12abc'],
      ['max_completion_tokens', 64.5, '64.5'],
      ['max_completion_tokens', '1e400', '1e400'],
      ['n', '1,5', '1,5'],
      ['logprobs', 'yes', 'yes'],
      ['logprobs', 1, '1'],
      ['logprobs', 'constructor', 'constructor'],
      ['stop', { a: 1 }, '{"a":1}'],
      ['stop', [{ a: 1 }], '[{"a":1}]'],
      ['stop', [null], '[null]'],
      ['user', { name: 'ada' }, '{"name":"ada"}'],
      ['metadata', 'no JSON', 'no JSON'],
      ['metadata', [1], '[1]'],
      ['metadata', 5, '5'],
      ['logit_bias', 'null', 'null'],
    ];
    for (const [name, value, shown] of mistakes) {
      it(`should refuse ${name} ${shown}`, async () => {
        await assert.rejects(buildOne(name, value), {
          code: 'parameter',
          key: 'parameter_kind',
          params: { name, value: shown, kind: PARAMETERS[name]?.kind ?? '' },
        });
      });
    }

    for (const [name, { kind, min, max }] of Object.entries(PARAMETERS)) {
      if (min === undefined || max === undefined) continue;
      it(`should send ${name} from ${min} to ${max} and name that range for others`, async () => {
        assert.equal(await buildOne(name, min), min);
        assert.equal(await buildOne(name, String(max)), max);
        const step = kind === 'integer' ? 1 : 0.001;
        for (const value of [min - step, max + step]) {
          await assert.rejects(buildOne(name, value), {
            code: 'parameter',
            key: 'parameter_range',
            params: { name, value, min, max },
          });
        }
      });
    }

    it('should know the documented ranges', () => {
      const ranges = Object.entries(PARAMETERS).flatMap(([name, { min, max }]) =>
        min === undefined ? [] : [[name, min, max]],
      );
      assert.deepEqual(ranges, [
        ['temperature', 0, 2],
        ['top_p', 0, 1],
        ['max_completion_tokens', 1, 2147483647],
        ['presence_penalty', -2, 2],
        ['frequency_penalty', -2, 2],
        ['seed', -2147483648, 2147483647],
        ['n', 1, 16],
        ['top_logprobs', 0, 20],
      ]);
    });
  });

  describe('with other names', () => {
    for (const value of ['64', ' spaced ', 64.5, true, [1, 'a'], { a: { b: [null] } }]) {
      it(`should send ${JSON.stringify(value)} as it is`, async () => {
        assert.deepEqual(await buildOne('enable_thinking', value), value);
      });
    }

    it('should not take names from where objects inherit', async () => {
      for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
        assert.equal(await buildOne(name, '1'), '1');
      }
      const built = await createParametersBuilder(
        [{ name: '__proto__', value: 'x', type: 'msg' }],
        async () => ({ polluted: true }),
      )({});
      assert.equal(Object.getPrototypeOf(built), Object.prototype);
      assert.equal('polluted' in {}, false);
    });

    it('should refuse what is no number though its type says so, and show what was entered', async () => {
      for (const name of ['enable_thinking', 'temperature']) {
        const rows: ParameterRow[] = [{ name, value: 'abc', type: 'num' }];
        await assert.rejects(createParametersBuilder(rows, async (value) => Number(value))({}), {
          code: 'parameter',
          key: 'parameter_kind',
          params: { name, value: 'abc', kind: 'number' },
        });
      }
    });
  });

  it('should refuse what JSON can not hold before it is sent', async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    for (const name of ['metadata', 'agent_context', 'enable_thinking']) {
      for (const value of [circular, { big: 1n }]) {
        await assert.rejects(buildOne(name, value), (error: Failure) => {
          assert.equal(error.key, 'parameter_json');
          assert.equal(error.params.name, name);
          assert.match(error.params.words ?? '', /circular|BigInt/);
          return true;
        });
      }
    }
  });

  it('should send Maps, Sets, typed arrays and URLs in the forms that templates write', async () => {
    const logit_bias = new Map([[50256, -100]]);
    const agent_context = { tags: new Set(['a']), at: new URL('http://a.example') };
    assert.deepEqual(
      await build({ logit_bias, stop: new Set(['END']), agent_context, user: new Uint8Array([97]).buffer }),
      {
        logit_bias: { 50256: -100 },
        stop: ['END'],
        agent_context: { tags: ['a'], at: 'http://a.example/' },
        user: 'a',
      },
    );
    assert.deepEqual(await build({ custom: new Float32Array([0.5]) }), { custom: [0.5] });
  });

  it('should send a value as it was, whatever the flow does to it later', async () => {
    const metadata = { a: ['1'] };
    const built = await build({ metadata });
    metadata.a.push('2');
    assert.deepEqual(built, { metadata: { a: ['1'] } });
  });

  for (const name of ['model', 'messages', 'stream']) {
    it(`should refuse ${name}, which has a field of its own`, async () => {
      await assert.rejects(buildOne(name, 'x'), {
        code: 'parameter',
        key: 'parameter_owned',
        params: { name },
      });
    });
  }

  it('should name the parameter whose value can not be evaluated', async () => {
    const rows: ParameterRow[] = [{ name: 'seed', value: '$sum(', type: 'jsonata' }];
    const builder = createParametersBuilder(rows, () => Promise.reject(new Error('unexpected end')));
    await assert.rejects(builder({}), {
      code: 'parameter',
      key: 'parameter_value',
      params: { name: 'seed', type: 'jsonata', value: '$sum(', words: 'unexpected end' },
    });
  });
});
