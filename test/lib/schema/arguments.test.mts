import assert from 'node:assert/strict';
import { argumentFields, readArguments } from '../../../nodes/lib/schema/arguments.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    text: { type: 'string', description: 'Any words', maxLength: 9 },
    level: { type: 'integer', minimum: 1 },
    ratio: { type: 'number' },
    on: { type: 'boolean' },
    mode: { type: 'string', enum: ['eco', 'max'] },
    step: { enum: [1, 2] },
    rooms: { type: 'array', items: { type: 'string' } },
    sizes: { type: 'array', items: { type: 'number' } },
    place: { type: 'object', properties: { x: { type: 'number' } } },
    either: { type: ['string', 'null'] },
    odd: { enum: [null, 'a'] },
    free: true,
  },
  required: ['text', 'on'],
};

describe('argumentFields', () => {
  it('should have a field of its kind for each property', () => {
    const fields = argumentFields(SCHEMA) ?? [];
    const kinds = fields.map(
      ({ name, kind, ofNumbers }) => `${name} ${kind}${ofNumbers ? ' of numbers' : ''}`,
    );
    assert.deepEqual(kinds, [
      'text string',
      'level number',
      'ratio number',
      'on boolean',
      'mode choice',
      'step choice',
      'rooms list',
      'sizes list of numbers',
      'place json',
      'either json',
      'odd json',
      'free json',
    ]);
    const [text, level] = fields;
    assert.deepEqual([text?.description, text?.required, level?.required], ['Any words', true, false]);
  });

  it('should have none for a schema without properties, or with others than those', () => {
    const properties = { a: { type: 'string' } };
    assert.deepEqual(argumentFields({ type: 'object', properties: {} }), []);
    for (const schema of [{ type: 'object' }, {}, { type: 'object', properties, anyOf: [] }])
      assert.equal(argumentFields(schema), undefined);
  });
});

describe('readArguments', () => {
  const read = (typed: Record<string, string>): object =>
    readArguments(argumentFields(SCHEMA) ?? [], (name) => typed[name] ?? '');

  it('should read each as its kind', () => {
    const typed = {
      text: ' 5 ',
      level: '3',
      ratio: '0.5',
      on: 'false',
      mode: 'eco',
      step: '2',
      rooms: 'hall, bath,',
      sizes: '1, 2.5',
      place: '{"x":1}',
      either: 'null',
    };
    assert.deepEqual(read(typed), {
      text: ' 5 ',
      level: 3,
      ratio: 0.5,
      on: false,
      mode: 'eco',
      step: 2,
      rooms: ['hall', 'bath'],
      sizes: [1, 2.5],
      place: { x: 1 },
      either: null,
    });
  });

  it('should leave out what is blank', () => {
    assert.deepEqual(read({ text: '', level: ' ' }), {});
  });

  it('should take a JSON array as a list', () => {
    assert.deepEqual(read({ rooms: '["a, b"]' }), { rooms: ['a, b'] });
  });

  it('should leave what does not fit to the check', () => {
    assert.deepEqual(read({ level: 'many', sizes: '1, x', place: '{', rooms: '[x' }), {
      level: 'many',
      sizes: [1, 'x'],
      place: '{',
      rooms: ['[x'],
    });
  });

  it('should take any name for an argument', () => {
    const schema = JSON.parse('{"properties":{"__proto__":{"type":"string"}}}');
    const args = readArguments(argumentFields(schema) ?? [], () => 'a');
    assert.equal(JSON.stringify(args), '{"__proto__":"a"}');
  });
});
