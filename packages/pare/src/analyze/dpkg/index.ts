import type { ImagePath, TreeFile } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Package } from '../../model/package.ts';
import type { Analyzer, Catalog, ImageView } from '../analyzer.ts';
import { mapBounded } from '../bounded.ts';
import { compiledPython, createOwnedPaths, sortedPaths } from '../owned-paths.ts';
import { type ControlParagraph, parseControl, parseDependencies } from './parse-control.ts';

/** dpkg's databases: `/var/lib/dpkg/status`, and `status.d` of images without dpkg (distroless). */
export const analyzer: Analyzer = { id: 'dpkg', catalog: catalogDebs };

const databaseLimitBytes = 64 * 1024 * 1024;
const info = '/var/lib/dpkg/info/';

interface Installed {
  readonly id: string;
  readonly name: string;
  readonly fields: ControlParagraph;
  /** Files that list what it owns; the first that is there is read. */
  readonly lists: readonly ImagePath[];
}

/** Packages with files unpacked; `config-files` has none left (dpkg(1), "Package states"). */
const installedState = /(?:installed|unpacked|half-configured|triggers-awaited|triggers-pending)$/;

async function catalogDebs(view: ImageView): Promise<Catalog> {
  const unknowns: Fact[] = [];
  const read = async (file: TreeFile): Promise<string> => {
    try {
      return Buffer.from(await view.tree.read(file, databaseLimitBytes)).toString('utf8');
    } catch (error) {
      unknowns.push({ kind: 'unknown', from: file.path, analyzer: 'dpkg', message: messageOf(error) });
      return '';
    }
  };
  const installed = await readInstalled(view, read);
  const diversions = parseDiversions(await readIfThere(view, '/var/lib/dpkg/diversions', read));
  const owned = createOwnedPaths(view.tree);
  const base = baseClosure(installed);
  const providers = providersOf(installed);
  const packages = await mapBounded(installed, 16, async ({ id, name, fields, lists }): Promise<Package> => {
    const list = lists.map((path) => view.fileAt(path)).find((file) => file !== undefined);
    const paths: ImagePath[] = [];
    for (const line of parseList(list === undefined ? '' : await read(list), list?.path ?? '')) {
      const path = owned(diversions.get(line)?.(name) ?? line);
      // Packaging tools compile modules when a package is configured; the list does not name the results.
      if (path !== undefined) paths.push(path, ...compiledPython(view.tree, path));
    }
    return {
      id,
      ecosystem: 'deb',
      name,
      version: fields.get('version') ?? '',
      files: sortedPaths(paths),
      dependsOn: dependenciesOf(fields, providers).filter((other) => other !== id),
      base: base.has(id),
    };
  });
  return { packages, unknowns };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readIfThere(
  view: ImageView,
  path: string,
  read: (file: TreeFile) => Promise<string>,
): Promise<string> {
  const file = view.fileAt(path as ImagePath);
  return file === undefined ? '' : read(file);
}

async function readInstalled(
  view: ImageView,
  read: (file: TreeFile) => Promise<string>,
): Promise<readonly Installed[]> {
  const found: { fields: ControlParagraph; lists: (name: string, architecture: string) => string[] }[] = [];
  for (const fields of parseControl(await readIfThere(view, '/var/lib/dpkg/status', read))) {
    if (!installedState.test(fields.get('status') ?? '')) continue;
    found.push({
      fields,
      lists: (name, architecture) => [`${info}${name}:${architecture}.list`, `${info}${name}.list`],
    });
  }
  for (const path of view.tree.list(view.tree.resolve('/var/lib/dpkg/status.d' as ImagePath).path)) {
    const file = view.fileAt(path);
    if (file === undefined || path.endsWith('.md5sums')) continue;
    for (const fields of parseControl(await read(file)))
      found.push({ fields, lists: () => [`${path}.md5sums`] });
  }
  const ids = new Set<string>();
  return found.flatMap(({ fields, lists }) => {
    const name = fields.get('package');
    if (name === undefined) return [];
    const architecture = fields.get('architecture') ?? '';
    const id = ids.has(`deb:${name}`) ? `deb:${name}:${architecture}` : `deb:${name}`;
    if (ids.has(id)) return [];
    ids.add(id);
    return [{ id, name, fields, lists: lists(name, architecture) as ImagePath[] }];
  });
}

function parseList(text: string, from: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  // md5sums: a digest, two spaces, a path without the leading slash.
  return from.endsWith('.md5sums') ? lines.map((line) => `/${line.replace(/^\S+\s+/, '')}`) : lines;
}

/** dpkg-divert(1): a listed path is under another name, unless the package that diverted it lists it. */
function parseDiversions(text: string): ReadonlyMap<string, (owner: string) => string> {
  const diversions = new Map<string, (owner: string) => string>();
  const lines = text.split('\n');
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const [from, to, diverter] = lines.slice(at, at + 3);
    if (from === undefined || to === undefined) continue;
    diversions.set(from, (owner) => (owner === diverter ? from : to));
  }
  return diversions;
}

function providersOf(installed: readonly Installed[]): ReadonlyMap<string, string> {
  const providers = new Map<string, string>();
  for (const { id, name } of installed) if (!providers.has(name)) providers.set(name, id);
  for (const { id, fields } of installed) {
    for (const [virtual] of parseDependencies(fields.get('provides') ?? '')) {
      if (virtual !== undefined && !providers.has(virtual)) providers.set(virtual, id);
    }
  }
  return providers;
}

function dependenciesOf(fields: ControlParagraph, providers: ReadonlyMap<string, string>): readonly string[] {
  const groups = parseDependencies(
    [fields.get('pre-depends'), fields.get('depends')].filter((each) => each !== undefined).join(','),
  );
  const ids = groups.map((group) => group.map((name) => providers.get(name)).find((id) => id !== undefined));
  return [...new Set(ids.filter((id) => id !== undefined))].sort();
}

/**
 * The base system: what debootstrap's minbase has (essential and required packages and apt), the important ones
 * that a bigger installation adds, and all that those depend on. An application has no say in their being there.
 */
function baseClosure(installed: readonly Installed[]): ReadonlySet<string> {
  const providers = providersOf(installed);
  const byId = new Map(installed.map((each) => [each.id, each]));
  const base = new Set<string>();
  const pending = installed
    .filter(
      ({ name, fields }) =>
        fields.get('essential') === 'yes' ||
        /^(required|important)$/.test(fields.get('priority') ?? '') ||
        name === 'apt',
    )
    .map(({ id }) => id);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const fields = byId.get(id)?.fields;
    if (base.has(id) || fields === undefined) continue;
    base.add(id);
    pending.push(...dependenciesOf(fields, providers));
  }
  return base;
}
