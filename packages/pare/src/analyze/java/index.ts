import type { Fact } from '../../model/fact.ts';
import type { Package } from '../../model/package.ts';
import type { Analyzer, Catalog, ImageView } from '../analyzer.ts';
import { baseName, joinPath, parentPath } from '../image-path.ts';
import { readZipEntry } from './read-zip.ts';

/** Java: archives by name and version, and the class path in their manifests. */
export const analyzer: Analyzer = {
  id: 'java',
  catalog: catalogArchives,
  files: {
    claims: ({ extension }) => /^\.(?:jar|war|ear)$/.test(extension),
    async prepare(view) {
      return async ({ file, path }) => {
        const source = {
          name: path,
          sizeBytes: file.sizeBytes,
          read: (start: number, lengthBytes: number) => view.readRange(file, start, lengthBytes),
        };
        const manifest = await readZipEntry(source, 'META-INF/MANIFEST.MF');
        const facts: Fact[] = [];
        for (const name of parseClassPath(
          manifest === undefined ? '' : Buffer.from(manifest).toString('utf8'),
        )) {
          const to = joinPath(parentPath(path), name);
          if (view.tree.resolve(to).entry === undefined || to === path) continue;
          facts.push({ kind: 'needs', from: path, to, reason: { kind: 'import', of: path, name } });
        }
        return facts;
      };
    },
  },
};

async function catalogArchives(view: ImageView): Promise<Catalog> {
  const packages: Package[] = [];
  for (const entry of view.tree.entries()) {
    if (entry.kind !== 'file' || !/\.(?:jar|war|ear)$/.test(entry.path)) continue;
    const stem = baseName(entry.path).replace(/\.\w+$/, '');
    const match = /^(.+?)-(\d[\w.+-]*)$/.exec(stem);
    packages.push({
      id: `java:${entry.path}`,
      ecosystem: 'java',
      name: match?.[1] ?? stem,
      version: match?.[2] ?? '',
      files: [entry.path],
      dependsOn: [],
      base: false,
    });
  }
  return { packages, unknowns: [] };
}

/** The relative paths in a manifest's Class-Path; long lines go on after a newline and a space (JAR file specification). */
export function parseClassPath(manifest: string): readonly string[] {
  const unfolded = manifest.replace(/\r\n?|\n/g, '\n').replace(/\n /g, '');
  const value = /^Class-Path:(.*)$/im.exec(unfolded)?.[1] ?? '';
  return value.split(/\s+/).filter((name) => name !== '' && !name.includes('\0') && !/^[a-z]+:/i.test(name));
}
