// Compiles the client in relay/ against a schema, as Relay's users do, and writes its documents by their hashes.
//
//   node relay.mjs schema.graphql [documents.json]
//
// The documents are what GATEWAY_TRUSTED_DOCUMENTS takes. Exits 1 where Relay's compiler is not content.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = name => fileURLToPath(new URL(name, import.meta.url));
const [schema, documents] = process.argv.slice(2);
if (!schema) {
  console.error('usage: node relay.mjs schema.graphql [documents.json]');
  process.exit(2);
}

// The compiler writes beside its sources, so it has a copy of them.
const scratch = mkdtempSync(join(tmpdir(), 'relay-'));
process.on('exit', () => rmSync(scratch, { recursive: true }));
cpSync(schema, join(scratch, 'schema.graphql'));
cpSync(here('relay'), join(scratch, 'src'), { recursive: true });
mkdirSync(join(scratch, 'generated'));
writeFileSync(join(scratch, 'documents.json'), '{}');
const config = {
  src: './src',
  schema: './schema.graphql',
  language: 'javascript',
  artifactDirectory: './generated',
  persistConfig: { file: './documents.json', algorithm: 'SHA256' },
};
writeFileSync(join(scratch, 'relay.config.json'), JSON.stringify(config));
const { status, stdout, stderr } = spawnSync(here('node_modules/.bin/relay-compiler'), ['relay.config.json'], {
  cwd: scratch,
  encoding: 'utf8',
  env: { ...process.env, NO_COLOR: '1' },
});
if (status !== 0) console.log(`${stdout}${stderr}`.trimEnd());
else if (documents) cpSync(join(scratch, 'documents.json'), documents);
process.exit(status === 0 ? 0 : 1);
