import type { PathExtent } from './apparmor-path.ts';

/** A letter of apparmor.d(5): read, write, map to execute, lock, link; `ix` is to run under the same profile. */
export type Permission = 'm' | 'r' | 'w' | 'l' | 'k' | 'ix';

export interface FileRule {
  readonly path: string;
  readonly extent: PathExtent;
  readonly permissions: ReadonlySet<Permission>;
}
