import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type Entry,
  type HostPath,
  hostPath,
  type Image,
  type ImageConfig,
  type ImagePath,
  layerEntryOf,
  makeImage,
  openTarLayer,
  parseImageConfig,
  readTar,
  type TarMember,
  type TarWrite,
  writeTar,
} from '@pare/oci';
import { PareError } from '../model/pare-error.ts';

/** Attributes that say something of the host's own file systems, not of the files. */
const hostAttributes = /^(?:trusted\.overlay\.|security\.selinux$|security\.ima$|security\.evm$)/;

/** Where the config of an image lies whose files are a directory: beside it. */
export function rootfsConfigPath(directory: HostPath): string {
  return `${directory.replace(/\/+$/, '')}.config.json`;
}

/**
 * Opens a directory as an image of one layer: every file with its owner, mode, times, attributes and hardlinks, as GNU tar reads
 * them. What it runs is read from `DIR.config.json` where that is there (`--to rootfs:DIR` writes it). Equal directories give
 * equal images. Throws PareError `image-not-found`, `usage` where something cannot be read, `engine-failed` without GNU tar.
 */
export async function openRootfs(
  directory: HostPath,
  options: {
    readonly architecture: string;
    readonly temporaryDirectory: HostPath;
    readonly signal: AbortSignal;
  },
): Promise<Image> {
  const status = await stat(directory).catch(() => undefined);
  if (status?.isDirectory() !== true) {
    throw new PareError('image-not-found', `there is no directory ${directory}`, {
      hint: 'rootfs: takes a directory with the files of an image',
    });
  }
  const config = await readConfig(directory, options.architecture);
  const file = hostPath(join(options.temporaryDirectory, `rootfs-${process.hrtime.bigint()}.tar`));
  const hash = createHash('sha256');
  const hashed = async function* () {
    for await (const chunk of writeTar(rewritten(packDirectory(directory, options.signal), directory))) {
      hash.update(chunk);
      yield chunk;
    }
  };
  // The run's own directory goes with all that is in it, whatever ends the run.
  await pipeline(Readable.from(hashed(), { objectMode: false }), createWriteStream(file, { flags: 'wx' }));
  const layer = openTarLayer({ diffId: `sha256:${hash.digest('hex')}`, file });
  return makeImage({ reference: directory, config, layers: [layer] });
}

async function readConfig(directory: HostPath, architecture: string): Promise<ImageConfig> {
  const path = rootfsConfigPath(directory);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const history = [{ created_by: 'rootfs' }];
  if (bytes !== undefined) return { ...parseImageConfig(bytes), history };
  return { architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [] }, history };
}

/** GNU tar, because Node cannot read extended attributes. It ends when its reader leaves. */
async function* packDirectory(directory: HostPath, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const args = [
    '--create',
    '--file=-',
    `--directory=${directory}`,
    '--format=posix',
    '--sort=name',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=*',
    '--pax-option=delete=atime,delete=ctime',
    '--warning=no-file-ignored',
    '.',
  ];
  const { TAR_OPTIONS: _ignored, ...environment } = process.env;
  const child = spawn('tar', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, LC_ALL: 'C' },
    signal,
    killSignal: 'SIGKILL',
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < 100_000) stderr += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  ended.catch(() => undefined);
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    const code = await ended.catch((cause: NodeJS.ErrnoException) => {
      signal.throwIfAborted();
      throw new PareError('engine-failed', `GNU tar is needed to read ${directory} and cannot be started`, {
        cause,
      });
    });
    if (code !== 0) throw unreadable(directory, stderr);
  } finally {
    child.kill('SIGKILL');
  }
}

function unreadable(directory: HostPath, stderr: string): PareError {
  const details = stderr.trim().split('\n').slice(0, 10);
  return new PareError('usage', `${directory} cannot be read whole`, {
    hint: stderr.includes('Permission denied')
      ? 'read it as the owner of its files, or as root'
      : 'nothing may change in it while it is read',
    details,
  });
}

/** GNU tar's members as our own writer has them: a hardlink repeats its attributes, because Docker 20.10 wants that. */
async function* rewritten(tar: AsyncIterable<Uint8Array>, directory: HostPath): AsyncGenerator<TarWrite> {
  const attributes = new Map<ImagePath, Entry['xattrs']>();
  for await (const member of readTar(tar)) {
    const entry = entryOf(member, directory);
    const own = new Map([...entry.xattrs].filter(([name]) => !hostAttributes.test(name)));
    const xattrs = entry.kind === 'hardlink' ? (attributes.get(entry.target) ?? own) : own;
    if (xattrs.size > 0) attributes.set(entry.path, xattrs);
    if (entry.kind === 'file') {
      const { content: _place, ...file } = entry;
      yield { entry: { ...file, xattrs }, content: member.content };
    } else yield { entry: { ...entry, xattrs } };
  }
}

function entryOf({ header, offset }: TarMember, directory: HostPath): Entry {
  const entry = layerEntryOf(header, offset);
  if (entry !== undefined && entry.kind !== 'whiteout' && entry.kind !== 'opaque') return entry;
  throw new PareError(
    'image-invalid',
    `${directory} has ${header.name}, a name that means a removal in a layer`,
    {
      hint: 'rename or remove it: no image can hold a file whose name begins with .wh.',
    },
  );
}
