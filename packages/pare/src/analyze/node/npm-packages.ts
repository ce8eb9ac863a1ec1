import type { ImagePath, TreeFile } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Package } from '../../model/package.ts';
import type { Catalog, ImageView } from '../analyzer.ts';
import { mapBounded } from '../bounded.ts';
import { baseName, parentPath } from '../image-path.ts';
import { sortedPaths } from '../owned-paths.ts';
import { findApplicationManifests, isBuildTool } from './application-manifests.ts';
import { type PackageManifest, parsePackageManifest } from './package-json.ts';
import { findPackageDirectory } from './resolve-module.ts';

const marker = '/node_modules/';

/** The package directory that a path below a `node_modules` belongs to: the innermost one. */
function npmPackageDirectory(path: string): ImagePath | undefined {
  const at = path.lastIndexOf(marker);
  if (at < 0) return undefined;
  const start = at + marker.length;
  if (path[start] === '.') return undefined;
  let end = path.indexOf('/', start);
  if (path[start] === '@') {
    if (end < 0) return undefined;
    end = path.indexOf('/', end + 1);
  }
  return (end < 0 ? path : path.slice(0, end)) as ImagePath;
}

/**
 * Packages that npm, yarn or pnpm put below `node_modules`, each with its own files but no nested package's; and the
 * applications that they were installed for, with their manifest alone.
 */
export async function catalogNpm(view: ImageView): Promise<Catalog> {
  const owned = new Map<ImagePath, { manifest: TreeFile | undefined; files: ImagePath[] }>();
  for (const entry of view.tree.entries()) {
    const directory = npmPackageDirectory(entry.path);
    // `x/node_modules` itself belongs to x.
    const owner = directory ?? undefined;
    if (owner === undefined) continue;
    const found = owned.get(owner) ?? { manifest: undefined, files: [] };
    owned.set(owner, found);
    found.files.push(entry.path);
    if (
      entry.kind === 'file' &&
      entry.path.length === owner.length + 13 &&
      entry.path.endsWith('/package.json')
    )
      found.manifest = entry;
  }
  const unknowns: Fact[] = [];
  const read = await mapBounded([...owned], 16, async ([directory, { manifest, files }]) => {
    if (manifest === undefined) return undefined;
    return { directory, files, manifest: await readOwn(view, manifest, unknowns) };
  });
  const applications = await mapBounded(findApplicationManifests(view), 16, async (file) => {
    const own = await readOwn(view, file, unknowns);
    const dependencies = (own?.dependencies ?? []).filter((name) => !isBuildTool(name));
    return own === undefined
      ? undefined
      : { directory: parentPath(file.path), files: [file.path], manifest: { ...own, dependencies } };
  });
  const installed = [...read, ...applications].filter((each) => each !== undefined);
  const ids = new Set<string>(installed.map(({ directory }) => `npm:${directory}`));
  const packages = installed.map(({ directory, files, manifest }): Package => {
    const needed = (manifest?.dependencies ?? []).map((name) => findPackageDirectory(view, directory, name));
    const dependsOn = needed.map((path) => (path === undefined ? '' : `npm:${view.tree.resolve(path).path}`));
    return {
      id: `npm:${directory}`,
      ecosystem: 'npm',
      name: manifest?.name ?? baseName(directory),
      version: manifest?.version ?? '',
      files: sortedPaths(files),
      dependsOn: [...new Set(dependsOn)].filter((id) => ids.has(id) && id !== `npm:${directory}`).sort(),
      base: false,
    };
  });
  return { packages, unknowns };
}

async function readOwn(
  view: ImageView,
  file: TreeFile,
  unknowns: Fact[],
): Promise<PackageManifest | undefined> {
  try {
    return parsePackageManifest(await view.readText(file));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    unknowns.push({ kind: 'unknown', from: file.path, analyzer: 'node', message });
    return undefined;
  }
}
