// Builds dist/, the only folder that Node-RED loads: the runtime of all nodes as one CommonJS file, which starts faster
// than one file for each module, a script for each node that picks its part of it, each form's html with its editor
// script compiled in, and beside them the locales and icons, where Node-RED looks for them.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const nodes = join(root, 'nodes');
const dist = join(root, 'dist', 'nodes');
const { 'node-red': nodeRed } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const types = Object.keys(nodeRed.nodes);

rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

writeFileSync(join(dist, 'runtime.js'), compileRuntime());
for (const type of types) {
  writeFileSync(join(dist, `${type}.js`), `module.exports = require('./runtime.js')['${type}'];\n`);
  writeFileSync(join(dist, `${type}.html`), withScript(readFileSync(join(nodes, `${type}.html`), 'utf8')));
}
cpSync(join(nodes, 'locales'), join(dist, 'locales'), { recursive: true });
cpSync(join(root, 'icons'), join(dist, 'icons'), { recursive: true });

/** The nodes by their types. Dependencies stay outside: npm installs them. */
function compileRuntime() {
  const contents = types.map((type) => `export { default as '${type}' } from './${type}.ts';\n`).join('');
  return compile({
    stdin: { contents, resolveDir: nodes },
    format: 'cjs',
    platform: 'node',
    // What Node-RED 4 with the oldest Node.js understands.
    target: 'node20.19',
    packages: 'external',
  });
}

/**
 * Replaces `<script … src="editor/forms/x.ts"></script>` by the compiled script itself. Inline, because the editor
 * does not wait for external scripts; not minified, because the flow library reads `registerType` with a parser.
 */
function withScript(html) {
  return html.replace(
    /<script type="text\/javascript" src="(editor\/[\w/-]+\.ts)"><\/script>/,
    (_tag, source) => {
      const script = compile({ entryPoints: [join(nodes, source)], format: 'iife', target: 'es2022' });
      // A literal end tag inside the script would end it for the html parser.
      return `<script type="text/javascript">\n${script.replaceAll('</script', '<\\/script')}</script>`;
    },
  );
}

function compile(options) {
  const { outputFiles } = buildSync({
    ...options,
    bundle: true,
    write: false,
    charset: 'utf8',
    legalComments: 'none',
  });
  return outputFiles[0].text;
}
