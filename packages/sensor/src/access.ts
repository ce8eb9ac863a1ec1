import type { SensorRecord, SyscallArch } from './record.ts';
import { syscallName } from './syscall-name.ts';

/** What a call does with a path, whatever the call. */
export type AccessWord =
  | 'read'
  | 'write'
  | 'create'
  | 'execute'
  | 'list'
  | 'stat'
  | 'readlink'
  | 'enter'
  | 'change'
  | 'remove'
  | 'connect'
  | 'bind';

// open(2): the same everywhere.
const accessMode = 0o3;
const readOnly = 0o0;
const create = 0o100;
const truncate = 0o1000;
const pathOnly = 0o10000000;
/** O_DIRECTORY differs (kernel: arch/arm/include/uapi/asm/fcntl.h, arm64 the same). */
const directoryFlags: Readonly<Record<SyscallArch, number>> = {
  x86_64: 0o200000,
  i386: 0o200000,
  aarch64: 0o40000,
  arm: 0o40000,
};
const temporaryFile = 0o20000000;

function accessOfOpen(flags: number, arch: SyscallArch): AccessWord {
  if ((flags & pathOnly) !== 0) return 'stat';
  if ((flags & (create | temporaryFile)) !== 0) return 'create';
  if ((flags & directoryFlags[arch]) !== 0) return 'list';
  return (flags & accessMode) === readOnly && (flags & truncate) === 0 ? 'read' : 'write';
}

const words: ReadonlyMap<string, AccessWord> = new Map([
  ...wordsFor('execute', 'execve execveat uselib'),
  ...wordsFor(
    'stat',
    `stat lstat stat64 lstat64 oldstat oldlstat newfstatat fstatat64 statx access faccessat faccessat2 statfs statfs64
     getxattr lgetxattr listxattr llistxattr getxattrat listxattrat file_getattr inotify_add_watch fanotify_mark
     name_to_handle_at open_tree open_tree_attr`,
  ),
  ...wordsFor('readlink', 'readlink readlinkat'),
  ...wordsFor('enter', 'chdir chroot'),
  ...wordsFor('write', 'truncate truncate64 acct swapon swapoff'),
  ...wordsFor('create', 'creat mkdir mkdirat mknod mknodat symlink symlinkat link linkat'),
  ...wordsFor('remove', 'unlink unlinkat rmdir'),
  ...wordsFor(
    'change',
    `rename renameat renameat2 chmod fchmodat fchmodat2 chown chown32 lchown lchown32 fchownat utime utimes futimesat
     utimensat utimensat_time64 setxattr lsetxattr removexattr lremovexattr setxattrat removexattrat file_setattr
     mount umount umount2 mount_setattr move_mount fspick`,
  ),
  ...wordsFor('connect', 'connect sendto'),
  ...wordsFor('bind', 'bind'),
]);

function wordsFor(word: AccessWord, names: string): [string, AccessWord][] {
  return names.split(/\s+/).map((name) => [name, word]);
}

/**
 * What the call of a path record does with the path. A call that this table does not know is `stat`: it asked
 * for the path, which is the least that can be said.
 */
export function accessOf(record: Extract<SensorRecord, { kind: 'path' }>): AccessWord {
  const name = syscallName(record.arch, record.syscall);
  if (name === 'open' || name === 'openat' || name === 'openat2')
    return accessOfOpen(record.flags, record.arch);
  // i386's one call for all of the socket family: only bind and connect carry a path, and which is not kept.
  if (name === 'socketcall') return 'connect';
  return words.get(name ?? '') ?? 'stat';
}
