// Copies of what was sent and received that are small enough to be kept.
import assert from 'node:assert/strict';
import { Excerpt } from '../../../nodes/lib/service/excerpt.ts';

describe('an excerpt', () => {
  it('should copy plain data as it is while there is room', () => {
    const value = { a: 'text', list: [1, true, null, { b: 'more' }] };
    const excerpt = new Excerpt(1000);
    assert.deepEqual(excerpt.copy(value), value);
    assert.equal(excerpt.isCut, false);
  });

  it('should name bytes and data URLs by their kind and size', () => {
    const excerpt = new Excerpt(1000);
    const url = `data:image/png;base64,${'A'.repeat(45_000)}`;
    assert.deepEqual(excerpt.copy({ picture: Buffer.alloc(34_000), samples: new Float32Array(500), url }), {
      picture: '[Buffer, 34 kB]',
      samples: '[Float32Array, 2 kB]',
      url: '[image/png, 34 kB]',
    });
    const sound = { type: 'input_audio', input_audio: { data: 'A'.repeat(8_000), format: 'wav' } };
    assert.deepEqual(excerpt.copy(sound), {
      type: 'input_audio',
      input_audio: { data: '[audio/wav, 6 kB]', format: 'wav' },
    });
  });

  it('should take no more than its room, whatever there is', () => {
    for (const value of [
      'x'.repeat(100_000),
      Array.from({ length: 100_000 }, (_, id) => ({ id })),
      Object.fromEntries(Array.from({ length: 100_000 }, (_, id) => [`name ${id}`, id])),
      Array(100_000).fill(0),
      { ['n'.repeat(100_000)]: 'x'.repeat(100_000) },
      // The name of the second entry takes more than the first has left.
      { first: 'x'.repeat(980), 'a longer name': 'y'.repeat(100_000) },
    ]) {
      const excerpt = new Excerpt(1000);
      const text = JSON.stringify(excerpt.copy(value));
      assert.ok(text.length < 1600, `${text.length} characters`);
      assert.equal(excerpt.isCut, true);
    }
  });

  it('should hold nothing that JSON can not', () => {
    const value = {
      big: 2n ** 70n,
      at: new Date(0),
      never: new Date(Number.NaN),
      toJSON: () => assert.fail(),
    };
    assert.equal(
      JSON.stringify(new Excerpt(1000).copy(value)),
      '{"big":"1180591620717411303424","at":"1970-01-01T00:00:00.000Z","never":"Invalid Date"}',
    );
  });

  it('should end in a circle', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const excerpt = new Excerpt(1000);
    assert.ok(JSON.stringify(excerpt.copy(circle)).length < 1000);
    assert.equal(excerpt.isCut, true);
  });
});
