// Every language says the same as English, key by key: a text that is missing is shown in English, and one without
// its placeholder hides the name or number that it is about.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/manifest.mts';

const FOLDER = join(ROOT, 'nodes/locales');
const ENGLISH = 'en-US';
const EDITOR = join(ROOT, 'nodes/editor');
const languages = readdirSync(FOLDER);
const filesOf = (language: string): string[] => readdirSync(join(FOLDER, language)).sort();

const read = (language: string, file: string): string => readFileSync(join(FOLDER, language, file), 'utf8');

/** The texts of a catalogue by their paths, such as `vivgrid-chat.label.model`. */
function textsOf(catalogue: unknown, path = ''): Record<string, string> {
  if (typeof catalogue === 'string') return { [path]: catalogue };
  return Object.assign(
    {},
    ...Object.entries(catalogue as object).map(([key, value]) =>
      textsOf(value, path ? `${path}.${key}` : key),
    ),
  );
}

const placeholders = (text: string): string[] => (text.match(/__\w+?__/g) ?? []).sort();
const tags = (text: string): string[] => (text.match(/<\/?\w+/g) ?? []).sort();

for (const language of languages) {
  describe(`language ${language}`, () => {
    it('should have the files of English', () => {
      assert.deepEqual(filesOf(language), filesOf(ENGLISH));
    });

    for (const file of filesOf(language).filter((name) => name.endsWith('.json'))) {
      describe(file, () => {
        const english = textsOf(JSON.parse(read(ENGLISH, file)));
        const texts = textsOf(JSON.parse(read(language, file)));

        it('should have the keys of English, and no blank text', () => {
          assert.deepEqual(Object.keys(texts).sort(), Object.keys(english).sort());
          assert.deepEqual(
            Object.keys(texts).filter((key) => texts[key]?.trim() === ''),
            [],
          );
        });

        it('should have the placeholders and the markup of English in each text', () => {
          for (const [key, text] of Object.entries(texts)) {
            assert.deepEqual(placeholders(text), placeholders(english[key] ?? ''), key);
            assert.deepEqual(tags(text), tags(english[key] ?? ''), key);
          }
        });
      });
    }

    for (const file of filesOf(language).filter((name) => name.endsWith('.html'))) {
      it(`should have the help of English in ${file}: its headings, and the names in code`, () => {
        const shape = (help: string) => ({
          scripts: help.match(/<script[^>]*>/g),
          headings: help.match(/^#+(?= )/gm),
          properties: help.match(/^:+ \*?[\w.]+\*?(?= \()/gm),
          code: [...new Set(help.match(/`[^`\n]+`/g))].sort(),
        });
        assert.deepEqual(shape(read(language, file)), shape(read(ENGLISH, file)));
      });
    }
  });
}

describe('the texts that the editor asks for by name', () => {
  const sources = readdirSync(EDITOR, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );

  it('should all be in the chat node’s catalogue', () => {
    const texts = textsOf(JSON.parse(read(ENGLISH, 'vivgrid-chat.json')));
    const asked = sources.flatMap((name) =>
      [...readFileSync(join(EDITOR, name), 'utf8').matchAll(/chatText\('([\w.-]+)'/g)].map(([, key]) => key),
    );
    assert.ok(asked.length > 0);
    assert.deepEqual(
      asked.filter((key) => texts[`vivgrid-chat.${key}`] === undefined),
      [],
    );
  });
});
