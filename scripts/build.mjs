// Builds dist/, the only folder that Node-RED loads: the runtime as CommonJS, each form's html with its
// editor script compiled in, and beside them the locales and icons, where Node-RED looks for them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const nodes = join(root, 'nodes');
const dist = join(root, 'dist', 'nodes');

rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], {
  stdio: 'inherit',
});

for (const html of readdirSync(nodes).filter((name) => name.endsWith('.html'))) {
  writeFileSync(join(dist, html), withScript(readFileSync(join(nodes, html), 'utf8')));
}
cpSync(join(nodes, 'locales'), join(dist, 'locales'), { recursive: true });
cpSync(join(root, 'icons'), join(dist, 'icons'), { recursive: true });

/**
 * Replaces `<script … src="editor/x.ts"></script>` by the compiled script itself. Inline, because the editor
 * does not wait for external scripts; not minified, because the flow library reads `registerType` with a parser.
 */
function withScript(html) {
  return html.replace(
    /<script type="text\/javascript" src="(editor\/[\w-]+\.ts)"><\/script>/,
    (_tag, source) => `<script type="text/javascript">\n${compile(join(nodes, source))}</script>`,
  );
}

function compile(entry) {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
  });
  // A literal end tag inside the script would end it for the html parser.
  return outputFiles[0].text.replaceAll('</script', '<\\/script');
}
