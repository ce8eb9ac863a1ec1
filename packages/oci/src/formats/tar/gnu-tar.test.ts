import { execFileSync } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LayerEntry } from '../../model/entry.ts';
import { bytesOf, memberOf } from '../../testing/memory-layer.ts';
import { layerEntryOf } from './layer-entry.ts';
import { indexTar } from './tar-index.ts';
import type { TarHeader } from './tar-member.ts';
import { readTar } from './tar-reader.ts';
import { writeTar } from './tar-writer.ts';

/** GNU tar is the oracle: it writes what we read and reads what we write. */
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-gnu-tar-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Read {
  readonly header: TarHeader;
  readonly content: Buffer;
  readonly offset: number;
}

let made = 0;
/** Archives a directory made by `fill` and reads it, by name. */
async function archive(fill: (root: string) => void, ...flags: string[]) {
  made += 1;
  const root = join(directory, `tree-${made}`);
  mkdirSync(root);
  fill(root);
  const file = join(directory, `${made}.tar`);
  execFileSync('tar', ['--sort=name', '-C', root, '-cf', file, ...flags, '.']);
  const members = new Map<string, Read>();
  const streamed: LayerEntry[] = [];
  for await (const { header, content, offset } of readTar(createReadStream(file, { highWaterMark: 700 }))) {
    members.set(header.name, { header, offset, content: await bytesOf(content) });
    const entry = layerEntryOf(header, offset);
    if (entry !== undefined) streamed.push(entry);
  }
  const descriptor = openSync(file, 'r');
  const bytes = readFileSync(file);
  const indexed = await indexTar({ descriptor, start: 0, lengthBytes: bytes.length });
  closeSync(descriptor);
  expect(indexed).toEqual(streamed);
  const listed = execFileSync('tar', ['tf', file, '--quoting-style=literal', '--show-stored-names'], {
    encoding: 'latin1',
  });
  expect([...members.keys()]).toHaveLength(listed.split('\n').length - 1);
  return {
    file,
    bytes,
    get: (name: string) => members.get(name) ?? expect.fail(`no ${name} among ${[...members.keys()]}`),
  };
}

describe.each(['gnu', 'pax', 'ustar', 'v7'])('reading what GNU tar writes as %s', (format) => {
  it('reads types, modes, owners, links and contents', async () => {
    const { get } = await archive(
      (root) => {
        mkdirSync(join(root, 'd'), { mode: 0o711 });
        writeFileSync(join(root, 'd/file'), 'hello', { mode: 0o640 });
        writeFileSync(join(root, 'd/empty'), '');
        linkSync(join(root, 'd/file'), join(root, 'd/link'));
        symlinkSync('../x/y', join(root, 'd/symbolic'));
        execFileSync('chmod', ['4755', join(root, 'd/empty')]);
        execFileSync('mkfifo', ['-m', '600', join(root, 'd/pipe')]);
        utimesSync(join(root, 'd/file'), 1_000_000_000, 1_000_000_000);
      },
      `--format=${format}`,
      ...(format === 'v7' ? ['--exclude=pipe'] : []),
      '--owner=:1234',
      '--group=:4321',
    );
    expect(get('./d/').header).toMatchObject({ type: 'directory', mode: 0o711, uid: 1234, gid: 4321 });
    expect(get('./d/file')).toMatchObject({
      header: { type: 'file', mode: 0o640, sizeBytes: 5, mtime: { seconds: 1_000_000_000, nanoseconds: 0 } },
      content: Buffer.from('hello'),
    });
    expect(get('./d/link').header).toMatchObject({ type: 'hardlink', linkName: './d/file', sizeBytes: 0 });
    expect(get('./d/symbolic').header).toMatchObject({ type: 'symlink', linkName: '../x/y' });
    expect(get('./d/empty').header).toMatchObject({ mode: 0o4755 });
    if (format !== 'v7') expect(get('./d/pipe').header).toMatchObject({ type: 'fifo', mode: 0o600 });
  });
});

