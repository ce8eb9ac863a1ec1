import type { FileEntry } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { type ContainedDirectory, containedDirectory } from './contained-directory.ts';
import { readContent } from './tar-split-layer.ts';

/**
 * A layer whose files are read from a directory that it was unpacked into, so that a compressed layer need not be unpacked
 * again. What the directory does not have, the layer itself gives.
 */
export function withDirectory(layer: Layer, directory: HostPath): Layer {
  const contents = containedDirectory(directory);
  return {
    ...layer,
    open: (file, range) => readFirst(contents, layer, file, range),
  };
}

/** A file that has been looked for and not found gives nothing before it fails. */
async function* readFirst(
  contents: ContainedDirectory,
  layer: Layer,
  file: FileEntry,
  range: Parameters<Layer['open']>[1],
): AsyncGenerator<Uint8Array> {
  let given = false;
  try {
    for await (const chunk of readContent(contents, file.path, file.sizeBytes, range)) {
      given = true;
      yield chunk;
    }
  } catch (error) {
    if (given || !(error instanceof OciError)) throw error;
    yield* layer.open(file, range);
  }
}
