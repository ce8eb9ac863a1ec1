import type { ImagePath } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { joinPath } from '../image-path.ts';
import { isObject, type JsonValue, namesIn, parseJson, stringIn } from '../json-value.ts';

/** The members of a `package.json` that resolution and cataloguing read, each undefined where it has another type. */
export interface PackageManifest {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly main: string | undefined;
  readonly exports: JsonValue | undefined;
  readonly imports: JsonValue | undefined;
  /** Names of packages that it needs at run time, optional and peer ones included. */
  readonly dependencies: readonly string[];
}

/** Parses a `package.json`. Throws SyntaxError for text that is no JSON; undefined for JSON that is no object. */
export function parsePackageManifest(text: string): PackageManifest | undefined {
  const json = parseJson(text);
  if (!isObject(json)) return undefined;
  const names = ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((field) =>
    namesIn(json, field),
  );
  return {
    name: stringIn(json, 'name'),
    version: stringIn(json, 'version'),
    main: stringIn(json, 'main'),
    exports: json.exports,
    imports: json.imports,
    dependencies: [...new Set(names)],
  };
}

export type ManifestReader = (directory: ImagePath) => Promise<PackageManifest | undefined>;

/** Reads the `package.json` of a directory, each once; undefined where there is none that can be read. */
export function createManifestReader(view: ImageView): ManifestReader {
  const known = new Map<ImagePath, Promise<PackageManifest | undefined>>();
  return (directory) => {
    const reading = known.get(directory) ?? readManifest(view, directory);
    known.set(directory, reading);
    return reading;
  };
}

async function readManifest(view: ImageView, directory: ImagePath): Promise<PackageManifest | undefined> {
  const file = view.fileAt(joinPath(directory, 'package.json'));
  if (file === undefined) return undefined;
  try {
    return parsePackageManifest(await view.readText(file));
  } catch {
    // Node refuses it when it is used; nothing can be resolved through it.
    return undefined;
  }
}

/**
 * The targets that a package's `exports` or `imports` gives for a subpath (`.`, `./x`, `#x`) under some conditions
 * (Node.js, "Modules: Packages"), most specific pattern first. Fallback arrays give all their targets.
 */
export function resolveExports(
  map: JsonValue,
  subpath: string,
  conditions: ReadonlySet<string>,
): readonly string[] {
  const isSubpaths =
    isObject(map) && Object.keys(map).some((key) => key.startsWith('.') || key.startsWith('#'));
  if (!isSubpaths) return subpath === '.' ? targetsOf(map, '', conditions, 0) : [];
  const exact = map[subpath];
  if (exact !== undefined && !subpath.includes('*') && !subpath.endsWith('/'))
    return targetsOf(exact, '', conditions, 0);
  const patterns = Object.keys(map)
    .filter((key) => key.includes('*') || key.endsWith('/'))
    .sort((a, b) => headOf(b).length - headOf(a).length || b.length - a.length);
  for (const key of patterns) {
    const star = key.includes('*') ? key.indexOf('*') : key.length;
    const head = key.slice(0, star);
    const tail = key.slice(star + 1);
    if (!subpath.startsWith(head) || !subpath.endsWith(tail) || subpath.length < head.length + tail.length)
      continue;
    const match = subpath.slice(head.length, subpath.length - tail.length);
    const target = map[key];
    // The old form `"./x/": "./lib/"` is a prefix without a star.
    return target === undefined
      ? []
      : targetsOf(target, match, conditions, 0).map((each) => (each.endsWith('/') ? each + match : each));
  }
  return [];
}

function headOf(pattern: string): string {
  return pattern.split('*', 1)[0] ?? '';
}

const nestingLimit = 16;

function targetsOf(
  target: JsonValue,
  match: string,
  conditions: ReadonlySet<string>,
  depth: number,
): readonly string[] {
  if (depth > nestingLimit || target === null) return [];
  if (typeof target === 'string') return [target.replaceAll('*', () => match)];
  if (Array.isArray(target)) return target.flatMap((each) => targetsOf(each, match, conditions, depth + 1));
  if (!isObject(target)) return [];
  for (const [condition, value] of Object.entries(target)) {
    if (condition !== 'default' && !conditions.has(condition)) continue;
    const targets = targetsOf(value, match, conditions, depth + 1);
    if (targets.length > 0) return targets;
  }
  return [];
}
