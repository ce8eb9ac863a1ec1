import type { FileTree, ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Package } from '../../model/package.ts';
import type { Catalog, ImageView } from '../analyzer.ts';
import { mapBounded } from '../bounded.ts';
import { baseName, joinPath, parentPath } from '../image-path.ts';
import { compiledPython, createOwnedPaths, sortedPaths } from '../owned-paths.ts';
import { findSiteDirectories } from './search-path.ts';

interface Distribution {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly files: readonly ImagePath[];
  /** Normalised names of distributions that it requires, also by an extra that is for use and not for development. */
  readonly requires: readonly string[];
}

/** A name as PEP 503 compares it. */
function normalizeDistributionName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** Installed Python distributions: `*.dist-info` (PEP 376, PEP 627), `*.egg-info` directories and files. */
export async function catalogPython(view: ImageView): Promise<Catalog> {
  const unknowns: Fact[] = [];
  const metadata = findSiteDirectories(view.tree).flatMap((site) =>
    view.tree.list(site).filter((path) => /\.(?:dist|egg)-info$/.test(path)),
  );
  const read = await mapBounded(metadata, 16, async (path): Promise<Distribution | undefined> => {
    try {
      return await readDistribution(view, path);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      unknowns.push({ kind: 'unknown', from: path, analyzer: 'python', message });
      return undefined;
    }
  });
  const distributions = read.filter((each) => each !== undefined);
  const byName = new Map<string, string[]>();
  for (const { id, name } of distributions) {
    const normal = normalizeDistributionName(name);
    byName.set(normal, [...(byName.get(normal) ?? []), id]);
  }
  const packages = distributions.map(
    ({ id, name, version, files, requires }): Package => ({
      id,
      ecosystem: 'python',
      name,
      version,
      files,
      dependsOn: [...new Set(requires.flatMap((each) => byName.get(each) ?? []))]
        .filter((each) => each !== id)
        .sort(),
      base: false,
    }),
  );
  return { packages, unknowns };
}

async function readDistribution(view: ImageView, path: ImagePath): Promise<Distribution> {
  const text = async (name: string): Promise<string> => {
    const file = view.fileAt(name === '' ? path : joinPath(path, name));
    return file === undefined ? '' : view.readText(file);
  };
  const isFile = view.tree.get(path)?.kind === 'file';
  const headers = parseHeaders(
    (await text(isFile ? '' : 'METADATA')) || (isFile ? '' : await text('PKG-INFO')),
  );
  const fromName = /^(.+?)-(\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info$/.exec(baseName(path));
  const name =
    headers.get('name')?.[0] ?? fromName?.[1] ?? baseName(path).replace(/\.(?:dist|egg)-info$/, '');
  const requires = [
    ...(headers.get('requires-dist') ?? []),
    ...parseEggRequires(isFile ? '' : await text('requires.txt')),
  ];
  return {
    id: `python:${path}`,
    name,
    version: headers.get('version')?.[0] ?? fromName?.[2] ?? '',
    files: await ownedFiles(view, path, name, text, isFile),
    requires: requires.flatMap((line) => requiredName(line) ?? []),
  };
}

/** Header fields of core metadata, names in lower case; the description after the first empty line is left out. */
function parseHeaders(text: string): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (const line of text.split(/\r?\n\r?\n/, 1)[0]?.split(/\r?\n/) ?? []) {
    const match = /^([\w-]+):\s*(.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const field = match[1].toLowerCase();
    headers.set(field, [...(headers.get(field) ?? []), match[2].trim()]);
  }
  return headers;
}

/**
 * Extras that say how a distribution is tested, documented and released. The others name what its code imports in a `try`
 * (starlette's jinja2): installed, they are there to be used, as npm's optional dependencies are. Source: core metadata
 * specification, "Provides-Extra", which reserves `test` and `doc`.
 */
function isDevelopmentExtra(name: string): boolean {
  return /^(?:all[-_]?)?(?:test|tests|testing|tested|dev|devel|develop|development|docs?|documentation|lint|linting|style|format|typing|types|mypy|coverage|cov|ci|build|release|maintainer|benchmarks?|examples?|tutorials?)(?:$|[-_.])/i.test(
    name,
  );
}

/** `requires.txt` of setuptools: sections in brackets are extras, or markers when they begin with a colon. */
function parseEggRequires(text: string): readonly string[] {
  let counts = true;
  return text.split('\n').filter((line) => {
    const section = /^\[(.*)\]$/.exec(line.trim())?.[1];
    if (section !== undefined) counts = !isDevelopmentExtra(section.replace(/:.*$/, ''));
    return counts && section === undefined;
  });
}

function requiredName(line: string): string | undefined {
  const extra = /;.*\bextra\s*[=!]=\s*['"]([^'"]*)/.exec(line)?.[1];
  if (extra !== undefined && isDevelopmentExtra(extra)) return undefined;
  const name = /^\s*([A-Za-z0-9][\w.-]*)/.exec(line)?.[1];
  return name === undefined ? undefined : normalizeDistributionName(name);
}

async function ownedFiles(
  view: ImageView,
  path: ImagePath,
  name: string,
  text: (name: string) => Promise<string>,
  isFile: boolean,
): Promise<readonly ImagePath[]> {
  const site = parentPath(path);
  const record = isFile ? [] : parseRecord(await text('RECORD')).map((listed) => joinPath(site, listed));
  const eggList = isFile
    ? []
    : lines(await text('installed-files.txt')).map((listed) => joinPath(path, listed));
  const listed = record.length > 0 ? record : eggList;
  const owned = createOwnedPaths(view.tree);
  const files: ImagePath[] = [path, ...[...view.tree.below(path)].map((entry) => entry.path)];
  for (const each of listed) {
    const there = owned(each);
    if (there === undefined) continue;
    files.push(there, ...compiledPython(view.tree, there));
    // The directories of a package are its own, up to the site directory that all share.
    for (let up = parentPath(there); up.startsWith(`${site}/`); up = parentPath(up)) files.push(up);
  }
  if (listed.length === 0) {
    const topLevel = lines(isFile ? '' : await text('top_level.txt'));
    for (const module of topLevel.length > 0
      ? topLevel
      : [name, normalizeDistributionName(name).replaceAll('-', '_')]) {
      files.push(...moduleFiles(view.tree, site, module));
    }
  }
  return sortedPaths(files);
}

function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** RECORD is CSV: path, hash, size; a path with commas or quotes is quoted (PEP 376). */
export function parseRecord(text: string): readonly string[] {
  return lines(text).flatMap((line) => {
    const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1];
    const path = quoted === undefined ? line.split(',', 1)[0] : quoted.replaceAll('""', '"');
    return path === undefined || path === '' || path.includes('\0') ? [] : [path];
  });
}

function moduleFiles(tree: FileTree, site: ImagePath, module: string): readonly ImagePath[] {
  const package_ = joinPath(site, module);
  const found: ImagePath[] = [];
  if (tree.get(package_)?.kind === 'directory' && package_ !== site) {
    found.push(package_, ...[...tree.below(package_)].map((entry) => entry.path));
  }
  for (const path of tree.list(site)) {
    if (path.startsWith(`${package_}.`) && /\.(?:py|so)$/.test(path))
      found.push(path, ...compiledPython(tree, path));
  }
  return found;
}
