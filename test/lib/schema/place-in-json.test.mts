import assert from 'node:assert/strict';
import { placeInJson } from '../../../nodes/lib/schema/place-in-json.ts';

describe('The place of a value in JSON', () => {
  const TEXT = `{
  "type": "object", "a": {"b": [1, {"c \\" }": true}, []]},
  "properties": {"name": {"type": "text"}, "type": -1.5e3}
}`;
  const PLACES: [path: string, found: string | undefined][] = [
    ['', TEXT],
    ['/type', '"object"'],
    ['/properties/name', '{"type": "text"}'],
    ['/properties/name/type', '"text"'],
    ['/properties/type', '-1.5e3'],
    ['/a/b/0', '1'],
    ['/a/b/1/c " }', 'true'],
    ['/a/b/2', '[]'],
    ['/a/b/3', undefined],
    ['/nothing', undefined],
  ];
  for (const [path, found] of PLACES) {
    it(`should be found for “${path}”`, () => {
      const place = placeInJson(TEXT, path);
      assert.equal(place && TEXT.slice(place.start, place.end), found);
    });
  }
});
