import { resolve } from 'node:path';

/** What strace saw of one workload. */
export interface StraceLog {
  /** `call path` of every path. */
  readonly paths: ReadonlySet<string>;
  readonly syscalls: ReadonlySet<string>;
}

/** Numbers and names that differ from run to run. */
export const normal = (line: string): string =>
  line
    .replaceAll(/\/proc\/\d+/g, '/proc/N')
    .replaceAll(/\/task\/\d+/g, '/task/N')
    .replaceAll(/\/tmp\/cc\w{6}/g, '/tmp/ccX')
    .replaceAll(/\/tmp\/tmp\w{8}/g, '/tmp/tmpX')
    .replaceAll(/hsperfdata_root\/\d+/g, 'hsperfdata_root/N')
    .replaceAll(/\.(java|attach)_pid\d+/g, '.$1_pidN')
    .replaceAll(/\.git\/(t|info\/refs_|objects\/info\/packs_)\w{6}\b/g, '.git/$1X')
    .replaceAll(/\.tmp-\d+-pack/g, '.tmp-N-pack')
    .replaceAll(/(objects\/(?:[0-9a-f]{2}\/|pack\/)?tmp_\w+?)_\w{6}/g, '$1_X');

/** strace writes bytes beyond ASCII as octal. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{1,3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * Reads the log of `strace -f -y -s 4096`. Paths are made absolute by the directory that `-y` shows, else by the one that
 * their process last went to, or that the workload starts in.
 */
export function parseStrace(log: string, start: string): StraceLog {
  const paths = new Set<string>();
  const syscalls = new Set<string>();
  const directories = new Map<string, string>();
  for (const line of log.split('\n')) {
    // A call that another process's line splits is written whole in its first part, up to the result.
    const [, pid, call, rest] = line.match(/^(\d+) +(\w+)\((.*)$/) ?? [];
    if (pid === undefined || call === undefined) continue;
    syscalls.add(call);
    const [, shown, quoted] = rest?.match(/^(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/) ?? [];
    if (!quoted || !ofPath.test(call)) continue;
    const asked = unescaped(quoted);
    const directory = (shown ?? directories.get(pid) ?? start).replace(/\/$/, '');
    const path = asked.startsWith('/') ? asked : `${directory}/${asked}`;
    if (call === 'chdir' && line.endsWith(' = 0')) directories.set(pid, resolve(path));
    paths.add(normal(`${call} ${path}`));
  }
  return { paths, syscalls };
}

/** Calls whose first text is a path; a socket's address and the second of two paths are not read. */
const ofPath =
  /^(open|openat|openat2|creat|stat|lstat|newfstatat|statx|access|faccessat2?|execve|chdir|chroot|readlink|readlinkat|statfs|truncate|unlink|unlinkat|mkdir|mkdirat|rmdir|chmod|fchmodat|chown|lchown|fchownat|utime|utimes|utimensat|l?getxattr|l?listxattr|inotify_add_watch)$/;

/** Whether a line of the sensor, `call path`, is one that `parseStrace` would have. */
export const isComparable = (line: string): boolean => ofPath.test(line.slice(0, line.indexOf(' ')));
