// What has changed in the schema since the last release, as callers meet it.
//
//   node compare.mjs [schema.graphql [accepted.json]]    compares with released.graphql
//   node compare.mjs --release 1.2.3                     makes the schema of now the released one
//
// A change that breaks callers must be in accepted.json with a reason; one that might is shown. What was added or taken
// from the schema must be named in CHANGELOG.md under Unreleased. Exits 1 otherwise.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema, isObjectType } from 'graphql';

const here = name => fileURLToPath(new URL(name, import.meta.url));
const read = name => readFileSync(name, 'utf8');

const current = here('../../schema.graphql');
const released = here('released.graphql');
const excuses = here('accepted.json');

// What a caller must be is a part of the schema: a higher role breaks those who have the lower one.
function roleChanges(before, after) {
  const ranks = before.getType('Role').getValues().map(value => value.name);
  const roles = schema =>
    new Map(
      [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(type =>
        Object.values(type?.getFields() ?? {}).map(field => {
          const directive = field.astNode.directives.find(d => d.name.value === 'requires');
          return [`${type.name}.${field.name}`, directive?.arguments[0].value.value];
        }),
      ),
    );
  const now = roles(after);
  return [...roles(before)]
    .filter(([path, role]) => now.has(path) && now.get(path) !== role)
    .map(([path, role]) => ({
      type: 'ROLE_CHANGED',
      path,
      message: `Field '${path}' requires the role ${now.get(path)} instead of ${role}`,
      criticality: { level: ranks.indexOf(now.get(path)) > ranks.indexOf(role) ? CriticalityLevel.Breaking : CriticalityLevel.NonBreaking },
    }));
}

// The names that a changelog has to have: what breaks callers, new types that are answered, and new fields of those there were.
function named(changes, before, after) {
  const answered = name => isObjectType(after.getType(name)) && !/(Connection|Edge)$/.test(name);
  return changes
    .filter(({ type, path, criticality }) => {
      if (criticality.level === CriticalityLevel.Breaking) return true;
      const [owner] = path?.split('.') ?? [];
      return answered(owner) && (type === 'TYPE_ADDED' || (type === 'FIELD_ADDED' && before.getType(owner) !== undefined));
    })
    .map(change => change.path.split('.').at(1) ?? change.path);
}

function unreleased() {
  const [, section] = read(here('../../CHANGELOG.md')).split(/^## \[Unreleased\]$/m);
  if (section === undefined) throw new Error('CHANGELOG.md has no section Unreleased');
  return section.split(/^## /m)[0];
}

async function compare(path, accepted) {
  const text = read(released);
  const version = /^# (\d+\.\d+\.\d+)\n/.exec(text)?.[1];
  const before = buildSchema(text);
  const after = buildSchema(read(path));
  const reasons = new Map(JSON.parse(read(accepted)).map(({ change, path, reason }) => [`${change} ${path}`, reason]));
  const problems = [];
  let unexcused = false;

  const found = await diff(before, after);
  const changes = [...found.filter(change => !change.type.startsWith('DIRECTIVE_USAGE')), ...roleChanges(before, after)];
  const of = level => changes.filter(change => change.criticality.level === level);
  for (const change of of(CriticalityLevel.Breaking)) {
    const key = `${change.type} ${change.path}`;
    const reason = reasons.get(key);
    reasons.delete(key);
    console.log(`  breaking: ${key}: ${change.message}${reason ? ` (accepted: ${reason})` : ''}`);
    unexcused ||= !reason;
  }
  for (const change of of(CriticalityLevel.Dangerous)) console.log(`  dangerous: ${change.type} ${change.path}: ${change.message}`);
  for (const key of reasons.keys()) problems.push(`accepted.json has ${key}, which has not changed since ${version}`);
  const notes = unreleased();
  for (const name of new Set(named(changes, before, after))) {
    if (!new RegExp(`[\`.]${name}\\b`).test(notes)) problems.push(`CHANGELOG.md does not name ${name} under Unreleased`);
  }
  if (unexcused) problems.push('what breaks callers needs a reason in accepted.json');
  for (const problem of problems) console.log(`  ${problem}`);
  console.log(`since ${version}: ${of(CriticalityLevel.Breaking).length} breaking, ${of(CriticalityLevel.Dangerous).length} dangerous, ${of(CriticalityLevel.NonBreaking).length} others`);
  return problems.length === 0;
}

const [first, second] = process.argv.slice(2);
if (first === '--release') {
  if (!/^\d+\.\d+\.\d+$/.test(second ?? '')) {
    console.error('usage: node compare.mjs --release 1.2.3');
    process.exit(2);
  }
  writeFileSync(released, `# ${second}\n${read(current)}`);
  writeFileSync(excuses, '[]\n');
} else {
  process.exit((await compare(first ?? current, second ?? excuses)) ? 0 : 1);
}
