#!/usr/bin/env node
import { join } from 'node:path';
import { readCommandLine, refuse } from '../scripts/command-line.ts';
import { docker, runCommand } from './run-command.ts';

/** What the kernel says of one entry of an image; names are bytes, one character each. */
interface SeenEntry {
  readonly path: string;
  /** `S_IFMT` of its mode, see inode(7). */
  readonly type: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds, with six digits behind the point. */
  readonly mtime: string;
  /** Hexadecimal values by name. */
  readonly xattrs: Readonly<Record<string, string>>;
  readonly size?: number;
  readonly digest?: string;
  /** Only of a file that has several names. */
  readonly inode?: string;
  readonly target?: string;
  readonly device?: number;
}

export interface MetadataDifference {
  readonly path: string;
  readonly kind:
    | 'not-in-fat'
    | 'type'
    | 'owner'
    | 'mode'
    | 'mtime'
    | 'xattrs'
    | 'content'
    | 'target'
    | 'device'
    | 'hardlinks';
  readonly fat: string;
  readonly slim: string;
}

export interface MetadataComparison {
  /** How many entries of the slim image were compared. */
  readonly entries: number;
  /** Names of files that the slim image has under more than one name. */
  readonly hardlinkedNames: number;
  readonly setuidFiles: number;
  readonly filesWithXattrs: number;
  readonly differences: readonly MetadataDifference[];
}

/** Any of our images that has perl: fat-base, on which most samples stand. */
const readerImage = 'pare-samples/fat-base:latest';

/** The overlay2 directories of an image, topmost first. Throws when the engine stores it otherwise. */
async function layerDirectories(image: string): Promise<readonly string[]> {
  const driver: {
    readonly Name: string;
    readonly Data: { readonly UpperDir?: string; readonly LowerDir?: string } | null;
  } = JSON.parse(await docker('image', 'inspect', '--format', '{{json .GraphDriver}}', image));
  if (driver.Name !== 'overlay2' || driver.Data?.UpperDir === undefined) {
    throw new Error(
      `${image}: entries are compared in overlay2 directories, but the engine stores it with ${driver.Name}`,
    );
  }
  return [driver.Data.UpperDir, ...(driver.Data.LowerDir?.split(':') ?? [])];
}

/** Reads the entries of an image through an overlay mount that a container of its own makes; `only` limits them. */
async function readEntries(
  image: string,
  only: readonly string[] = [],
): Promise<ReadonlyMap<string, SeenEntry>> {
  const directories = await layerDirectories(image);
  const store = directories[0]?.replace(/\/overlay2\/.*$/, '/overlay2') ?? '';
  // A mount of one lower directory needs a second one, which may be empty.
  const lower = (directories.length > 1 ? directories : [...directories, '/media']).join(':');
  const run = [
    'docker',
    'run',
    '--rm',
    '-i',
    '--network',
    'none',
    '--cap-add',
    'SYS_ADMIN',
    '--security-opt',
    'apparmor=unconfined',
  ];
  const mounts = [
    '-v',
    `${store}:${store}:ro`,
    '-v',
    `${join(import.meta.dirname, 'read-entries.pl')}:/read-entries.pl:ro`,
  ];
  const input = Buffer.from(only.map((path) => `${path}\0`).join(''), 'latin1');
  const result = await runCommand([...run, ...mounts, readerImage, 'perl', '/read-entries.pl', lower], input);
  if (result.exitCode !== 0) throw new Error(`cannot read the entries of ${image}: ${result.stderr.trim()}`);
  const entries = new Map<string, SeenEntry>();
  for (const line of result.stdout.split('\n')) {
    if (line === '') continue;
    const entry: SeenEntry = JSON.parse(line);
    entries.set(entry.path, entry);
  }
  return entries;
}

/** The names of each file that has several, by path: what hard links mean, whatever the inode numbers are. */
function hardlinkGroups(entries: ReadonlyMap<string, SeenEntry>): ReadonlyMap<string, string> {
  const byInode = new Map<string, string[]>();
  for (const { path, inode } of entries.values()) {
    if (inode !== undefined) byInode.set(inode, [...(byInode.get(inode) ?? []), path]);
  }
  const groups = new Map<string, string>();
  for (const paths of byInode.values()) {
    if (paths.length > 1) for (const path of paths) groups.set(path, [...paths].sort().join(' '));
  }
  return groups;
}

type Facet = readonly [kind: MetadataDifference['kind'], value: (entry: SeenEntry) => string];

const facets: readonly Facet[] = [
  ['type', (entry) => entry.type.toString(8)],
  ['owner', (entry) => `${entry.uid}:${entry.gid}`],
  ['mode', (entry) => entry.mode.toString(8)],
  ['mtime', (entry) => entry.mtime],
  ['xattrs', (entry) => JSON.stringify(entry.xattrs)],
  ['content', (entry) => `${entry.size ?? ''} ${entry.digest ?? ''}`],
  ['target', (entry) => entry.target ?? ''],
  ['device', (entry) => String(entry.device ?? '')],
];

/**
 * Compares every entry of the slim image with the fat image's of the same path: type, owner, mode with its setuid bits,
 * time, extended attributes, content, link target, device and hard link group. Reads both through the kernel, in a
 * container, so it judges what the engine made of our layer. Throws when the engine does not store images by overlay2.
 */
export async function compareMetadata(fatImage: string, slimImage: string): Promise<MetadataComparison> {
  const slim = await readEntries(slimImage);
  if (slim.size === 0) throw new Error(`${slimImage} has no entries`);
  const fat = await readEntries(fatImage, [...slim.keys()]);
  const groups = { fat: hardlinkGroups(fat), slim: hardlinkGroups(slim) };
  const differences: MetadataDifference[] = [];
  for (const [path, entry] of slim) {
    const original = fat.get(path);
    if (original === undefined) {
      differences.push({ path, kind: 'not-in-fat', fat: 'nothing', slim: entry.type.toString(8) });
      continue;
    }
    for (const [kind, value] of facets) {
      // The root directory is in no layer that docker makes: its time is when the engine unpacked the topmost one.
      if (path === '/' && kind === 'mtime') continue;
      const [was, is] = [value(original), value(entry)];
      if (was !== is) differences.push({ path, kind, fat: was, slim: is });
    }
    const [was, is] = [groups.fat.get(path) ?? '', groups.slim.get(path) ?? ''];
    if (was !== is) differences.push({ path, kind: 'hardlinks', fat: was, slim: is });
  }
  const files = [...slim.values()].filter((entry) => entry.digest !== undefined);
  return {
    entries: slim.size,
    hardlinkedNames: groups.slim.size,
    setuidFiles: files.filter((entry) => (entry.mode & 0o6000) !== 0).length,
    filesWithXattrs: files.filter((entry) => Object.keys(entry.xattrs).length > 0).length,
    differences,
  };
}

if (import.meta.main) {
  const usage = {
    text: `usage: node samples/compare-metadata.ts FAT SLIM
Compares the metadata and contents of all that SLIM has with the same of FAT, and ends with 1 when something differs.
`,
    options: {},
  };
  const [fat, slim, ...rest] = readCommandLine(usage).names;
  if (fat === undefined || slim === undefined || rest.length > 0) refuse('two images are wanted', usage);
  const { differences, ...counts } = await compareMetadata(fat, slim);
  for (const { path, kind, fat: was, slim: is } of differences)
    process.stdout.write(`${path}: ${kind}: ${was} → ${is}\n`);
  process.stdout.write(`${JSON.stringify(counts)}, ${differences.length} differences\n`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}
