import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PareError } from '../model/pare-error.ts';
import { runTool } from './run-tool.ts';

/** As whom layers are unpacked. */
export interface Unpacker {
  /**
   * `root`: the host's own root. `namespace`: root of a user namespace, which cannot make device nodes or set
   * `trusted.*` attributes (user_namespaces(7)).
   */
  readonly kind: 'root' | 'namespace';
  /** Put in front of a command: enters a user namespace where this process is no root itself. */
  readonly prefix: readonly string[];
  /** Tells directories apart that are unpacked under different user ID mappings. */
  readonly name: string;
}

const WHOLE_RANGE = /^\s*0\s+0\s+4294967295\s*$/;
const enterNamespace = ['unshare', '--map-auto', '--map-root-user', '--'] as const;

/**
 * Finds out how this process can unpack: as root, as root of the user namespace that it is in, or through `unshare` with the
 * user's subordinate IDs (subuid(5)). Throws PareError `engine-failed` where neither is possible.
 */
export async function findUnpacker(): Promise<Unpacker> {
  if (process.getuid?.() === 0) {
    const maps = await readMaps();
    return maps.every((map) => WHOLE_RANGE.test(map))
      ? { kind: 'root', prefix: [], name: 'root' }
      : { kind: 'namespace', prefix: [], name: nameOf(maps) };
  }
  const [program, ...args] = enterNamespace;
  const { code, stdout, stderr } = await runTool(program, [
    ...args,
    'cat',
    '/proc/self/uid_map',
    '/proc/self/gid_map',
  ]);
  if (code !== 0) {
    throw new PareError('engine-failed', `layers cannot be unpacked without root: ${stderr.trim()}`, {
      hint: 'install uidmap and give this user a range in /etc/subuid and /etc/subgid (usermod --add-subuids), or run as root',
    });
  }
  return { kind: 'namespace', prefix: enterNamespace, name: nameOf([stdout]) };
}

async function readMaps(): Promise<readonly string[]> {
  return Promise.all(
    ['uid_map', 'gid_map'].map((map) =>
      readFile(`/proc/self/${map}`, 'utf8').catch((error: NodeJS.ErrnoException) => {
        // A system without user namespaces has the one user ID range.
        if (error.code === 'ENOENT') return '0 0 4294967295';
        throw error;
      }),
    ),
  );
}

function nameOf(maps: readonly string[]): string {
  const numbers = maps.join('\n').trim().split(/\s+/).join(' ');
  return `user-${createHash('sha256').update(numbers).digest('hex').slice(0, 12)}`;
}
