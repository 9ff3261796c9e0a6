import assert from 'node:assert/strict';
import { createChunkUnits } from '../../../nodes/lib/sending/chunk-units.ts';
import { createRandom } from '../../support/random.mts';

function cut(chunks: 'line' | 'sentence', text: string, size: number): string[] {
  const units = createChunkUnits(chunks);
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
  return [...pieces.flatMap((piece) => units.add(piece)), ...units.rest()];
}

const SIZES = [1, 2, 3, 7, 1000];

describe('chunk units', () => {
  it('should give lines with their newlines, however the text is cut', () => {
    for (const size of SIZES) {
      assert.deepEqual(cut('line', 'one\n\ntwo\r\nthree', size), ['one\n', '\n', 'two\r\n', 'three']);
    }
    assert.deepEqual(cut('line', 'one\n', 1), ['one\n']);
  });

  it('should give a line on as soon as it is complete', () => {
    const units = createChunkUnits('line');
    assert.deepEqual(units.add('one\ntw'), ['one\n']);
    assert.deepEqual(units.add('o'), []);
    assert.deepEqual(units.rest(), ['two']);
  });

  const SENTENCES: Record<string, string[]> = {
    'plain sentences': ['It is warm. ', 'Is it? ', 'Yes! ', 'Good…'],
    decimals: ['It costs 3.50 EUR. ', 'Version 2.0.1 is out.'],
    'English abbreviations': [
      'Dr. Smith met Mrs. Jones at 5 p.m. in the U.S. Embassy. ',
      'They left, e.g. by car.',
    ],
    'German abbreviations and days': [
      'Das gilt z. B. Montags bzw. Dienstags. ',
      'Am 3. Oktober ist frei. ',
      'Ende.',
    ],
    'English numbers and names': [
      'Pump No. 3 of Acme Inc. Berlin is off. ',
      'Is it? ',
      'No. ',
      'Mt. Fuji is high.',
    ],
    'German ordinals': ['Im 2. Stock brennt Licht. ', 'Das ist der 3. Versuch. ', 'Es sind 5. ', 'Gut.'],
    'list numbers': ['1. First thing.\n', '2. Second thing.'],
    Japanese: ['今日は暑いです。', '窓を開けます。'],
    Chinese: ['温度过高。', '请检查！'],
    Hindi: ['यह गरम है। ', 'खिड़की खोलो।'],
    Greek: ['Τι κάνεις; ', 'Καλά είμαι. ', 'Εσύ;'],
    'a semicolon in English': ['The valve is shut; All is well. ', 'Good.'],
    Armenian: ['Շոգ է։ ', 'Բացիր պատուհանը։'],
    addresses: ['See https://x.example/z?Id=5&N=1.2#Top now. ', 'Then v1.Next runs.'],
    quotes: ['“Is it warm?” ', '“No.” ', '(It is cold.) ', 'Shut it.'],
    'Spanish titles': ['La Sra. Ruiz y el Dr. Gil llaman a las 9. ', 'Bien. ', 'Vamos.'],
    'Italian and Portuguese titles': ['Il Sig. Rossi vede il Dott. Lima. ', 'Ecco.'],
    'Russian titles': ['Это проф. Иванов. ', 'Он дома.'],
    'Dutch and Polish titles': ['Vraag dhr. De Wit, np. Jana. ', 'Klaar.'],
    'abbreviations of two words': ['Es war 44 v. Chr. Rom brannte. ', 'Ende.'],
    'words and units that are abbreviations elsewhere': [
      'That is all. ',
      'Turn it on. ',
      'Öffne die App. ',
      'Gleich. ',
      'It took 300 ms. ',
      'OK. ',
      'Two days ago. ',
      'C’est un jeu. ',
      'Fin.',
    ],
    French: ['M. Dupont arrive. ', 'Il est là\u00a0!'],
  };
  for (const [name, sentences] of Object.entries(SENTENCES)) {
    it(`should cut into sentences: ${name}`, () => {
      for (const size of SIZES) assert.deepEqual(cut('sentence', sentences.join(''), size), sentences);
    });
  }

  it('should give a sentence on before the next one is complete', () => {
    const units = createChunkUnits('sentence');
    assert.deepEqual(units.add('It is warm. The'), ['It is warm. ']);
  });

  it('should take time in proportion to the text, also where no sentence ends for long', () => {
    // Taking the whole of it apart again for every piece would take minutes.
    for (const text of ['21.5, ', 'a.b.c ', 'so it is. '].map((part) => part.repeat(30_000)))
      assert.equal(cut('sentence', text, 4).join(''), text);
  });

  it('should keep every byte of any text, however it is cut, and give no empty unit', () => {
    const random = createRandom(5);
    const pick = <T,>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const WORDS = [
      'a',
      'Dr',
      'No',
      'Am 3',
      'Okt',
      '3.5',
      '1',
      '今日',
      'καλά',
      'U.S',
      '?id=1',
      '🌡️',
      '“',
      ')',
      '\u0301',
    ];
    const ENDS = [
      '.',
      '. ',
      '? ',
      '!',
      '…',
      '\n',
      '\r\n',
      '。',
      ';',
      ' ',
      '\t',
      '',
      '... ',
      '.\n\n',
      '\u2029',
    ];
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: pick([0, 1, 3, 20, 60]) }, () => pick(WORDS) + pick(ENDS)).join('');
      const size = pick([1, 2, 3, 5, 11, 1000]);
      for (const chunks of ['line', 'sentence'] as const) {
        const units = cut(chunks, text, size);
        assert.equal(units.join(''), text, JSON.stringify({ text, size }));
        assert.ok(!units.includes(''));
      }
    }
  });

  it('should keep every byte of a text without any end', () => {
    const text = 'word '.repeat(5000);
    assert.equal(cut('sentence', text, 7).join(''), text);
    assert.equal(cut('line', text, 7).join(''), text);
  });
});
