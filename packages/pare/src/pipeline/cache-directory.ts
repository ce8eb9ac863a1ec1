import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';

/** The user's cache of Pare (XDG Base Directory Specification). What is in it may be removed at any time. */
export function defaultCacheDirectory(): HostPath {
  const base = process.env.XDG_CACHE_HOME;
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'pare') as HostPath;
}
