import { homedir } from 'node:os';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';

/**
 * Where this user's images are: `pare/store` below `XDG_DATA_HOME`, or below `~/.local/share` (XDG Base Directory
 * Specification). One rule for everybody: root's store is in root's home.
 */
export function defaultStoreRoot(environment: NodeJS.ProcessEnv = process.env): HostPath {
  const base = environment.XDG_DATA_HOME;
  return hostPath(
    join(base !== undefined && base !== '' ? base : join(homedir(), '.local/share'), 'pare/store'),
  );
}
