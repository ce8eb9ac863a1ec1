import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  buildFileTree,
  draftPath,
  type HostPath,
  hostPath,
  type Image,
  type ImagePath,
  makeParents,
  nearestDirectory,
  removeStaleDrafts,
  treeTar,
  writeFileAtomically,
} from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import { runTool, saysDiskFull } from '../store/run-tool.ts';
import { rootfsConfigPath } from './read-rootfs.ts';

/**
 * Writes the files of an image as a directory that must not be there yet or be empty, and its config beside it; both appear whole or
 * not at all. What GNU tar is given is the merged view: every path once, none through a link, so that nothing lands outside. Without
 * root, device nodes are left out and all belongs to the user. Returns the paths that were left out. Throws PareError `usage`,
 * `engine-failed`, `disk-full`, OciError.
 */
export async function writeRootfs(
  image: Image,
  directory: HostPath,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const place = resolve(directory);
  await refuseFilled(place);
  const tree = await buildFileTree(image, { signal });
  const root = process.getuid?.() === 0;
  const paths: ImagePath[] = [];
  const leftOut: string[] = [];
  for (const { path, kind } of tree.entries()) {
    const device = kind === 'char-device' || kind === 'block-device';
    if (device && !root) leftOut.push(path);
    else paths.push(path);
  }
  const parent = await nearestDirectory(dirname(place));
  await removeStaleDrafts(parent);
  const draft = await draftPath(parent);
  try {
    await mkdir(draft, { mode: 0o755 });
    await extract(treeTar(tree, paths, signal), draft, root, signal);
    signal.throwIfAborted();
    await putInPlace(draft, place, image.rawConfig);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return leftOut;
}

async function putInPlace(draft: string, place: string, rawConfig: Uint8Array): Promise<void> {
  await using _parents = await makeParents(place);
  const config = rootfsConfigPath(hostPath(place));
  await writeFileAtomically(config, once(rawConfig));
  try {
    // rename(2) replaces an empty directory.
    await rename(draft, place);
  } catch (error) {
    await rm(config, { force: true });
    throw error;
  }
}

/** Refuses a directory with something in it. Throws PareError `usage`. */
export async function refuseFilled(place: string): Promise<void> {
  const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new PareError('usage', `${place} cannot be written: ${error.code}`, { cause: error });
  });
  if (names.length === 0) return;
  throw new PareError('usage', `${place} is not empty`, { hint: 'name a directory that is not there yet' });
}

async function extract(
  tar: AsyncIterable<Uint8Array>,
  directory: string,
  root: boolean,
  signal: AbortSignal,
): Promise<void> {
  const owner = root
    ? ['--same-owner', '--xattrs-include=*']
    : ['--no-same-owner', '--xattrs-include=user.*'];
  const args = [
    '--extract',
    '--file=-',
    `--directory=${directory}`,
    '--numeric-owner',
    '--same-permissions',
    '--delay-directory-restore',
    '--xattrs',
    '--xattrs-exclude=trusted.overlay.*',
    '--warning=no-timestamp',
    ...owner,
  ];
  const { code, stderr } = await runTool('tar', args, { input: tar, signal });
  if (code === 0) return;
  signal.throwIfAborted();
  const details = stderr.trim().split('\n').slice(-5);
  if (saysDiskFull(stderr)) {
    throw new PareError('disk-full', `no space is left in ${dirname(directory)}`, {
      hint: 'write the image to a larger disk',
      details,
    });
  }
  throw new PareError('engine-failed', `tar could not write the files (exit code ${code})`, { details });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
