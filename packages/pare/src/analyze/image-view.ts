import type { FileTree, ImageConfig, ImagePath, TreeFile } from '@pare/oci';
import type { ImageView } from './analyzer.ts';
import { joinPath, rootPath } from './image-path.ts';
import { MalformedFile } from './malformed-file.ts';

const textLimitBytes = 8 * 1024 * 1024;
/** What runc sets when an image has none (moby `oci/defaults.go`). */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The view of an image that all analyzers of one analysis share. */
export function createImageView(tree: FileTree, config: ImageConfig, signal?: AbortSignal): ImageView {
  const environment = parseEnvironment(config.config.Env ?? []);
  const fileAt = (path: ImagePath): TreeFile | undefined => {
    const { entry } = tree.resolve(path);
    return entry?.kind === 'file' ? entry : undefined;
  };
  const readRange = async (file: TreeFile, start: number, lengthBytes: number): Promise<Uint8Array> => {
    signal?.throwIfAborted();
    const chunks: Uint8Array[] = [];
    for await (const chunk of tree.open(file, { start, lengthBytes })) chunks.push(chunk);
    const only = chunks[0];
    return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  };
  return {
    tree,
    config,
    environment,
    searchPath: (environment.get('PATH') ?? defaultPath)
      .split(':')
      .filter((directory) => directory.startsWith('/'))
      .map((directory) => joinPath(rootPath, directory)),
    fileAt,
    readRange,
    async readText(file) {
      if (file.sizeBytes > textLimitBytes) {
        throw new MalformedFile(
          'too-large',
          `${file.path} has ${file.sizeBytes} bytes of text, more than ${textLimitBytes}`,
        );
      }
      const bytes = await readRange(file, 0, file.sizeBytes);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    },
  };
}

function parseEnvironment(lines: readonly string[]): ReadonlyMap<string, string> {
  const environment = new Map<string, string>();
  for (const line of lines) {
    const equals = line.indexOf('=');
    if (equals > 0) environment.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return environment;
}

/** The program that a command name leads to: a path, or the first regular file of that name in PATH. */
export function findProgram(
  view: ImageView,
  command: string,
  directories: readonly ImagePath[] = view.searchPath,
): ImagePath | undefined {
  if (command === '' || command.includes('\0')) return undefined;
  if (command.includes('/')) {
    const path = joinPath(rootPath, command);
    return command.startsWith('/') && view.fileAt(path) !== undefined ? path : undefined;
  }
  for (const directory of directories) {
    const path = joinPath(directory, command);
    const file = view.fileAt(path);
    if (file !== undefined && (file.mode & 0o111) !== 0) return path;
  }
  return undefined;
}
