// The help of the chat node describes everything that comes out of it. What English has, every language has
// (locales.test.mts).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChatError, ERROR_KEYS } from '../../nodes/lib/common/errors.ts';
import { ROOT } from '../support/manifest.mts';

const FOLDER = join(ROOT, 'nodes/locales/en-US');
const help = readFileSync(join(FOLDER, 'vivgrid-chat.html'), 'utf8');
const catalogue = JSON.parse(readFileSync(join(FOLDER, 'vivgrid-chat.json'), 'utf8'))['vivgrid-chat'];

describe('the help of the chat node', () => {
  it('should list every code of an error', () => {
    const codes = new Set<string>(ERROR_KEYS.map((key) => new ChatError(key).code));
    const listed = [...help.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
    assert.deepEqual(listed.sort(), [...codes].sort());
  });

  it('should describe the reply, the complete reply and the tool calls as outputs', () => {
    const outputs = help.slice(help.indexOf('### Outputs'), help.indexOf('### Details'));
    assert.deepEqual(outputs.match(/^\d+\. [^,\n]+/gm), ['1. Reply', '2. Complete reply', '3. Tool calls']);
  });

  it('should have a section on what the Tools and Conversation tabs are for', () => {
    const headings = [...help.matchAll(/^#### (.*)$/gm)].map(([, heading]) => heading);
    for (const tab of ['tools', 'conversation']) assert.ok(headings.includes(catalogue.tabs[tab]), tab);
  });
});

describe('the help of every node', () => {
  const languages = join(FOLDER, '..');
  for (const language of readdirSync(languages)) {
    it(`should have no colon in the description of a property, in ${language}`, () => {
      const files = readdirSync(join(languages, language)).filter((name) => name.endsWith('.html'));
      const lines = files.flatMap((file) => [
        ...(readFileSync(join(languages, language, file), 'utf8').match(/^: .*$/gm) ?? []),
      ]);
      // Node-RED shows only what follows the last colon of such a line.
      assert.deepEqual(
        lines.filter((line) => line.slice(1).split(':').length !== 2),
        [],
      );
    });
  }
});
