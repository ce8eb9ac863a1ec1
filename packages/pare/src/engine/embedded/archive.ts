import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { type HostPath, readTar, type TarMember } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import { openInRoot } from './open-in-root.ts';

/** Reads a path of a container's file system as a tar stream, by tar(1). Throws PareError `engine-failed`. */
export async function* copyOutOfRoot(
  root: HostPath,
  path: string,
  searchPath: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const name = basename(path) || '.';
  const doing = `reading ${path} from the container`;
  using parent = open(root, dirname(path), doing);
  try {
    lstatSync(`${parent.path}/${name}`);
  } catch (cause) {
    throw failed(doing, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
  }
  const child = spawn('tar', ['--create', '--numeric-owner', '--xattrs', '--file=-', '--', `./${name}`], {
    // By its descriptor: whatever the container does with the name meanwhile, tar is where it was.
    cwd: parent.path,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: searchPath, LC_ALL: 'C' },
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' }),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < 4096) said += text;
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  ended.catch(() => {});
  yield* child.stdout;
  signal?.throwIfAborted();
  // 1: a file changed while it was read.
  if ((await ended) > 1) throw failed(doing, said.trim());
}

/**
 * Unpacks directories, files and symbolic links of a tar into a directory of a container's file system; no name leads out
 * of that. Throws PareError `engine-failed`.
 */
export async function copyIntoRoot(
  root: HostPath,
  directory: string,
  tar: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const member of readTar(tar)) {
    const doing = `writing ${member.header.name} to ${directory} of the container`;
    const path = `${directory}/${member.header.name}`.replace(/\/+$/, '');
    using parent = open(root, dirname(path), doing);
    await writeMember(`${parent.path}/${basename(path)}`, member, doing);
  }
}

async function writeMember(path: string, { header, content }: TarMember, doing: string): Promise<void> {
  switch (header.type) {
    case 'directory':
      makeDirectory(path);
      break;
    case 'symlink':
      rmSync(path, { force: true });
      symlinkSync(header.linkName, path);
      break;
    case 'file': {
      // Never through a link that is there.
      rmSync(path, { force: true });
      const file = openSync(
        path,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      );
      try {
        for await (const part of content)
          for (let at = 0; at < part.length; ) at += writeSync(file, part, at);
      } finally {
        closeSync(file);
      }
      break;
    }
    default:
      throw failed(doing, `it is a ${header.type}`);
  }
  lchownSync(path, header.uid, header.gid);
  if (header.type !== 'symlink') chmodSync(path, header.mode & 0o7777);
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function open(root: HostPath, path: string, doing: string) {
  try {
    return openInRoot(root, path);
  } catch (cause) {
    throw failed(doing, (cause as Error).message, cause);
  }
}

function failed(doing: string, why: string, cause?: unknown): PareError {
  return new PareError('engine-failed', `${doing}: ${why}`, cause === undefined ? {} : { cause });
}
