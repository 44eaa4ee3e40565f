// Checks the printed schema, or another one: the rules of graphql-eslint, Relay's compiler over a small client, and what
// has changed since the last release.
//
//   node check.mjs [schema.graphql]
//
// Exits 1 unless all three are content.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = name => fileURLToPath(new URL(name, import.meta.url));
const schema = resolve(process.argv[2] ?? here('../../schema.graphql'));
const scratch = mkdtempSync(join(tmpdir(), 'schema-'));
process.on('exit', () => rmSync(scratch, { recursive: true }));

function runs(program, args, cwd, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', ...env } });
  if (status !== 0) console.log(`${stdout ?? ''}${stderr ?? ''}${error ?? ''}`.trimEnd());
  return { ok: status === 0, said: stdout };
}

// eslint looks at files below its own folder only.
function lint() {
  cpSync(schema, join(scratch, 'schema.graphql'));
  return runs(here('node_modules/.bin/eslint'), ['-c', here('eslint.config.mjs'), 'schema.graphql'], scratch, { SCHEMA: schema }).ok;
}

const relay = () => runs(process.execPath, [here('relay.mjs'), schema], here('.')).ok;

function compare() {
  const { ok, said } = runs(process.execPath, [here('compare.mjs'), schema], here('.'));
  if (ok) console.log(said.trimEnd());
  return ok;
}

let ok = true;
for (const [name, check] of Object.entries({ 'graphql-eslint': lint, 'relay-compiler': relay, 'graphql-inspector': compare })) {
  const content = check();
  console.log(`${name}: ${content ? 'ok' : 'not ok'}`);
  ok &&= content;
}
process.exit(ok ? 0 : 1);
