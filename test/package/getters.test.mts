// A getter in an object literal: V8 makes a class of its own for each such object, in the old generation, and that holds
// on to all that the getter can see until the whole heap is collected. With one for each message, whole messages with
// their replies were moved there, at a tenth of what a reply costs.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'acorn';
import { simple } from 'acorn-walk';
import { ROOT } from '../support/manifest.mts';

const DIST = join(ROOT, 'dist/nodes');

/** The names of the getters and setters that stand in object literals. */
function accessorsIn(code: string): string[] {
  const found: string[] = [];
  simple(parse(code, { ecmaVersion: 2022, sourceType: 'script' }), {
    ObjectExpression({ properties }) {
      for (const property of properties)
        if (property.type === 'Property' && property.kind !== 'init')
          found.push(code.slice(property.key.start, property.key.end));
    },
  });
  return found;
}

describe('object literals of the runtime', () => {
  it('should be looked through', () => {
    assert.deepEqual(
      accessorsIn('const a = { get b() { return 1; } }; const c = { d: 1, set e(value) {} };'),
      ['b', 'e'],
    );
  });

  for (const file of readdirSync(DIST).filter((name) => name.endsWith('.js'))) {
    it(`should have no getters or setters in ${file}`, () => {
      assert.deepEqual(accessorsIn(readFileSync(join(DIST, file), 'utf8')), []);
    });
  }
});
