// Builds dist/, the only folder that Node-RED loads: what it loads when it starts, the parts that are loaded when they
// are needed, a script for each node that picks its start, each form's html with its editor script compiled in, and
// beside them the locales and icons, where Node-RED looks for them.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, transform } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const nodes = join(root, 'nodes');
const dist = join(root, 'dist', 'nodes');
const { 'node-red': nodeRed } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const types = Object.keys(nodeRed.nodes);
const START = 'start';
/** What Node-RED 4 with the oldest Node.js understands. */
const TARGET = 'node20.19';
const OPTIONS = { bundle: true, write: false, charset: 'utf8', legalComments: 'none' };

rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

await compileParts();
for (const type of types) {
  writeFileSync(join(dist, `${type}.js`), `module.exports = require('./start.js')['${type}'];\n`);
  const html = readFileSync(join(nodes, `${type}.html`), 'utf8');
  writeFileSync(join(dist, `${type}.html`), await withScript(html));
}
cpSync(join(nodes, 'locales'), join(dist, 'locales'), { recursive: true });
cpSync(join(root, 'icons'), join(dist, 'icons'), { recursive: true });
// The licence of the data in the runtime, which asks to go wherever they go.
cpSync(join(root, 'node_modules/cldr-segments-full/LICENSE'), join(dist, 'LICENSE.unicode'));

/**
 * `start.js`, with the nodes by their types, the parts that `nodes/load-parts.ts` names, and what several of them have in
 * common. Few files, which load faster than one for each module. Dependencies stay outside: npm installs them.
 */
async function compileParts() {
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: { start: START, runtime: join(nodes, 'runtime.ts'), mcp: join(nodes, 'mcp.ts') },
    outdir: dist,
    chunkNames: 'part-[hash]',
    // What several parts use is shared in this format only.
    format: 'esm',
    splitting: true,
    platform: 'node',
    target: TARGET,
    packages: 'external',
    plugins: [startOfAll(), partsApart(), runAtBuild(join(nodes, 'lib/sending/abbreviations.ts'))],
  });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: TARGET,
      charset: 'utf8',
    });
    writeFileSync(path, code);
  }
}

/** The nodes by their types. */
function startOfAll() {
  const contents = types.map((type) => `export { default as '${type}' } from './${type}.ts';\n`).join('');
  return {
    name: 'start-of-all',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${START}$`) }, () => ({ path: START, namespace: START }));
      onLoad({ filter: /./, namespace: START }, () => ({ contents, resolveDir: nodes }));
    },
  };
}

/** What is required, not imported, is a file of its own. */
function partsApart() {
  return {
    name: 'parts-apart',
    setup({ onResolve }) {
      onResolve({ filter: /\.ts$/ }, ({ kind, path }) =>
        kind === 'require-call' ? { path: path.replace('.ts', '.js'), external: true } : undefined,
      );
    },
  };
}

/** Puts in place of a file what it exports when it is run: data that it reads from packages that users don't install. */
function runAtBuild(file) {
  return {
    name: 'run-at-build',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path !== file) return;
        const exported = Object.entries(await import(pathToFileURL(path).href));
        return {
          contents: exported
            .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`)
            .join(''),
        };
      });
    },
  };
}

/**
 * Replaces `<script … src="editor/forms/x.ts"></script>` by the compiled script itself. Inline, because the editor
 * does not wait for external scripts; not minified, because the flow library reads `registerType` with a parser.
 */
async function withScript(html) {
  const tag = /<script type="text\/javascript" src="(editor\/[\w/-]+\.ts)"><\/script>/.exec(html);
  const script = await compile({ entryPoints: [join(nodes, tag[1])], format: 'iife', target: 'es2022' });
  // A literal end tag inside the script would end it for the html parser.
  const inline = `<script type="text/javascript">\n${script.replaceAll('</script', '<\\/script')}</script>`;
  return html.replace(tag[0], () => inline);
}

async function compile(options) {
  const { outputFiles } = await build({ ...OPTIONS, ...options });
  return outputFiles[0].text;
}
