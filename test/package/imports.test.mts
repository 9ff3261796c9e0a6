// That the rules for imports (`npm run imports`) complain of what they forbid, and of nothing else.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import config, { FLOORS } from '../../.dependency-cruiser.mjs';
import { ROOT } from '../support/manifest.mts';

/** What the rules say of these files, by their paths: a line for each complaint, `rule: from -> to`. */
async function complaints(files: Record<string, string>): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'vivgrid-imports-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { forbidden = [], options } = config;
    const { output } = await cruise(['nodes'], {
      ...options,
      baseDir: root,
      validate: true,
      ruleSet: { forbidden },
    });
    const { summary, modules } = output as ICruiseResult;
    assert.deepEqual(modules.map(({ source }) => source).sort(), Object.keys(files).sort(), 'all are read');
    return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const VALUE = 'export const value = 1;\n';
const imports = (path: string): string => `import { value } from '${path}';\nexport const other = value;\n`;

describe('the rules for imports', () => {
  it('should let a file import from its own wing and from those on lower floors', async () => {
    const files = {
      'nodes/lib/chat/engine.ts': `${imports('./job.ts')}export * from '../service/client.ts';\nexport * from '../common/text.ts';\n`,
      'nodes/lib/chat/job.ts': VALUE,
      'nodes/lib/service/client.ts': imports('../common/text.ts'),
      'nodes/lib/common/text.ts': VALUE,
      'nodes/editor/forms/chat.ts': imports('../widgets/list.ts'),
      'nodes/editor/widgets/list.ts': imports('../../lib/common/text.ts'),
      'nodes/vivgrid-chat.ts': imports('./lib/chat/engine.ts'),
    };
    assert.deepEqual(await complaints(files), []);
  });

  const FORBIDDEN: Record<string, { files: Record<string, string>; said: string[] }> = {
    'an import from a higher floor': {
      files: { 'nodes/lib/common/a.ts': imports('../chat/b.ts'), 'nodes/lib/chat/b.ts': VALUE },
      said: ['only-down-from-nodes/lib/common: nodes/lib/common/a.ts -> nodes/lib/chat/b.ts'],
    },
    'an import from another wing of the same floor': {
      files: { 'nodes/lib/tools/a.ts': imports('../memory/b.ts'), 'nodes/lib/memory/b.ts': VALUE },
      said: ['only-down-from-nodes/lib/tools: nodes/lib/tools/a.ts -> nodes/lib/memory/b.ts'],
    },
    'an import of lib from the glue': {
      files: { 'nodes/lib/chat/a.ts': imports('../../b.ts'), 'nodes/b.ts': VALUE },
      said: ['only-down-from-nodes/lib/chat: nodes/lib/chat/a.ts -> nodes/b.ts'],
    },
    'an import of lib from the editor': {
      files: {
        'nodes/lib/chat/a.ts': imports('../../editor/checks/b.ts'),
        'nodes/editor/checks/b.ts': VALUE,
      },
      said: ['only-down-from-nodes/lib/chat: nodes/lib/chat/a.ts -> nodes/editor/checks/b.ts'],
    },
    'an import of types alone from a higher floor': {
      files: {
        'nodes/lib/reply/a.ts': "import type { B } from '../tools/b.ts';\nexport const a: B = 1;\n",
        'nodes/lib/tools/b.ts': 'export type B = number;\n',
      },
      said: ['only-down-from-nodes/lib/reply: nodes/lib/reply/a.ts -> nodes/lib/tools/b.ts'],
    },
    'one that waits until it is needed': {
      files: {
        'nodes/lib/http/a.ts': "export const later = () => import('../request/b.ts');\n",
        'nodes/lib/request/b.ts': VALUE,
      },
      said: ['only-down-from-nodes/lib/http: nodes/lib/http/a.ts -> nodes/lib/request/b.ts'],
    },
    'an export from a higher floor': {
      files: {
        'nodes/lib/schema/a.ts': "export * from '../sending/b.ts';\n",
        'nodes/lib/sending/b.ts': VALUE,
      },
      said: ['only-down-from-nodes/lib/schema: nodes/lib/schema/a.ts -> nodes/lib/sending/b.ts'],
    },
    'an import of the editor from a higher floor': {
      files: { 'nodes/editor/checks/a.ts': imports('../widgets/b.ts'), 'nodes/editor/widgets/b.ts': VALUE },
      said: ['only-down-from-nodes/editor/checks: nodes/editor/checks/a.ts -> nodes/editor/widgets/b.ts'],
    },
    'a circle within a wing': {
      files: {
        'nodes/lib/reply/a.ts': "import type { B } from './b.ts';\nexport type A = B | string;\n",
        'nodes/lib/reply/b.ts': "import type { A } from './a.ts';\nexport type B = A | number;\n",
      },
      said: ['no-circle: nodes/lib/reply/a.ts -> nodes/lib/reply/b.ts'],
    },
    'a file of lib outside of any wing': {
      files: { 'nodes/lib/stray.ts': imports('./common/b.ts'), 'nodes/lib/common/b.ts': VALUE },
      said: ['known-wing: nodes/lib/stray.ts -> nodes/lib/common/b.ts'],
    },
    'one that is only imported': {
      files: { 'nodes/vivgrid-chat.ts': imports('./lib/attic/b.ts'), 'nodes/lib/attic/b.ts': VALUE },
      said: ['into-known-wing: nodes/vivgrid-chat.ts -> nodes/lib/attic/b.ts'],
    },
    'one that stands alone': {
      files: { 'nodes/editor/stray.ts': VALUE },
      said: ['alone-in-known-wing: nodes/editor/stray.ts -> nodes/editor/stray.ts'],
    },
  };
  for (const [title, { files, said }] of Object.entries(FORBIDDEN)) {
    it(`should complain of ${title}`, async () => {
      assert.deepEqual(await complaints(files), said);
    });
  }

  for (const [house, floors] of Object.entries(FLOORS)) {
    it(`should know the wings that ${house} has`, () => {
      const folders = readdirSync(join(ROOT, house), { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      );
      assert.deepEqual(floors.flat().sort(), folders.map(({ name }) => name).sort());
    });
  }
});
