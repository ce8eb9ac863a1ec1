import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Package } from '../../model/package.ts';
import type { Catalog, ImageView } from '../analyzer.ts';
import { mapBounded } from '../bounded.ts';
import { baseName, joinPath, parentPath } from '../image-path.ts';
import { sortedPaths } from '../owned-paths.ts';
import { parseGemfile } from './parse-gemfile.ts';
import { type GemSpecification, parseGemspec } from './parse-gemspec.ts';

/** An installed gem: where its specification is and where its files are. */
export interface InstalledGem {
  readonly specification: GemSpecification;
  readonly path: ImagePath;
  /** The gem directory (`/var/lib/gems/3.1.0`), above `specifications/` and `gems/`. */
  readonly home: ImagePath;
}

/** Finds every `specifications/*.gemspec` (and `specifications/default/`) that lies beside a `gems` directory or in Debian's place. */
export async function readGems(
  view: ImageView,
): Promise<{ gems: readonly InstalledGem[]; unknowns: readonly Fact[] }> {
  const unknowns: Fact[] = [];
  const found: ImagePath[] = [];
  for (const entry of view.tree.entries()) {
    if (entry.kind === 'file' && /\/specifications\/(?:default\/)?[^/]+\.gemspec$/.test(entry.path))
      found.push(entry.path);
  }
  const gems = await mapBounded(found, 16, async (path): Promise<InstalledGem | undefined> => {
    const file = view.fileAt(path);
    try {
      const specification =
        file === undefined ? undefined : parseGemspec(await view.readText(file), baseName(path));
      const directory = parentPath(path);
      const home = parentPath(directory.endsWith('/default') ? parentPath(directory) : directory);
      return specification === undefined ? undefined : { specification, path, home };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      unknowns.push({ kind: 'unknown', from: path, analyzer: 'ruby', message });
      return undefined;
    }
  });
  return { gems: gems.filter((gem) => gem !== undefined), unknowns };
}

/**
 * Gems with their directory, extensions, specification and the programs that RubyGems made for them; and the applications
 * whose Gemfile declares them, with that file alone.
 */
export async function catalogGems(view: ImageView): Promise<Catalog> {
  const { gems, unknowns } = await readGems(view);
  const byName = new Map<string, string[]>();
  for (const { specification, path } of gems)
    byName.set(specification.name, [...(byName.get(specification.name) ?? []), `gem:${path}`]);
  const packages = gems.map((gem): Package => {
    const id = `gem:${gem.path}`;
    return {
      id,
      ecosystem: 'gem',
      name: gem.specification.name,
      version: gem.specification.version,
      files: filesOf(view, gem),
      dependsOn: [...new Set(gem.specification.dependencies.flatMap((name) => byName.get(name) ?? []))]
        .filter((each) => each !== id)
        .sort(),
      base: false,
    };
  });
  const applications = await catalogApplications(view, byName, unknowns);
  return { packages: [...packages, ...applications.packages], unknowns: applications.unknowns };
}

async function catalogApplications(
  view: ImageView,
  byName: ReadonlyMap<string, readonly string[]>,
  unknowns: readonly Fact[],
): Promise<Catalog> {
  const packages: Package[] = [];
  const failures: Fact[] = [...unknowns];
  for (const entry of view.tree.entries()) {
    if (entry.kind !== 'file' || !/\/(?:Gemfile|gems\.rb)$/.test(entry.path)) continue;
    // A gem's own is for those who develop it.
    if (/\/gems\/|^\/usr\/(?:share|lib)\//.test(entry.path)) continue;
    try {
      const names = parseGemfile(await view.readText(entry));
      const dependsOn = [...new Set(names.flatMap((name) => byName.get(name) ?? []))].sort();
      const directory = parentPath(entry.path);
      const name = baseName(directory);
      const files = [entry.path];
      packages.push({
        id: `gem:${directory}`,
        ecosystem: 'gem',
        name,
        version: '',
        files,
        dependsOn,
        base: false,
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      failures.push({ kind: 'unknown', from: entry.path, analyzer: 'ruby', message });
    }
  }
  return { packages, unknowns: failures };
}

/** Directories of a gem's compiled parts: `extensions/PLATFORM/RUBY-API/FULL-NAME`. */
export function extensionDirectories(
  view: ImageView,
  { home, specification }: InstalledGem,
): readonly ImagePath[] {
  const list = (path: ImagePath): readonly ImagePath[] => view.tree.list(view.tree.resolve(path).path);
  return list(joinPath(home, 'extensions'))
    .flatMap(list)
    .map((directory) => joinPath(directory, specification.fullName))
    .filter((path) => view.tree.get(path)?.kind === 'directory');
}

function filesOf(view: ImageView, gem: InstalledGem): readonly ImagePath[] {
  const { fullName, executables } = gem.specification;
  const directories = [
    joinPath(gem.home, `gems/${fullName}`),
    joinPath(gem.home, `doc/${fullName}`),
    ...extensionDirectories(view, gem),
  ];
  const files: ImagePath[] = [gem.path];
  for (const directory of directories) {
    if (view.tree.get(directory)?.kind !== 'directory') continue;
    files.push(directory);
    for (const entry of view.tree.below(directory)) files.push(entry.path);
  }
  const single = [
    `build_info/${fullName}.info`,
    `cache/${fullName}.gem`,
    ...executables.map((name) => `bin/${name}`),
  ].map((name) => joinPath(gem.home, name));
  return sortedPaths([...files, ...single.filter((path) => view.tree.get(path) !== undefined)]);
}
