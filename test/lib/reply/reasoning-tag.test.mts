import assert from 'node:assert/strict';
import { ReasoningTag, type Split, splitWhole } from '../../../nodes/lib/reply/reasoning-tag.ts';

function split(pieces: string[]): { reasoning: string; text: string; texts: string[] } {
  const tag = new ReasoningTag();
  const splits: Split[] = [...pieces.map((piece) => tag.push(piece)), tag.end()];
  const texts = splits.flatMap((one) => one.texts);
  return { reasoning: splits.map((one) => one.reasoning).join(''), text: texts.join(''), texts };
}

/** Every way to cut a text into three pieces, and into characters. */
function cutsOf(text: string): string[][] {
  const cuts: string[][] = [[...text]];
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second++) {
      cuts.push(
        [text.slice(0, first), text.slice(first, second), text.slice(second)].filter((piece) => piece),
      );
    }
  }
  return cuts;
}

describe('ReasoningTag', () => {
  for (const [text, reasoning, rest] of [
    ['<think>Hm.</think>Once.', 'Hm.', 'Once.'],
    [' \n<thinking>a</think>b</thinking>\n\n Once. ', 'a</think>b', 'Once. '],
    ['<thought>a < b </</thought>Once.', 'a < b </', 'Once.'],
    ['<reasoning>\nHm.\n</reasoning>', '\nHm.\n', ''],
    ['<think>Hm.</thin', 'Hm.</thin', ''],
    ['<think></think></think>', '', '</think>'],
    ['<think> \n </think> \n Once.', '', 'Once.'],
    ['<think> \n ', '', ''],
    ['<think>a</think><think>b</think>', 'a', '<think>b</think>'],
  ] as const) {
    it(`should take reasoning out of ${JSON.stringify(text)}, wherever it is cut`, () => {
      for (const pieces of cutsOf(text)) {
        const { reasoning: found, text: left } = split(pieces);
        assert.deepEqual([found, left], [reasoning, rest], JSON.stringify(pieces));
      }
    });
  }

  for (const text of [
    'Once.',
    ' \n ',
    '<',
    '<think',
    '<thinks>a</thinks>',
    '<Think>a</Think>',
    '< think>',
    'a <think>b</think>',
    '</think>a',
    '<<think>a</think>',
  ]) {
    it(`should pass ${JSON.stringify(text)} on in the pieces that it came in`, () => {
      for (const pieces of cutsOf(text)) {
        const { reasoning, texts } = split(pieces);
        assert.equal(reasoning, '');
        assert.deepEqual(texts, pieces);
      }
    });
  }

  it('should hold back nothing that begins no tag', () => {
    const tag = new ReasoningTag();
    assert.deepEqual(tag.push('\n').texts, []);
    assert.deepEqual(tag.push('<t').texts, []);
    assert.deepEqual(tag.push('a').texts, ['\n', '<t', 'a']);
    assert.deepEqual(tag.push('<think>').texts, ['<think>']);
  });

  it('should give reasoning on as it comes, but for what may be the closing tag', () => {
    const tag = new ReasoningTag();
    assert.equal(tag.push('<think>One <').reasoning, 'One ');
    assert.equal(tag.push('b> two').reasoning, '<b> two');
  });

  it('should take a long text apart in linear time', () => {
    const began = performance.now();
    assert.equal(split(['<think>', ...Array.from({ length: 200_000 }, () => '<')]).reasoning.length, 200_000);
    assert.equal(split(Array.from({ length: 200_000 }, () => ' ')).text.length, 200_000);
    assert.equal(split(['<think>', ...Array.from({ length: 200_000 }, () => ' ')]).reasoning, '');
    assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
  });
});

describe('a text that has come whole', () => {
  for (const [text, reasoning, rest] of [
    ['Hm.\n</think>\n\nOnce.', 'Hm.\n', 'Once.'],
    ['</think>Once.', '', 'Once.'],
    ['<think>Hm.</think>Once.', 'Hm.', 'Once.'],
    ['Write <think> and </think>.', '', 'Write <think> and </think>.'],
    ['Once.', '', 'Once.'],
  ] as const) {
    it(`should be split: ${JSON.stringify(text)}`, () => {
      const { reasoning: found, texts } = splitWhole(text);
      assert.deepEqual([found, texts.join('')], [reasoning, rest]);
    });
  }
});
