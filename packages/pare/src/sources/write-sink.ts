import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type HostPath,
  type Image,
  nearestDirectory,
  pushImage,
  renderRegistryReference,
  writeDockerArchive,
  writeFileAtomically,
  writeOciArchive,
  writeOciLayout,
} from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { Progress } from '../ports/progress.ts';
import { formatTransfer } from './format-transfer.ts';
import type { PlainSource } from './open-source.ts';
import { connectRegistry, type RegistryAccess } from './registry-access.ts';
import { refuseFilled, writeRootfs } from './write-rootfs.ts';

/** What writing an image needs. */
export interface SinkContext {
  readonly access: RegistryAccess;
  readonly temporaryDirectory: HostPath;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Refuses a place that cannot be written, before there is anything to write. Throws PareError `usage`. */
export async function checkPlainSink(sink: PlainSource): Promise<void> {
  if (sink.kind === 'registry') return;
  const place = resolve(sink.path);
  if (sink.kind === 'rootfs') await refuseFilled(place);
  // A layout that is there is added to; a directory of files is replaced.
  const makes = sink.kind === 'rootfs' || sink.kind === 'oci';
  const within = makes
    ? await nearestDirectory(sink.kind === 'oci' ? place : dirname(place))
    : dirname(place);
  if ((await isWritableDirectory(within)) && (makes || !(await isDirectory(place)))) return;
  throw new PareError('usage', `${sink.path} cannot be written`, { hint: makes ? directoryHint : fileHint });
}

async function isWritableDirectory(path: string): Promise<boolean> {
  const writable = await access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  return writable && (await isDirectory(path));
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** The directories in which `writePlainSink` makes drafts, which a kill may leave there: also those that are not there yet, and may be by then. */
export async function draftPlaces(sink: PlainSource): Promise<readonly string[]> {
  if (sink.kind === 'registry') return [];
  const place = resolve(sink.path);
  const places = sink.kind === 'oci' ? [place, dirname(place)] : [dirname(place)];
  const nearest = await nearestDirectory(dirname(place));
  for (let path = dirname(place); path !== nearest; path = dirname(path)) places.push(dirname(path));
  return places;
}

const directoryHint = 'name a directory that is yours, or that can be made in one that is';
const fileHint = 'name a file in a directory that is there and yours';

/** The name in a layout where the user gave none, as skopeo and podman have it. */
const DEFAULT_NAME = 'latest';

/**
 * Writes an image to a file, a directory or a registry, whole or not at all. Returns what was written in the user's words, with
 * the digest where it went to a registry. Throws OciError and PareError.
 */
export async function writePlainSink(image: Image, sink: PlainSource, context: SinkContext): Promise<string> {
  const { signal } = context;
  switch (sink.kind) {
    case 'docker-archive':
      await writeArchiveFile(sink.path, writeDockerArchive(image, tagsOf(sink.reference), signal));
      return `docker-archive:${sink.path}`;
    case 'oci-archive':
      await writeArchiveFile(sink.path, writeOciArchive(image, sink.reference ?? DEFAULT_NAME, signal));
      return `oci-archive:${sink.path}`;
    case 'oci':
      await writeOciLayout(image, sink.path, sink.reference ?? DEFAULT_NAME, signal);
      return `oci:${sink.path}:${sink.reference ?? DEFAULT_NAME}`;
    case 'rootfs': {
      const leftOut = await writeRootfs(image, sink.path, signal);
      if (leftOut.length > 0)
        context.progress.warn(`${leftOut.length} device nodes were left out: only root can make them`);
      return `rootfs:${sink.path}`;
    }
    case 'registry':
      return await pushToRegistry(image, sink, context);
  }
}

function tagsOf(reference: string | undefined): readonly string[] {
  if (reference === undefined) return [];
  return [/:[^/]*$/.test(reference) ? reference : `${reference}:latest`];
}

/** Writes a file that the user named, whole or not at all. Throws PareError `usage` where that cannot be. */
export async function writeArchiveFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await writeFileAtomically(path, chunks).catch((error: NodeJS.ErrnoException) => {
    const refused = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'EEXIST'];
    if (error.code === undefined || !refused.includes(error.code) || error.syscall === undefined) throw error;
    throw new PareError('usage', `${path} cannot be written: ${error.code}`, {
      hint: fileHint,
      cause: error,
    });
  });
}

async function pushToRegistry(
  image: Image,
  { reference }: Extract<PlainSource, { readonly kind: 'registry' }>,
  { access: how, progress, signal, temporaryDirectory }: SinkContext,
): Promise<string> {
  const name = renderRegistryReference(reference);
  using registry = connectRegistry(reference, how);
  const stage = progress.stage(`pushing ${name}`);
  try {
    let bytes = 0;
    const digest = await pushImage(registry, reference, image, {
      spoolDirectory: temporaryDirectory,
      signal,
      onBytes: (more) => {
        bytes += more;
        stage.update(formatTransfer(bytes));
      },
    });
    stage.done(bytes === 0 ? 'it was there' : formatTransfer(bytes));
    return `docker://${name}@${digest}`;
  } catch (error) {
    stage.failed();
    throw error;
  }
}
