import type { ImagePath } from '@pare/oci';

/**
 * Directories whose content the engine brings at run time; what an image holds there is never seen. `/.pare` is where
 * Pare's own sensor is mounted.
 */
const insideMount = /^\/(?:(?:proc|sys|dev|\.pare)\/|\.pare$)/;

/** Whether a path lies inside (is not itself) a directory that the engine mounts over. */
export function isInRuntimeMount(path: string): boolean {
  return insideMount.test(path);
}

/**
 * What every file system of an image starts from (Filesystem Hierarchy Standard 3.0, chapters 3 to 5): directories and
 * the links of a merged /usr. They hold no bytes, and programs create files in them without asking. The three files of
 * /etc are those that engines mount over.
 */
export const skeletonPaths = [
  '/',
  '/bin',
  '/dev',
  '/etc',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/mtab',
  '/etc/resolv.conf',
  '/home',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/media',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/run/lock',
  '/sbin',
  '/srv',
  '/sys',
  '/tmp',
  '/usr',
  '/usr/bin',
  '/usr/lib',
  '/usr/local',
  '/usr/local/bin',
  '/usr/local/lib',
  '/usr/sbin',
  '/usr/share',
  '/var',
  '/var/cache',
  '/var/lib',
  '/var/lock',
  '/var/log',
  '/var/mail',
  '/var/opt',
  '/var/run',
  '/var/spool',
  '/var/tmp',
] as readonly string[] as readonly ImagePath[];

/** The directory that holds a path; the root's is the root. */
export function parentOf(path: ImagePath): ImagePath {
  return (path.slice(0, path.lastIndexOf('/')) || '/') as ImagePath;
}

/** The last segment of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
