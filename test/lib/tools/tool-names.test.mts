import assert from 'node:assert/strict';
import { TOOL_NAME } from '../../../nodes/lib/common/settings.ts';
import { nameTools } from '../../../nodes/lib/tools/tool-names.ts';

describe('the names of tools', () => {
  const name = (tools: [name: string, server: string][], taken: string[] = []) =>
    nameTools(
      tools.map(([name, server]) => ({ name, server })),
      taken,
    );

  it('should be their own, as long as no other tool has them', () => {
    assert.deepEqual(
      name([
        ['search', 'house'],
        ['read', 'garden'],
      ]),
      ['search', 'read'],
    );
  });

  it('should have the name of the server in front when they are taken, and a number when that is, too', () => {
    const tools: [string, string][] = [
      ['search', 'house'],
      ['search', 'garden'],
      ['search', 'garden'],
      ['search', 'garden'],
    ];
    assert.deepEqual(name(tools, ['search']), [
      'house__search',
      'garden__search',
      'garden__search_2',
      'garden__search_3',
    ]);
  });

  it('should hold nothing that models refuse', () => {
    assert.deepEqual(
      name(
        [
          ['files.read', 'h'],
          ['', 'h'],
          ['füllen', 'h'],
          ['a', '127.0.0.1:3000'],
        ],
        ['a'],
      ),
      ['files_read', 'tool', 'f_llen', '127_0_0_1_3000__a'],
    );
  });

  it('should be of 64 characters at most, and differ all the same', () => {
    const long = 'x'.repeat(80);
    const names = name([
      [long, 'house'],
      [long, 'house'],
      [long, 'house'],
      [`${long}y`, 'house'],
    ]);
    assert.equal(new Set(names).size, 4);
    for (const one of names) assert.match(one, TOOL_NAME);
  });
});
