import { describe, expect, test } from 'vitest';
import type { FileEntry, LayerEntry } from '../model/entry.ts';
import type { Image, Layer } from '../model/image.ts';
import { parseImagePath } from '../model/path.ts';
import { readImageFile } from './read-image-file.ts';

const passwd = parseImagePath('/etc/passwd');
const metadata = { mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, xattrs: new Map() };

function file(path: string, content: string): FileEntry & { readonly text: string } {
  return { ...metadata, kind: 'file', path: parseImagePath(path), sizeBytes: content.length, text: content };
}
const directory = (path: string): LayerEntry => ({
  ...metadata,
  kind: 'directory',
  path: parseImagePath(path),
});
const symlink = (path: string, target: string): LayerEntry => ({
  ...metadata,
  kind: 'symlink',
  path: parseImagePath(path),
  target,
});
const whiteout = (path: string): LayerEntry => ({ kind: 'whiteout', path: parseImagePath(path) });
const opaque = (path: string): LayerEntry => ({ kind: 'opaque', path: parseImagePath(path) });

/** An image of layers, lowest first, that notes which layers were looked at. */
function imageOf(...layers: readonly (readonly LayerEntry[])[]) {
  const looked: number[] = [];
  const made = layers.map((entries, index): Layer => {
    return {
      diffId: `sha256:${String(index).repeat(64)}`,
      async *entries() {
        looked.push(index);
        yield* entries;
      },
      async *open(found) {
        const stored = entries.find(({ path }) => path === found.path);
        yield Buffer.from(stored !== undefined && 'text' in stored ? String(stored.text) : '');
      },
      async *tar() {},
    };
  });
  return { looked, image: { layers: made } as unknown as Image };
}

const textOf = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

describe('readImageFile', () => {
  test('takes the topmost layer that has the file and looks at none below', async () => {
    const { image, looked } = imageOf(
      [file('/etc/passwd', 'old')],
      [file('/etc/passwd', 'new')],
      [directory('/app')],
    );
    expect(textOf(await readImageFile(image, passwd))).toBe('new');
    expect(looked).toEqual([2, 1]);
  });

  test.each([
    ['a whiteout of the file', [whiteout('/etc/passwd')]],
    ['a whiteout of its directory', [whiteout('/etc')]],
    ['an opaque directory', [directory('/etc'), opaque('/etc')]],
  ])('does not look below %s', async (_, upper) => {
    const { image } = imageOf([file('/etc/passwd', 'hidden')], upper);
    expect(await readImageFile(image, passwd)).toBeUndefined();
  });

  test('a whiteout hides nothing of its own layer', async () => {
    const { image } = imageOf(
      [file('/etc/passwd', 'old')],
      [opaque('/etc'), directory('/etc'), file('/etc/passwd', 'own')],
    );
    expect(textOf(await readImageFile(image, passwd))).toBe('own');
  });

  test('follows links as the merged view does', async () => {
    const { image } = imageOf(
      [directory('/etc'), file('/etc/real', 'behind a link')],
      [symlink('/etc/passwd', 'real')],
    );
    expect(textOf(await readImageFile(image, passwd))).toBe('behind a link');
  });

  test('gives nothing for a file that is in no layer', async () => {
    expect(await readImageFile(imageOf([directory('/etc')]).image, passwd)).toBeUndefined();
  });

  test('refuses a file above the limit', async () => {
    const { image } = imageOf([file('/etc/passwd', 'too long')]);
    await expect(readImageFile(image, passwd, { limitBytes: 3 })).rejects.toMatchObject({
      code: 'too-large',
    });
  });
});
