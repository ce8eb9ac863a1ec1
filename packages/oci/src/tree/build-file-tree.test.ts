import { describe, expect, it } from 'vitest';
import type { FileTree, TreeFile } from '../model/file-tree.ts';
import type { Layer } from '../model/image.ts';
import { layerIndex } from '../model/layer-index.ts';
import { OciError } from '../model/oci-error.ts';
import { gather } from '../testing/gather.ts';
import { at, type EntryDraft, imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from './build-file-tree.ts';

type Drafts = Readonly<Record<string, EntryDraft>> | readonly (readonly [string, EntryDraft])[];
const build = async (...layers: readonly Drafts[]): Promise<FileTree> =>
  await buildFileTree(imageOf(...(await Promise.all(layers.map((layer) => layerOf(layer))))));

const paths = (tree: FileTree): string[] => [...tree.entries()].map(({ path }) => path);
const file = (content: string): EntryDraft => ({ kind: 'file', content });
const directory: EntryDraft = { kind: 'directory' };
const removal: EntryDraft = { kind: 'file', content: '' };

async function contentOf(tree: FileTree, path: string): Promise<string> {
  const entry = tree.get(at(path));
  if (entry?.kind !== 'file') return `no file: ${entry?.kind}`;
  return Buffer.from(await tree.read(entry)).toString();
}
const codeOf = async (run: Promise<unknown>): Promise<string> =>
  await run.then(
    () => 'no error',
    (error: unknown) => (error instanceof OciError ? error.code : String(error)),
  );

describe('one layer', () => {
  it('has a root even when the layer is empty', async () => {
    const tree = await build({});
    expect(paths(tree)).toEqual(['/']);
    expect(tree.get(at('/'))).toMatchObject({ kind: 'directory', mode: 0o755 });
  });

  it('takes the metadata of the root from the layer', async () => {
    expect((await build({ '/': { ...directory, mode: 0o700 } })).get(at('/'))?.mode).toBe(0o700);
  });

  it('makes directories that nobody named', async () => {
    const tree = await build({ '/a/b/c': file('x') });
    expect(paths(tree)).toEqual(['/', '/a', '/a/b', '/a/b/c']);
    expect(tree.get(at('/a'))).toMatchObject({ kind: 'directory', mode: 0o755, uid: 0 });
  });

  it('lets the last of two entries win, and keeps what is in a directory that comes twice', async () => {
    const tree = await build([
      ['/d', { ...directory, mode: 0o700 }],
      ['/d/x', file('old')],
      ['/d', { ...directory, mode: 0o711 }],
      ['/d/x', file('new')],
      ['/e', directory],
      ['/e/y', file('y')],
      ['/e', file('now a file')],
      ['/f', file('f')],
      ['/f', directory],
      ['/f/z', file('z')],
    ]);
    expect(paths(tree)).toEqual(['/', '/d', '/d/x', '/e', '/f', '/f/z']);
    expect(tree.get(at('/d'))?.mode).toBe(0o711);
    expect(await contentOf(tree, '/d/x')).toBe('new');
    expect(await contentOf(tree, '/e')).toBe('now a file');
  });

  it('follows symlinks of the same layer in names, inside the root', async () => {
    const tree = await build([
      ['/usr/bin', directory],
      ['/bin', { kind: 'symlink', target: 'usr/bin' }],
      ['/out', { kind: 'symlink', target: '../../../etc' }],
      ['/usr/up', { kind: 'symlink', target: '..' }],
      ['/bin/sh', file('sh')],
      ['/out/passwd', file('root')],
      ['/usr/up/top', file('top')],
    ]);
    expect(paths(tree)).toEqual([
      '/',
      '/bin',
      '/etc',
      '/etc/passwd',
      '/out',
      '/top',
      '/usr',
      '/usr/bin',
      '/usr/bin/sh',
      '/usr/up',
    ]);
    expect(await contentOf(tree, '/usr/bin/sh')).toBe('sh');
  });

  it.each([
    [
      'stands below a file',
      [
        ['/a', file('x')],
        ['/a/b', file('y')],
      ],
      'corrupt',
    ],
    [
      'goes through a loop of links',
      [
        ['/a', { kind: 'symlink', target: 'a' }],
        ['/a/b', file('y')],
      ],
      'corrupt',
    ],
    ['is a hardlink to nothing', [['/a', { kind: 'hardlink', target: '/no' }]], 'corrupt'],
    [
      'is a hardlink to a directory',
      [
        ['/d', directory],
        ['/a', { kind: 'hardlink', target: '/d' }],
      ],
      'corrupt',
    ],
    ['is a hardlink to itself', [['/a', { kind: 'hardlink', target: '/a' }]], 'corrupt'],
    ['makes the root a file', [['/', file('x')]], 'corrupt'],
    ['stands below a whiteout', [['/.wh.a/b', file('x')]], 'hostile'],
    ['is nested too deep', [['/d'.repeat(600), file('x')]], 'too-large'],
  ] as const)('refuses an entry that %s', async (_what, drafts, code) => {
    expect(await codeOf(build(drafts as Drafts))).toBe(code);
  });

  it('refuses links that lead deeper than any path', async () => {
    const long = `/${'a'.repeat(200)}`.repeat(19);
    expect(
      await codeOf(
        build([
          [long, directory],
          ['/l', { kind: 'symlink', target: long }],
          [`/l${long.slice(0, 1200)}`, file('x')],
        ]),
      ),
    ).toBe('hostile');
  });

  it('refuses more entries than the limit', async () => {
    const image = imageOf(
      await layerOf({ '/a': file(''), '/b': file('') }),
      await layerOf({ '/c': file('') }),
    );
    expect(await codeOf(buildFileTree(image, { limits: { entries: 2, depth: 9 } }))).toBe('too-large');
    expect(await codeOf(buildFileTree(image, { limits: { entries: 3, depth: 9 } }))).toBe('no error');
  });

  it('stops reading a layer at the limit, and counts what an index holds', async () => {
    const layer = await layerOf({ '/a': file(''), '/b': file('') });
    const [entry] = await gather(layer.entries());
    const endless: Layer = {
      ...layer,
      async *entries() {
        for (;;) if (entry !== undefined) yield entry;
      },
    };
    const indexed: Layer = { ...layer, readIndex: async () => layerIndex(await gather(layer.entries())) };
    for (const each of [endless, indexed]) {
      const built = buildFileTree(imageOf(each), { limits: { entries: 1, depth: 9 } });
      expect(await codeOf(built)).toBe('too-large');
    }
  });

  it('stops when it is aborted', async () => {
    const image = imageOf(await layerOf({ '/a': file('') }));
    await expect(buildFileTree(image, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });
});

describe('hardlinks', () => {
  it('become files of equal metadata and content that know of each other', async () => {
    const xattrs = new Map([['security.capability', Buffer.from([1, 2, 3])]]);
    const tree = await build([
      ['/b', { kind: 'file', content: 'same', mode: 0o4755, uid: 7, xattrs }],
      ['/a', { kind: 'hardlink', target: '/b' }],
      ['/c', { kind: 'hardlink', target: '/a' }],
    ]);
    for (const path of ['/a', '/b', '/c']) {
      expect(tree.get(at(path))).toMatchObject({
        kind: 'file',
        path,
        mode: 0o4755,
        uid: 7,
        names: ['/a', '/b', '/c'],
        sizeBytes: 4,
      });
      expect(Buffer.from(tree.get(at(path))?.xattrs.get('security.capability') ?? [])).toEqual(
        Buffer.from([1, 2, 3]),
      );
      expect(await contentOf(tree, path)).toBe('same');
    }
    expect(tree.sizeBytes).toBe(4);
  });

  it('keep the content when a later layer replaces one name', async () => {
    const tree = await build(
      { '/a': file('old'), '/b': { kind: 'hardlink', target: '/a' } },
      { '/a': file('new!') },
    );
    expect([await contentOf(tree, '/a'), await contentOf(tree, '/b')]).toEqual(['new!', 'old']);
    expect((tree.get(at('/a')) as TreeFile).names).toEqual([]);
    expect((tree.get(at('/b')) as TreeFile).names).toEqual([]);
    expect(tree.sizeBytes).toBe(7);
  });

  it('keep the content when the same layer replaces the first name', async () => {
    const tree = await build([
      ['/a', file('old')],
      ['/b', { kind: 'hardlink', target: '/a' }],
      ['/a', file('new!')],
    ]);
    expect([await contentOf(tree, '/a'), await contentOf(tree, '/b')]).toEqual(['new!', 'old']);
  });

  it('may stand before their target', async () => {
    const tree = await build([
      ['/a', { kind: 'hardlink', target: '/b' }],
      ['/b', file('late')],
    ]);
    expect(await contentOf(tree, '/a')).toBe('late');
  });

  it('may lead to a file of a lower layer', async () => {
    const tree = await build({ '/a': file('low') }, { '/d/b': { kind: 'hardlink', target: '/a' } });
    expect(await contentOf(tree, '/d/b')).toBe('low');
    expect((tree.get(at('/a')) as TreeFile).names).toEqual(['/a', '/d/b']);
  });

  it('may lead to symlinks and devices', async () => {
    const tree = await build([
      ['/s', { kind: 'symlink', target: 't' }],
      ['/n', { kind: 'char-device', major: 1, minor: 3 }],
      ['/s2', { kind: 'hardlink', target: '/s' }],
      ['/n2', { kind: 'hardlink', target: '/n' }],
    ]);
    expect(tree.get(at('/s2'))).toMatchObject({ kind: 'symlink', target: 't', path: '/s2' });
    expect(tree.get(at('/n2'))).toMatchObject({ kind: 'char-device', major: 1, minor: 3 });
  });
});

describe('layers on layers', () => {
  it('merge directories and replace everything else', async () => {
    const tree = await build(
      {
        '/d': { ...directory, mode: 0o700 },
        '/d/a': file('a'),
        '/f': file('f'),
        '/g': directory,
        '/g/x': file('x'),
        '/s': { kind: 'symlink', target: 'd' },
      },
      {
        '/d': { ...directory, mode: 0o711 },
        '/d/b': file('b'),
        '/f': directory,
        '/f/y': file('y'),
        '/g': file('g'),
        '/s': directory,
      },
    );
    expect(paths(tree)).toEqual(['/', '/d', '/d/a', '/d/b', '/f', '/f/y', '/g', '/s']);
    expect(tree.get(at('/d'))).toMatchObject({ mode: 0o711, layer: 1 });
    expect(tree.get(at('/d/a'))).toMatchObject({ layer: 0 });
    expect(await contentOf(tree, '/g')).toBe('g');
  });

  it('keep the metadata of a directory that the upper layer only implies', async () => {
    const tree = await build({ '/d': { ...directory, mode: 0o700, uid: 5 } }, { '/d/x': file('x') });
    expect(tree.get(at('/d'))).toMatchObject({ mode: 0o700, uid: 5, layer: 0 });
  });

  it('put a directory in the place of a symlink of a lower layer when something stands below its name', async () => {
    const tree = await build(
      { '/usr/bin/a': file('a'), '/bin': { kind: 'symlink', target: 'usr/bin' } },
      { '/bin/b': file('b') },
    );
    expect(paths(tree)).toEqual(['/', '/bin', '/bin/b', '/usr', '/usr/bin', '/usr/bin/a']);
    expect(tree.get(at('/bin'))?.kind).toBe('directory');
  });

  it('take away what is whited out, with all below it', async () => {
    const tree = await build(
      { '/d/a': file('a'), '/d/b/c': file('c'), '/e': file('e') },
      { '/d/.wh.b': removal, '/.wh.e': removal, '/.wh.none': removal },
    );
    expect(paths(tree)).toEqual(['/', '/d', '/d/a']);
  });

  it('empty what is opaque, wherever the mark stands among the entries', async () => {
    for (const order of [0, 1]) {
      const mark = ['/d/.wh..wh..opq', removal] as const;
      const fresh = ['/d/new', file('n')] as const;
      const tree = await build({ '/d/old/x': file('o'), '/k': file('k') }, [
        ['/d', directory],
        ...(order === 0 ? [mark, fresh] : [fresh, mark]),
      ]);
      expect(paths(tree)).toEqual(['/', '/d', '/d/new', '/k']);
    }
  });

  it('empty the root when it is opaque', async () => {
    expect(paths(await build({ '/a/b': file('x') }, { '/.wh..wh..opq': removal, '/c': file('c') }))).toEqual([
      '/',
      '/c',
    ]);
  });

  it('keep an entry of the layer whose whiteout stands beside it', async () => {
    const tree = await build({ '/d/old': file('o') }, [
      ['/d', directory],
      ['/d/new', file('n')],
      ['/.wh.d', removal],
    ]);
    expect(paths(tree)).toEqual(['/', '/d', '/d/new']);
  });

  it('bring back what a layer between took away', async () => {
    const tree = await build(
      { '/a/x': file('1'), '/a/y': file('1') },
      { '/.wh.a': removal },
      { '/a/x': file('3') },
    );
    expect(paths(tree)).toEqual(['/', '/a', '/a/x']);
    expect(await contentOf(tree, '/a/x')).toBe('3');
  });

  it('ignore the bookkeeping of AUFS', async () => {
    expect(
      paths(await build({ '/.wh..wh.plnk/1.2': removal, '/.wh..wh.aufs': removal, '/a': file('') })),
    ).toEqual(['/', '/a']);
  });
});

describe('the view', () => {
  it('orders entries by bytes and lists and walks directories', async () => {
    const tree = await build({
      '/a/c': file(''),
      '/a-b': file(''),
      '/a/\udcff': file(''),
      '/a/é': file(''),
      '/a/d/e': file(''),
      '/ab': directory,
    });
    expect(paths(tree)).toEqual(['/', '/a', '/a-b', '/a/c', '/a/d', '/a/d/e', '/a/é', '/a/\udcff', '/ab']);
    expect(tree.list(at('/a'))).toEqual(['/a/c', '/a/d', '/a/é', '/a/\udcff']);
    expect(tree.list(at('/'))).toEqual(['/a', '/a-b', '/ab']);
    expect(tree.list(at('/a-b'))).toEqual([]);
    expect(tree.list(at('/no'))).toEqual([]);
    expect([...tree.below(at('/a'))].map(({ path }) => path)).toEqual([
      '/a/c',
      '/a/d',
      '/a/d/e',
      '/a/é',
      '/a/\udcff',
    ]);
    expect([...tree.entries()].map(({ path }) => tree.placeOf(path))).toEqual([...Array(tree.size).keys()]);
    expect(tree.placeOf(at('/no'))).toBeUndefined();
    expect([...tree.below(at('/ab'))]).toEqual([]);
    expect([...tree.below(at('/'))]).toHaveLength(tree.size - 1);
  });

  it('reads ranges, and refuses to read whole what is above the limit', async () => {
    const tree = await build({ '/a': file('0123456789') });
    const entry = tree.get(at('/a')) as TreeFile;
    const chunks: Uint8Array[] = [];
    for await (const chunk of tree.open(entry, { start: 2, lengthBytes: 3 })) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('234');
    expect(await codeOf(tree.read(entry, 9))).toBe('too-large');
  });
});
