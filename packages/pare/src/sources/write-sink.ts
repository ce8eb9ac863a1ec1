import {
  type HostPath,
  type Image,
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
import { writeRootfs } from './write-rootfs.ts';

/** What writing an image needs. */
export interface SinkContext {
  readonly access: RegistryAccess;
  readonly temporaryDirectory: HostPath;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

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
      await writeFile(sink.path, writeDockerArchive(image, tagsOf(sink.reference), signal));
      return `docker-archive:${sink.path}`;
    case 'oci-archive':
      await writeFile(sink.path, writeOciArchive(image, sink.reference ?? DEFAULT_NAME, signal));
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

async function writeFile(path: HostPath, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await writeFileAtomically(path, chunks).catch((error: NodeJS.ErrnoException) => {
    const refused = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'EEXIST'];
    if (error.code === undefined || !refused.includes(error.code) || error.syscall === undefined) throw error;
    throw new PareError('usage', `${path} cannot be written: ${error.code}`, {
      hint: 'name a file in a directory that is there and yours',
      cause: error,
    });
  });
}

async function pushToRegistry(
  image: Image,
  { reference }: Extract<PlainSource, { readonly kind: 'registry' }>,
  { access, progress, signal, temporaryDirectory }: SinkContext,
): Promise<string> {
  const name = renderRegistryReference(reference);
  using registry = connectRegistry(reference.host, access);
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
