import type { ImagePath, TreeFile } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Package } from '../../model/package.ts';
import type { Analyzer, Catalog, ImageView } from '../analyzer.ts';
import { joinPath, parentPath } from '../image-path.ts';
import { sortedPaths } from '../owned-paths.ts';
import { parseDepsJson } from './deps-json.ts';

/**
 * .NET: the NuGet packages that a published application's `deps.json` names, and what must lie beside it: the host reads
 * `X.deps.json` and `X.runtimeconfig.json` before `X.dll`.
 */
export const analyzer: Analyzer = {
  id: 'dotnet',
  catalog: catalogNuget,
  files: {
    claims: ({ extension, path }) => extension === '.dll' || path.endsWith('.exe'),
    async prepare(view) {
      return async ({ path }) => {
        const stem = path.slice(0, path.lastIndexOf('.'));
        const facts: Fact[] = [];
        for (const suffix of ['.deps.json', '.runtimeconfig.json', '.dll.config']) {
          const to = `${stem}${suffix}` as ImagePath;
          if (view.fileAt(to) === undefined) continue;
          facts.push({ kind: 'needs', from: path, to, reason: { kind: 'import', of: path, name: suffix } });
        }
        return facts;
      };
    },
  },
};

async function catalogNuget(view: ImageView): Promise<Catalog> {
  const packages: Package[] = [];
  const unknowns: Fact[] = [];
  for (const entry of view.tree.entries()) {
    if (entry.kind !== 'file' || !entry.path.endsWith('.deps.json')) continue;
    try {
      packages.push(...(await packagesOf(view, entry)));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      unknowns.push({ kind: 'unknown', from: entry.path, analyzer: 'dotnet', message });
    }
  }
  return { packages, unknowns };
}

async function packagesOf(view: ImageView, list: TreeFile): Promise<readonly Package[]> {
  const directory = parentPath(list.path);
  const libraries = parseDepsJson(await view.readText(list));
  const ids = new Set(
    libraries.filter(({ isPackage }) => isPackage).map(({ name }) => `nuget:${list.path}#${name}`),
  );
  return libraries.flatMap(({ name, version, isPackage, files, needs }): readonly Package[] => {
    const there = files.map((file) => joinPath(directory, file)).filter((path) => isInside(path, directory));
    const owned = sortedPaths(there.filter((path) => view.tree.get(path) !== undefined));
    if (!isPackage || owned.length === 0) return [];
    const dependsOn = needs.map((each) => `nuget:${list.path}#${each}`).filter((id) => ids.has(id));
    const id = `nuget:${list.path}#${name}`;
    return [
      { id, ecosystem: 'nuget', name, version, files: owned, dependsOn: dependsOn.sort(), base: false },
    ];
  });
}

function isInside(path: ImagePath, directory: ImagePath): boolean {
  return directory === '/' || path.startsWith(`${directory}/`);
}
