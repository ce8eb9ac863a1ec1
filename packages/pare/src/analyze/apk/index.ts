import type { ImagePath } from '@pare/oci';
import type { Package } from '../../model/package.ts';
import type { Analyzer, Catalog, ImageView } from '../analyzer.ts';
import { createOwnedPaths, sortedPaths } from '../owned-paths.ts';

/** Alpine's package database, `lib/apk/db/installed` (apk-package(5), "installed"). */
export const analyzer: Analyzer = { id: 'apk', catalog: catalogApk };

const databaseLimitBytes = 64 * 1024 * 1024;

interface ApkRecord {
  readonly name: string;
  readonly version: string;
  readonly provides: readonly string[];
  readonly depends: readonly string[];
  readonly paths: readonly string[];
}

async function catalogApk(view: ImageView): Promise<Catalog> {
  const places = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'] as ImagePath[];
  const file = places.map((path) => view.fileAt(path)).find((each) => each !== undefined);
  if (file === undefined) return { packages: [], unknowns: [] };
  const records = parseApkDatabase(
    Buffer.from(await view.tree.read(file, databaseLimitBytes)).toString('utf8'),
  );
  const providers = new Map<string, string>();
  for (const { name, provides } of records) {
    for (const each of [name, ...provides]) if (!providers.has(each)) providers.set(each, `apk:${name}`);
  }
  const owned = createOwnedPaths(view.tree);
  const dependsOn = new Map(
    records.map(({ name, depends }) => {
      const ids = depends
        .map((each) => providers.get(each))
        .filter((id) => id !== undefined && id !== `apk:${name}`);
      return [`apk:${name}`, [...new Set(ids.filter((id) => id !== undefined))].sort()];
    }),
  );
  const base = baseClosure(records, dependsOn);
  const packages = records.map(
    ({ name, version, paths }): Package => ({
      id: `apk:${name}`,
      ecosystem: 'apk',
      name,
      version,
      files: sortedPaths(paths.map(owned).filter((path) => path !== undefined)),
      dependsOn: dependsOn.get(`apk:${name}`) ?? [],
      base: base.has(`apk:${name}`),
    }),
  );
  return { packages, unknowns: [] };
}

/** Parses the installed database: paragraphs of one-letter fields. Lines that are none of its fields are skipped. */
export function parseApkDatabase(text: string): readonly ApkRecord[] {
  return text.split(/\n\n+/).flatMap((paragraph) => {
    let name = '';
    let version = '';
    let directory = '';
    const provides: string[] = [];
    const depends: string[] = [];
    const paths: string[] = [];
    // `so:libc.musl-x86_64.so.1=1`, `pkg>=1.2`, `pkg~1`; a leading `!` is a conflict.
    const names = (value: string): string[] =>
      value
        .split(' ')
        .filter((each) => each !== '' && !each.startsWith('!'))
        .map((each) => each.replace(/[<>=~].*/, ''));
    for (const line of paragraph.split('\n')) {
      const value = line.slice(2);
      if (line[1] !== ':') continue;
      if (line[0] === 'P') name = value;
      else if (line[0] === 'V') version = value;
      else if (line[0] === 'D') depends.push(...names(value));
      else if (line[0] === 'p') provides.push(...names(value));
      else if (line[0] === 'F') directory = `/${value}`;
      else if (line[0] === 'R') paths.push(`${directory}/${value}`);
      if (line[0] === 'F') paths.push(directory);
    }
    return name === '' ? [] : [{ name, version, provides, depends, paths }];
  });
}

/** What Alpine's minimal root file system has (aports `alpine-base`, `mkimage`'s minirootfs). */
const minimal =
  /^(?:alpine-base|alpine-baselayout(?:-data)?|alpine-conf|alpine-keys|alpine-release|apk-tools|busybox(?:-\w+)?|ca-certificates-bundle|libc-utils|musl(?:-utils)?|scanelf|ssl_client)$/;

function baseClosure(
  records: readonly ApkRecord[],
  dependsOn: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const base = new Set<string>();
  const pending = records.filter(({ name }) => minimal.test(name)).map(({ name }) => `apk:${name}`);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (base.has(id)) continue;
    base.add(id);
    pending.push(...(dependsOn.get(id) ?? []));
  }
  return base;
}
