import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FileTree, type HostPath, parseImagePath, readTar, type TreeEntry } from '@pare/oci';

/** What is compared of one path; equal trees give equal views. */
export interface ViewEntry {
  readonly path: string;
  readonly facts: string;
}

/** Stacks directories in a mount namespace of its own and lets GNU tar tell what is to be seen there. */
export async function overlayView(
  directories: readonly HostPath[],
  scratch: string,
  userxattr: boolean,
): Promise<readonly ViewEntry[]> {
  const mountPoint = join(scratch, 'mnt');
  const empty = join(scratch, 'empty');
  for (const directory of [mountPoint, empty]) mkdirSync(directory, { recursive: true });
  // overlayfs wants two directories at least; the empty one is the lowest and shows nothing.
  const lower = [...directories.toReversed(), empty].join(':');
  const script =
    'mount -t overlay -o "$1" overlay "$2" && tar -C "$2" --xattrs --xattrs-include="*" --format=posix --numeric-owner -cf - .';
  const options = `lowerdir=${lower}${userxattr ? ',userxattr' : ''}`;
  const child = spawn('unshare', ['-m', 'sh', '-ec', script, 'sh', options, mountPoint], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const view = await viewOfTar(child.stdout);
  const code = await ended;
  if (code !== 0 || errors !== '') throw new Error(`the overlay cannot be read (${code}): ${errors}`);
  return view;
}

async function viewOfTar(tar: AsyncIterable<Uint8Array>): Promise<readonly ViewEntry[]> {
  const seen: { path: string; first: string; facts: string[] }[] = [];
  for await (const { header, content } of readTar(tar)) {
    const path = parseImagePath(header.name);
    if (header.type === 'hardlink') {
      seen.push({ path, first: parseImagePath(header.linkName), facts: [] });
      continue;
    }
    const hash = createHash('sha256');
    for await (const chunk of content) hash.update(chunk);
    const { type, mode, uid, gid, mtime, xattrs, sizeBytes } = header;
    const special =
      type === 'symlink'
        ? header.linkName
        : type === 'char-device' || type === 'block-device'
          ? `${header.major}:${header.minor}`
          : type === 'file'
            ? `${sizeBytes} ${hash.digest('hex')}`
            : '';
    const time = path === '/' ? '' : `${mtime.seconds}.${mtime.nanoseconds}`;
    seen.push({
      path,
      first: path,
      facts: [type, mode.toString(8), `${uid}:${gid}`, time, tellXattrs(xattrs), special],
    });
  }
  const factsOf = new Map(seen.map(({ path, facts }) => [path, facts]));
  return finish(
    seen.map(({ path, first }) => ({
      path,
      facts: factsOf.get(first) ?? [],
      names: seen.filter((other) => other.first === first).map((other) => other.path),
    })),
  );
}

/** What the merged tree of the layers says must be seen. */
export async function treeView(
  tree: FileTree,
  isLeftOut: (entry: TreeEntry) => boolean = () => false,
): Promise<readonly ViewEntry[]> {
  const entries = [];
  for (const entry of tree.entries()) {
    if (isLeftOut(entry)) continue;
    const { path, kind, mode, uid, gid, mtime, xattrs } = entry;
    let special = '';
    if (entry.kind === 'symlink') special = entry.target;
    if (entry.kind === 'char-device' || entry.kind === 'block-device')
      special = `${entry.major}:${entry.minor}`;
    if (entry.kind === 'file')
      special = `${entry.sizeBytes} ${createHash('sha256')
        .update(await tree.read(entry))
        .digest('hex')}`;
    const time = path === '/' ? '' : `${mtime.seconds}.${mtime.nanoseconds}`;
    const facts = [kind, mode.toString(8), `${uid}:${gid}`, time, tellXattrs(xattrs), special];
    entries.push({
      path,
      facts,
      names: entry.kind === 'file' && entry.names.length > 0 ? entry.names : [path],
    });
  }
  return finish(entries);
}

function finish(
  entries: readonly {
    readonly path: string;
    readonly facts: readonly string[];
    readonly names: readonly string[];
  }[],
): readonly ViewEntry[] {
  return entries
    .map(({ path, facts, names }) => {
      // A link's other names are told of regular files alone: overlayfs may give up those of symlinks.
      const links = facts[0] === 'file' ? names.toSorted().join(' ') : path;
      return { path, facts: [...facts, links].join(' | ') };
    })
    .toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

/** An attribute of overlayfs itself is no part of the image. */
function tellXattrs(xattrs: ReadonlyMap<string, Uint8Array>): string {
  return [...xattrs]
    .filter(([name]) => !/^(trusted|user)\.overlay\./.test(name))
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
    .toSorted()
    .join(',');
}
