import { chmodSync, chownSync, linkSync, mkdirSync, utimesSync } from 'node:fs';
import type { PlainLinks } from '@pare/oci';

/** Directories and links that are to be made. */
export interface LinkOrder {
  /** The first is there and empty. */
  readonly directories: readonly {
    readonly place: string;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly mtimeSeconds: number;
  }[];
  /** What is there already, and its further name. */
  readonly links: PlainLinks['links'];
}

export type LinkAnswer =
  | { readonly kind: 'made' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** Makes all that is ordered, on this thread. */
export function carryOut({ directories, links }: LinkOrder): LinkAnswer {
  try {
    // The first is there.
    for (const { place } of directories.slice(1)) mkdirSync(place, 0o700);
    for (const [existing, name] of links) linkSync(existing, name);
    // Last, since every name that is made in a directory is a change of it, and one may be closed to its owner.
    for (const { place, mode, uid, gid, mtimeSeconds } of directories.toReversed()) {
      chownSync(place, uid, gid);
      chmodSync(place, mode);
      utimesSync(place, mtimeSeconds, mtimeSeconds);
    }
    return { kind: 'made' };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { kind: 'failed', code, message };
  }
}
