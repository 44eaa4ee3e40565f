import { readdir, readFile } from 'node:fs/promises';

/** The licence texts of every package that has code in one of the bundles. */
export async function licences(metafiles) {
  const inputs = metafiles.flatMap(meta => Object.values(meta.outputs)).flatMap(out => Object.keys(out.inputs));
  const folders = new Set(inputs.map(path => path.match(/^node_modules\/(.*node_modules\/)?(@[^/]+\/)?[^/]+/)?.[0]));
  folders.delete(undefined);

  const parts = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    const files = (await readdir(folder)).filter(file => /^(licen[cs]e|notice|third-?party-?notices)/i.test(file)).sort();
    const texts = await Promise.all(files.map(file => readFile(`${folder}/${file}`, 'utf8')));
    parts.push(`${'='.repeat(79)}\n${name} ${version} (${license})\n${'='.repeat(79)}\n`, ...texts);
  }
  return parts.map(text => text.replaceAll('\r\n', '\n').trimEnd()).join('\n\n') + '\n';
}
