import { link, lstat, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type HostPath, hostPath } from '../model/path.ts';
import { namedBlobs } from './named-blobs.ts';
import { takeTurn } from './turns.ts';

/** What is put into a layout beside index.json: its marker, its directories and blobs, as they are written in a claim. */
const claimPattern = /^claim\.(oci-layout|blobs|blobs\+sha256|blobs\+sha256\+[0-9a-f]{64})\.(\d+)\.(\d+)$/;

/** A file or directory that a writer put, or was about to put, into a layout. */
interface Claim {
  /** Below the layout's directory. */
  readonly name: string;
  readonly inode: bigint;
  /** Nanoseconds since the epoch; 0 for a directory, whose time changes with what is put into it. */
  readonly modified: bigint;
}

/**
 * Moves a finished file or empty directory of a draft to its place, `name`, in the layout that the draft lies in. A claim in the draft says so before, by the
 * inode: what a kill leaves is told from what anybody else put there. The caller has the turn (`takeTurn`) until the index is written. A file that has its place already is replaced and is nobody's
 * claim; a directory that does stays.
 */
export async function moveIntoLayout(draft: string, from: string, name: string): Promise<void> {
  const to = join(dirname(draft), name);
  const status = await lstat(from, { bigint: true });
  const claim = join(draft, claimName(name, status.isDirectory() ? 0n : status.mtimeNs, status.ino));
  await writeFile(claim, '', { flag: 'wx' });
  if (status.isDirectory()) {
    // rename(2) replaces an empty directory, which somebody may count on.
    if (!(await isThere(to))) await rename(from, to);
    return;
  }
  try {
    // Unlike a rename, a link replaces nothing that came meanwhile.
    await link(from, to);
  } catch (error) {
    // Not every file system has links (FAT, some of the network): only a race with another tool is told less surely there.
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST' || (await isThere(to))) await rm(claim);
    await rename(from, to);
  }
}

/**
 * Takes back what a draft directory claims in the layout that it lies in, unless index.json names it by now. What another tool put there is left
 * alone, and so is everything where the index cannot be read. It is done in turn with those who add to the layout: the caller must not have
 * the turn itself.
 */
export async function takeBackClaims(draft: string): Promise<void> {
  const claims = await claimsOf(draft);
  if (claims.length === 0) return;
  const layout = hostPath(dirname(draft));
  // Another writer may be about to name what is claimed here.
  await using _turn = await takeTurn(layout);
  const named = await namedBlobs(layout).catch(() => undefined);
  if (named === undefined) return;
  for (const claim of claims) await takeBack(layout, claim, named);
}

async function takeBack(
  layout: HostPath,
  claim: Claim,
  named: Awaited<ReturnType<typeof namedBlobs>>,
): Promise<void> {
  const { name, inode, modified } = claim;
  const path = join(layout, name);
  const status = await lstat(path, { bigint: true }).catch(() => undefined);
  if (status?.ino !== inode) return;
  if (status.isDirectory()) {
    // One that others filled meanwhile is theirs.
    if (!named.indexed) await rmdir(path).catch(() => undefined);
    return;
  }
  const needed =
    name === 'oci-layout' ? named.indexed : named.blobs.has(name.slice(name.lastIndexOf('/') + 1));
  if (!needed && status.mtimeNs === modified) await rm(path, { force: true });
}

/** The innermost first: a directory goes after what was put into it. */
async function claimsOf(draft: string): Promise<readonly Claim[]> {
  // A draft that is a file claims nothing.
  const names = await readdir(draft).catch(() => []);
  return names
    .flatMap((entry): Claim[] => {
      const [, name, inode = '0', modified = '0'] = claimPattern.exec(entry) ?? [];
      if (name === undefined) return [];
      return [{ name: name.replaceAll('+', '/'), inode: BigInt(inode), modified: BigInt(modified) }];
    })
    .toSorted((left, right) => right.name.length - left.name.length);
}

function claimName(name: string, modified: bigint, inode: bigint): string {
  return `claim.${name.replaceAll('/', '+')}.${inode}.${modified}`;
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
