// Builds dist from src: the page, its script and style, Monaco's workers, the licences.
// The same sources and lock file give the same bytes; check.sh relies on that.
import { build, transform } from 'esbuild';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { licences } from './licences.mjs';

const dist = process.argv[2] ?? '../dist';
const assets = `${dist}/assets`;

const common = {
  bundle: true,
  minify: true,
  metafile: true,
  write: false,
  legalComments: 'none', // they are all in LICENSES.txt
  target: 'es2022',
  outdir: 'out', // nothing is written there; the names are hashed with it
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  loader: { '.ttf': 'file' },
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
};

// GraphiQL makes the accessible name of an icon from the name of its function, which
// minifying would take away. Kept for these files only: for all it is 80 kB, compressed.
const keepIconNames = {
  name: 'keep-icon-names',
  setup: ({ onLoad }) =>
    onLoad({ filter: /@graphiql\/react\/dist\/icons\// }, async ({ path }) => ({
      contents: (await transform(await readFile(path, 'utf8'), { keepNames: true })).code,
    })),
};

const workers = await build({
  ...common,
  format: 'iife',
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
  },
});
const workerNames = Object.fromEntries(
  workers.outputFiles.map(({ path }) => [basename(path).split('.')[0], basename(path)]),
);

const app = await build({
  ...common,
  format: 'esm',
  splitting: true,
  plugins: [keepIconNames],
  entryPoints: { app: 'src/main.tsx' },
  alias: {
    'prettier/parser-graphql': 'prettier/plugins/graphql', // an older name for the same file
    'prettier/parser-babel': './src/prettier-json.ts',
    'prettier/plugins/estree': './src/prettier-json.ts',
  },
  define: { ...common.define, WORKERS: JSON.stringify(workerNames) },
});
const [script, { cssBundle }] = Object.entries(app.metafile.outputs).find(
  ([, output]) => output.entryPoint === 'src/main.tsx',
);
// The style of the lazy parts is in the main bundle too; their own copies are never asked for.
const wanted = ({ path }) => extname(path) !== '.css' || basename(path) === basename(cssBundle);

await rm(dist, { recursive: true, force: true });
await mkdir(assets, { recursive: true });
for (const file of [...workers.outputFiles, ...app.outputFiles.filter(wanted)]) {
  await writeFile(`${assets}/${basename(file.path)}`, file.contents);
}
const page = await readFile('src/page.html', 'utf8');
await writeFile(
  `${dist}/page.html`,
  page.replace('@SCRIPT@', basename(script)).replace('@STYLE@', basename(cssBundle)),
);
await writeFile(`${assets}/LICENSES.txt`, await licences([workers.metafile, app.metafile]));
