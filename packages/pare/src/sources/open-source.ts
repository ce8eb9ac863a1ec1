import {
  type Digest,
  type HostPath,
  type Image,
  openDockerArchive,
  openOciArchive,
  openOciLayout,
  openRegistryImage,
  type RegistryReference,
  renderRegistryReference,
} from '@pare/oci';
import type { ImagePlace } from '../model/image-place.ts';
import type { Progress } from '../ports/progress.ts';
import { formatTransfer } from './format-transfer.ts';
import { openRootfs } from './read-rootfs.ts';
import { connectRegistry, type RegistryAccess } from './registry-access.ts';

/** What opening a source needs. */
export interface SourceContext {
  readonly access: RegistryAccess;
  /** The architecture of a directory that does not say. */
  readonly architecture: string;
  /** A directory of the run: it goes with all that is in it. */
  readonly temporaryDirectory: HostPath;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Layers that need not be fetched, because whoever asks has them. */
  readonly hasLayer?: (diffId: Digest) => boolean;
}

/** A source that needs no engine and no store. */
export type PlainSource = Exclude<ImagePlace, { readonly kind: 'engine' | 'store' }>;

/** Opens an image of a file, a directory or a registry. Layers of a registry are fetched when they are read. Throws OciError and PareError. */
export async function openPlainSource(source: PlainSource, context: SourceContext): Promise<Image> {
  const { temporaryDirectory: spoolDirectory } = context;
  switch (source.kind) {
    case 'docker-archive':
      return await openDockerArchive(source.path, optionsOf(source.reference, spoolDirectory));
    case 'oci-archive':
      return await openOciArchive(source.path, optionsOf(source.reference, spoolDirectory));
    case 'oci':
      return await openOciLayout(source.path, source.reference);
    case 'rootfs':
      return await openRootfs(source.path, context);
    case 'registry':
      return await openFromRegistry(source.reference, context);
  }
}

function optionsOf(reference: string | undefined, spoolDirectory: HostPath) {
  return { spoolDirectory, ...(reference === undefined ? {} : { reference }) };
}

/** An image whose layers are fetched side by side as soon as one of them is read. */
async function openFromRegistry(reference: RegistryReference, context: SourceContext): Promise<Image> {
  const { access, progress, signal } = context;
  const registry = connectRegistry(reference, access);
  const stage = progress.stage(`fetching ${renderRegistryReference(reference)}`);
  try {
    let bytes = 0;
    const image = await openRegistryImage(registry, reference, {
      spoolDirectory: context.temporaryDirectory,
      signal,
      ...(access.platform === undefined ? {} : { platform: access.platform }),
      onBytes: (more) => {
        bytes += more;
        stage.update(formatTransfer(bytes));
      },
    });
    await image
      .fetchLayers((diffId) => context.hasLayer?.(diffId) !== true)
      .catch(async (error: unknown) => {
        await image[Symbol.asyncDispose]();
        throw error;
      });
    stage.done(formatTransfer(bytes));
    return {
      ...image,
      async [Symbol.asyncDispose]() {
        await image[Symbol.asyncDispose]();
        registry[Symbol.dispose]();
      },
    };
  } catch (error) {
    stage.failed();
    registry[Symbol.dispose]();
    throw error;
  }
}