describe.each(['gnu', 'pax'])('reading what GNU tar writes as %s', (format) => {
  it('reads long names and long link targets', async () => {
    const deep = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(200)}`;
    const target = 't/'.repeat(150);
    const { get } = await archive((root) => {
      mkdirSync(join(root, deep), { recursive: true });
      writeFileSync(join(root, deep, 'file'), 'deep');
      linkSync(join(root, deep, 'file'), join(root, deep, 'link'));
      symlinkSync(target, join(root, deep, 'symbolic'));
    }, `--format=${format}`);
    expect(get(`./${deep}/file`).content.toString()).toBe('deep');
    expect(get(`./${deep}/link`).header.linkName).toBe(`./${deep}/file`);
    expect(get(`./${deep}/symbolic`).header.linkName).toBe(target);
  });

  it('reads names that are no UTF-8', async () => {
    const { get } = await archive((root) => {
      writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from('caf\xe9', 'latin1')]), 'x');
      writeFileSync(join(root, 'café'), 'y');
    }, `--format=${format}`);
    expect(get('./caf\udce9').content.toString()).toBe('x');
    expect(get('./café').content.toString()).toBe('y');
  });

  it('reads large owners', async () => {
    const { get } = await archive(
      (root) => writeFileSync(join(root, 'a'), ''),
      `--format=${format}`,
      '--owner=:4000000000',
      '--group=:3000000',
    );
    expect(get('./a').header).toMatchObject({ uid: 4_000_000_000, gid: 3_000_000 });
  });

  it('reads times before 1970', async () => {
    const { get } = await archive(
      (root) => writeFileSync(join(root, 'a'), ''),
      `--format=${format}`,
      '--mtime=1960-01-02 03:04:05 UTC',
    );
    expect(get('./a').header.mtime).toEqual({ seconds: -315_521_755, nanoseconds: 0 });
  });

  it.each(['0.0', '0.1', '1.0'])('reads sparse files, version %s where PAX', async (version) => {
    const sizeBytes = 3_000_000;
    const expected = Buffer.alloc(sizeBytes);
    const { get, bytes } = await archive(
      (root) => {
        const path = join(root, 'sparse');
        writeFileSync(path, '');
        truncateSync(path, sizeBytes);
        const writable = openSync(path, 'r+');
        for (let piece = 0; piece < 30; piece++) {
          const at = piece * 90_000 + 5000;
          writeSync(writable, `piece ${piece}`, at);
          expected.write(`piece ${piece}`, at);
        }
        closeSync(writable);
        writeFileSync(join(root, 'holes'), '');
        truncateSync(join(root, 'holes'), 100_000);
        writeFileSync(join(root, 'zz-after'), 'after');
      },
      `--format=${format}`,
      '--sparse',
      ...(format === 'pax' ? [`--sparse-version=${version}`] : []),
    );
    expect(bytes.length).toBeLessThan(sizeBytes / 2);
    expect(get('./sparse').header.sizeBytes).toBe(sizeBytes);
    expect(get('./sparse').content.equals(expected)).toBe(true);
    expect(get('./holes').content.equals(Buffer.alloc(100_000))).toBe(true);
    expect(get('./zz-after').content.toString()).toBe('after');
  });
});

describe('reading what GNU tar writes as pax', () => {
  it('reads fractions of a second', async () => {
    const { get } = await archive((root) => {
      writeFileSync(join(root, 'a'), '');
      execFileSync('touch', ['-d', '2020-01-01 00:00:00.123456789 UTC', join(root, 'a')]);
      writeFileSync(join(root, 'b'), '');
      execFileSync('touch', ['-d', '1969-12-31 23:59:58.25 UTC', join(root, 'b')]);
    }, '--format=pax');
    expect(get('./a').header.mtime).toEqual({ seconds: 1_577_836_800, nanoseconds: 123_456_789 });
    expect(get('./b').header.mtime).toEqual({ seconds: -2, nanoseconds: 250_000_000 });
  });

  it('reads extended attributes of members and keeps the raw records', async () => {
    const { get } = await archive(
      (root) => writeFileSync(join(root, 'a'), 'x'),
      '--format=pax',
      '--pax-option=SCHILY.xattr.user.k:=a=\xff',
    );
    expect(Buffer.from(get('./a').header.xattrs.get('user.k') ?? []).toString()).toBe('a=\xff');
    expect(get('./a').header.records.map(({ key }) => key)).toContain('SCHILY.xattr.user.k');
  });

  it('applies global headers to the members after them, unless they have their own', async () => {
    const { get } = await archive(
      (root) => writeFileSync(join(root, 'a'), 'x'),
      '--format=pax',
      '--owner=:4000000000',
      '--pax-option=SCHILY.xattr.user.g=all,uid=77,gid=78',
    );
    expect(Buffer.from(get('./a').header.xattrs.get('user.g') ?? []).toString()).toBe('all');
    expect(get('./a').header.uid).toBe(4_000_000_000);
    expect(get('./a').header.gid).toBe(78);
  });
});

describe('what GNU tar makes of our tar', () => {
  const write = async (members: Parameters<typeof writeTar>[0]): Promise<string> => {
    made += 1;
    const file = join(directory, `${made}.tar`);
    writeFileSync(file, await bytesOf(writeTar(members)));
    return file;
  };
  const list = (file: string): string[] =>
    execFileSync(
      'tar',
      ['--utc', '--full-time', '--quoting-style=escape', '--xattrs', '--xattrs-include=*', '-tvvvf', file],
      {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C' },
      },
    )
      .trimEnd()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' '));

  it('lists types, modes, owners, devices, times and attributes as given', async () => {
    const mtime = { seconds: 1_577_836_800, nanoseconds: 0 };
    const file = await write([
      memberOf('/d', { kind: 'directory', mode: 0o1777, mtime }),
      memberOf('/d/f', {
        kind: 'file',
        content: 'hello',
        mode: 0o4755,
        uid: 4_000_000_000,
        gid: 3_000_000,
        mtime,
      }),
      memberOf('/d/l', { kind: 'hardlink', target: '/d/f', mode: 0o4755, mtime } as never),
      memberOf('/d/s', { kind: 'symlink', target: '/abs/t', mode: 0o777, mtime }),
      memberOf('/d/c', { kind: 'char-device', major: 1, minor: 3, mtime }),
      memberOf('/d/b', { kind: 'block-device', major: 8, minor: 1048575, mtime }),
      memberOf('/d/p', { kind: 'fifo', mtime: { seconds: -2, nanoseconds: 0 } }),
      memberOf('/d/x', {
        kind: 'file',
        mtime,
        xattrs: new Map([['security.capability', Buffer.from('\x01\0\0\x02\xff\n=', 'latin1')]]),
      }),
    ]);
    expect(list(file)).toEqual([
      'drwxrwxrwt 0/0 0 2020-01-01 00:00:00 d/',
      '-rwsr-xr-x 4000000000/3000000 5 2020-01-01 00:00:00 d/f',
      'hrwsr-xr-x 0/0 0 2020-01-01 00:00:00 d/l link to d/f',
      'lrwxrwxrwx 0/0 0 2020-01-01 00:00:00 d/s -> /abs/t',
      'crw-r--r-- 0/0 1,3 2020-01-01 00:00:00 d/c',
      'brw-r--r-- 0/0 8,1048575 2020-01-01 00:00:00 d/b',
      'prw-r--r-- 0/0 0 1969-12-31 23:59:58 d/p',
      '-rw-r--r--* 0/0 0 2020-01-01 00:00:00 d/x',
    ]);
    // GNU tar lists attributes only when it does not have to print full times.
    const attributes = execFileSync('tar', ['--xattrs', '--xattrs-include=*', '-tvvvf', file, 'd/x'], {
      encoding: 'utf8',
    });
    expect(attributes.split('\n')[1]).toBe('  x: 7 security.capability');
  });

  it('extracts times before 1970 and fractions of a second', async () => {
    const target = join(directory, 'times');
    mkdirSync(target);
    const times = [
      { seconds: -2, nanoseconds: 250_000_000 },
      { seconds: -1, nanoseconds: 0 },
      { seconds: 1_577_836_800, nanoseconds: 123_456_789 },
    ];
    const file = await write(times.map((mtime, index) => memberOf(`/${index}`, { kind: 'file', mtime })));
    execFileSync('tar', ['-C', target, '-xf', file]);
    const seen = times.map((_, index) => statSync(join(target, `${index}`), { bigint: true }).mtimeNs);
    expect(seen).toEqual(
      times.map(({ seconds, nanoseconds }) => BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)),
    );
  });

  it('extracts names of every length and bytes that are no UTF-8', async () => {
    const names = [
      '/a'.repeat(49),
      `/${'a'.repeat(99)}`,
      `/${'b'.repeat(100)}`,
      `/${'c'.repeat(101)}`,
      `/${'d'.repeat(155)}/${'e'.repeat(100)}`,
      `/${'d'.repeat(156)}/${'e'.repeat(100)}`,
      `/${'f'.repeat(200)}/${'g'.repeat(200)}/${'h'.repeat(200)}`,
      `/${'é'.repeat(60)}`,
      '/caf\udce9',
    ];
    const target = join(directory, 'extracted');
    mkdirSync(target);
    const file = await write(
      names.map((name, index) => memberOf(name, { kind: 'file', content: `${index}` })),
    );
    execFileSync('tar', ['-C', target, '-xf', file]);
    for (const [index, name] of names.entries()) {
      const path = Buffer.from(`${target}${name}`.replace('\udce9', '?'), 'utf8')
        .toString('latin1')
        .replace('?', '\xe9');
      expect(readFileSync(Buffer.from(path, 'latin1'), 'utf8')).toBe(`${index}`);
    }
  });
});
