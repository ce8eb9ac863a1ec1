import { isBuiltin } from 'node:module';
import type { ImagePath } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { ancestors, baseName, joinPath, parentPath, rootPath } from '../image-path.ts';
import { type ManifestReader, resolveExports } from './package-json.ts';
import type { NamedModule } from './scan-javascript.ts';

/** What a name leads to: the file to run, and the `package.json` files read on the way. */
export type ModuleResolver = (from: ImagePath, module: NamedModule) => Promise<readonly ImagePath[]>;

/** Debian's directories for node modules (its nodejs package, `NODE_PATH` built in). */
const globalDirectories = [
  '/usr/local/lib/node_modules',
  '/usr/lib/node_modules',
  '/usr/share/nodejs',
  '/usr/lib/nodejs',
];
const extensions = ['.js', '.json', '.node', '.cjs', '.mjs', '.ts', '.mts', '.cts', '.jsx', '.tsx'];
const conditionsOf = {
  import: new Set(['node', 'import', 'module-sync', 'node-addons', 'production']),
  require: new Set(['node', 'require', 'module-sync', 'node-addons', 'production']),
};

/** The package directory that a bare name leads to by Node's lookup from a directory, links not followed. */
export function findPackageDirectory(view: ImageView, from: ImagePath, name: string): ImagePath | undefined {
  for (const directory of lookupDirectories(view, from)) {
    const path = joinPath(directory, name);
    if (view.tree.resolve(path).entry?.kind === 'directory') return path;
  }
  return undefined;
}

function* lookupDirectories(view: ImageView, from: ImagePath): Iterable<ImagePath> {
  for (const directory of ancestors(joinPath(from, 'x'))) {
    if (baseName(directory) !== 'node_modules') yield joinPath(directory, 'node_modules');
  }
  for (const directory of (view.environment.get('NODE_PATH') ?? '').split(':')) {
    if (directory.startsWith('/')) yield joinPath(rootPath, directory);
  }
  yield* globalDirectories as ImagePath[];
  for (const directory of view.tree.list('/usr/lib' as ImagePath)) {
    if (directory.endsWith('-linux-gnu')) yield joinPath(directory, 'nodejs');
  }
}

/**
 * Resolves names by Node's algorithms (Node.js, "Modules: CommonJS modules", "Packages"); where they differ, what
 * either finds counts: TypeScript and bundlers let one form pass for the other. Built-in modules give nothing.
 */
export function createModuleResolver(view: ImageView, manifests: ManifestReader): ModuleResolver {
  const context = { view, manifests };
  return async (from, module) => {
    const specifier = module.specifier.replace(/^file:\/\//, '').replace(/[?].*$/, '');
    if (specifier === '' || specifier.includes('\0') || isBuiltin(specifier)) return [];
    if (specifier.startsWith('/')) return fileOrDirectory(context, joinPath(rootPath, specifier));
    if (/^\.\.?(?:\/|$)/.test(specifier))
      return fileOrDirectory(context, joinPath(parentPath(from), specifier));
    return specifier.startsWith('#')
      ? resolveInternal(context, from, { ...module, specifier })
      : resolveBare(context, from, { ...module, specifier });
  };
}

interface Context {
  readonly view: ImageView;
  readonly manifests: ManifestReader;
}

function findFile({ view }: Context, path: ImagePath): ImagePath | undefined {
  const candidates = [path, ...extensions.map((extension) => `${path}${extension}` as ImagePath)];
  return candidates.find((each) => view.fileAt(each) !== undefined);
}

async function resolveDirectory(context: Context, path: ImagePath): Promise<readonly ImagePath[]> {
  const manifest = await context.manifests(context.view.tree.resolve(path).path);
  const main = manifest?.main === undefined ? undefined : joinPath(path, manifest.main);
  const found =
    (main && (findFile(context, main) ?? findFile(context, joinPath(main, 'index')))) ??
    findFile(context, joinPath(path, 'index'));
  const own = manifest === undefined ? [] : [joinPath(path, 'package.json')];
  return found === undefined ? own : [...own, found];
}

async function fileOrDirectory(context: Context, path: ImagePath): Promise<readonly ImagePath[]> {
  const found = findFile(context, path);
  if (found !== undefined) return [found];
  // A TypeScript source may name its compiled sibling.
  const source = /\.[cm]?jsx?$/.test(path)
    ? findFile(context, path.replace(/\.([cm]?)jsx?$/, '.$1ts') as ImagePath)
    : undefined;
  return source === undefined ? resolveDirectory(context, path) : [source];
}

async function resolveInPackage(
  context: Context,
  path: ImagePath,
  subpath: string,
  kind: NamedModule['kind'],
): Promise<readonly ImagePath[]> {
  const manifest = await context.manifests(context.view.tree.resolve(path).path);
  const inside = subpath === '.' ? path : joinPath(path, subpath);
  if (manifest === undefined) return fileOrDirectory(context, inside);
  const own = joinPath(path, 'package.json');
  if (manifest.exports !== undefined && manifest.exports !== null) {
    const targets = resolveExports(manifest.exports, subpath, conditionsOf[kind]).map((target) =>
      joinPath(path, target),
    );
    const found = targets.filter((target) => context.view.fileAt(target) !== undefined);
    if (found.length > 0) return [own, ...found];
  }
  return [
    own,
    ...(await (subpath === '.' ? resolveDirectory(context, path) : fileOrDirectory(context, inside))),
  ];
}

/** `#name`: an entry of the nearest package's `imports`. */
async function resolveInternal(
  context: Context,
  from: ImagePath,
  { specifier, kind }: NamedModule,
): Promise<readonly ImagePath[]> {
  for (const scope of ancestors(from)) {
    const manifest = await context.manifests(scope);
    if (manifest === undefined) continue;
    const targets = resolveExports(manifest.imports ?? null, specifier, conditionsOf[kind]);
    const found = targets.map((target) =>
      target.startsWith('.')
        ? [joinPath(scope, target)]
        : resolveBare(context, from, { specifier: target, kind }),
    );
    return [joinPath(scope, 'package.json'), ...(await Promise.all(found)).flat()];
  }
  return [];
}

async function resolveBare(
  context: Context,
  from: ImagePath,
  { specifier, kind }: NamedModule,
): Promise<readonly ImagePath[]> {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
  if (name === undefined) return [];
  const path = findPackageDirectory(context.view, parentPath(from), name);
  if (path !== undefined) {
    return resolveInPackage(context, path, `.${specifier.slice(name.length)}`.replace(/\/$/, ''), kind);
  }
  // A single file beside packages: `node_modules/x.js`.
  for (const each of lookupDirectories(context.view, parentPath(from))) {
    const found = findFile(context, joinPath(each, specifier));
    if (found !== undefined) return [found];
  }
  return [];
}
