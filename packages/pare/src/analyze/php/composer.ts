import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Package } from '../../model/package.ts';
import type { Catalog, ImageView } from '../analyzer.ts';
import { joinPath, parentPath } from '../image-path.ts';
import { isObject, namesIn, objectsIn, parseJson, stringIn } from '../json-value.ts';
import { sortedPaths } from '../owned-paths.ts';

/** A package as `vendor/composer/installed.json` lists it. */
export interface InstalledComposerPackage {
  readonly name: string;
  readonly version: string;
  /** Relative to `vendor/composer`; undefined for a metapackage. */
  readonly installPath: string | undefined;
  readonly requires: readonly string[];
  /** Other names that it stands for (`provide`, `replace`). */
  readonly standsFor: readonly string[];
  readonly isDevelopment: boolean;
}

/**
 * Parses `installed.json` of Composer 1 (a list) and 2 (an object with `packages`). Throws SyntaxError for text that is no
 * JSON; entries that are no packages are left out. Source: Composer docs, "Runtime"; InstalledFilesystemRepository.
 */
export function parseInstalled(text: string): readonly InstalledComposerPackage[] {
  const json = parseJson(text);
  const development = new Set(isObject(json) ? stringsOf(json['dev-package-names']) : []);
  const entries = Array.isArray(json)
    ? json.filter(isObject)
    : isObject(json)
      ? objectsIn(json, 'packages')
      : [];
  return entries.flatMap((entry) => {
    const name = stringIn(entry, 'name');
    if (name === undefined || !/^[a-z\d][\w.-]*\/[a-z\d][\w.-]*$/i.test(name)) return [];
    const installPath = Array.isArray(json) ? `../${name}` : stringIn(entry, 'install-path');
    return [
      {
        name,
        version: stringIn(entry, 'version') ?? '',
        installPath,
        requires: namesIn(entry, 'require').filter((each) => each.includes('/')),
        standsFor: [...namesIn(entry, 'provide'), ...namesIn(entry, 'replace')],
        isDevelopment: development.has(name),
      },
    ];
  });
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/**
 * Packages that Composer installed, and for each `vendor` the application above it, which needs all that are not there for
 * its development. The class loader (`vendor/autoload.php`, `vendor/composer`) is the application's own.
 */
export async function catalogComposer(view: ImageView): Promise<Catalog> {
  const packages: Package[] = [];
  const unknowns: Fact[] = [];
  for (const entry of view.tree.entries()) {
    if (entry.kind !== 'file' || !entry.path.endsWith('/vendor/composer/installed.json')) continue;
    try {
      packages.push(...packagesOf(view, entry.path, parseInstalled(await view.readText(entry))));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      unknowns.push({ kind: 'unknown', from: entry.path, analyzer: 'php', message });
    }
  }
  return { packages, unknowns };
}

function packagesOf(
  view: ImageView,
  list: ImagePath,
  installed: readonly InstalledComposerPackage[],
): readonly Package[] {
  const directory = parentPath(list);
  const vendor = parentPath(directory);
  const idOf = new Map<string, string>();
  for (const { name, standsFor } of installed)
    for (const each of standsFor) idOf.set(each, `composer:${vendor}/${name}`);
  for (const { name } of installed) idOf.set(name, `composer:${vendor}/${name}`);
  const found = installed.map(({ name, version, installPath, requires }): Package => {
    const id = `composer:${vendor}/${name}`;
    return {
      id,
      ecosystem: 'composer',
      name,
      version,
      files: installPath === undefined ? [] : filesBelow(view, vendor, joinPath(directory, installPath)),
      dependsOn: [...new Set(requires.flatMap((each) => idOf.get(each) ?? []))]
        .filter((each) => each !== id)
        .sort(),
      base: false,
    };
  });
  const own = installed
    .filter(({ isDevelopment }) => !isDevelopment)
    .map(({ name }) => `composer:${vendor}/${name}`);
  const manifest = joinPath(parentPath(vendor), 'composer.json');
  const application: Package = {
    id: `composer:${parentPath(vendor)}`,
    ecosystem: 'composer',
    name: parentPath(vendor),
    version: '',
    files: view.fileAt(manifest) === undefined ? [list] : [manifest],
    dependsOn: own.sort(),
    base: false,
  };
  return [...found, application];
}

/** What lies below a package's directory, when that is inside of `vendor`: a path repository may lead anywhere. */
function filesBelow(view: ImageView, vendor: ImagePath, directory: ImagePath): readonly ImagePath[] {
  if (!directory.startsWith(`${vendor}/`) || view.tree.get(directory)?.kind !== 'directory') return [];
  return sortedPaths([directory, ...[...view.tree.below(directory)].map(({ path }) => path)]);
}
