import type { FileTree, ImagePath, TreeEntry } from '@pare/oci';
import { isLeftover } from './application-files.ts';
import { matchAny } from './glob.ts';
import { itemsUntilPause } from './pauses.ts';

const serviceDirectories = matchAny(['/{run,srv}/*', '/var/{log,cache,lib,spool,opt}/*']);
const systemDirectories = matchAny(['/{usr,lib,lib64,boot,etc}/**', '/var/cache/{apt,debconf,man}/**']);

/**
 * Directories that no package owns and that hold nothing (or belong to a service): they cost nothing and may be expected. Yields wherever
 * it may be left alone for a while.
 */
export function* findExpectedDirectories(
  tree: FileTree,
  unowned: readonly TreeEntry[],
): Generator<undefined, readonly ImagePath[]> {
  const found: ImagePath[] = [];
  let looked = 0;
  for (const { kind, path } of unowned) {
    looked += 1;
    if (looked % itemsUntilPause === 0) yield;
    if (kind !== 'directory' || systemDirectories(path) || isLeftover(path)) continue;
    if (serviceDirectories(path) || tree.list(path).length === 0) found.push(path);
  }
  return found;
}

/** Other names of programs, made by update-alternatives(1). */
export function findAlternatives(tree: FileTree): readonly ImagePath[] {
  const found: ImagePath[] = [];
  for (const link of tree.ofKind('symlink'))
    if (link.kind === 'symlink' && link.target.startsWith('/etc/alternatives/')) found.push(link.path);
  return found;
}
