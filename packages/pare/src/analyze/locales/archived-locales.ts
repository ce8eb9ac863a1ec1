import type { FileTree, ImageConfig, ImagePath, TreeFile } from '@pare/oci';
import { createImageView } from '../image-view.ts';

const archivePath = '/usr/lib/locale/locale-archive' as ImagePath;
/** glibc, locale/locarchive.h: `struct locarhead` begins with it, in the byte order of the machine. */
const magic = 0xde020109;
const headBytes = 32;
/** All locales of glibc (locales-all) have 30 kB of names. */
const stringLimitBytes = 1024 * 1024;

/**
 * The names of the locales in an image's locale archive (localedef(1)): `de_DE.utf8`, with aliases. Undefined without
 * an archive, and where it is not one of glibc's: then nobody knows what is in it.
 */
export async function archivedLocales(
  tree: FileTree,
  config: ImageConfig,
): Promise<readonly string[] | undefined> {
  const view = createImageView(tree, config);
  const file = view.fileAt(archivePath);
  if (file === undefined) return undefined;
  const read = async (start: number, lengthBytes: number, of: TreeFile = file): Promise<Buffer> =>
    Buffer.from(await view.readRange(of, start, lengthBytes));
  if (file.sizeBytes < headBytes) return undefined;
  const head = await read(0, headBytes);
  const word = isLittleEndian(head)
    ? (at: number) => head.readUInt32LE(at)
    : (at: number) => head.readUInt32BE(at);
  if (word(0) !== magic) return undefined;
  // magic, serial, then offset, used and size of the hash of names, and offset, used and size of the strings.
  const [offset, used] = [word(20), word(24)];
  if (used > stringLimitBytes || offset + used > file.sizeBytes) return undefined;
  const names = (await read(offset, used)).toString('latin1').split('\0');
  return [...new Set(names.filter((name) => /^[\w.@-]+$/.test(name)))].sort();
}

function isLittleEndian(head: Buffer): boolean {
  return head.readUInt32LE(0) === magic;
}
