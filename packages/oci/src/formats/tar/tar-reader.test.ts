import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OciError } from '../../model/oci-error.ts';
import { bytesOf, type EntryDraft, memberOf, oneChunk } from '../../testing/memory-layer.ts';
import { encodePaxRecords } from './pax.ts';
import { readTar } from './tar-reader.ts';
import { type TarWrite, writeTar } from './tar-writer.ts';

interface Seen {
  readonly name: string;
  readonly content: string;
}

async function names(bytes: Uint8Array, chunkBytes = bytes.length || 1): Promise<Seen[]> {
  const seen: Seen[] = [];
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  })();
  for await (const { header, content } of readTar(chunks)) {
    seen.push({ name: header.name, content: (await bytesOf(content)).toString('latin1') });
  }
  return seen;
}

async function codeOf(bytes: Uint8Array): Promise<string> {
  return await names(bytes).then(
    () => 'clean',
    (error: unknown) => (error instanceof OciError ? error.code : `crash: ${String(error)}`),
  );
}

const sample = () => [
  memberOf('/d', { kind: 'directory' }),
  memberOf('/d/a', { kind: 'file', content: 'first' }),
  memberOf(`/${'long/'.repeat(60)}b`, { kind: 'file', content: 'x'.repeat(1500), uid: 3_000_000 }),
  memberOf('/e', { kind: 'file', content: '' }),
];
const sampleBytes = await bytesOf(writeTar(sample()));

/** A member as it stands in the archive, with another header byte. */
async function withField(start: number, text: string): Promise<Buffer> {
  const bytes = Buffer.from(await bytesOf(writeTar([memberOf('/a', { kind: 'file', content: 'hello' })])));
  bytes.write(text, start, 'latin1');
  bytes.fill(0x20, 148, 156);
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

describe('readTar', () => {
  it('reads nothing from nothing and from an archive without members', async () => {
    expect(await names(Buffer.alloc(0))).toEqual([]);
    expect(await names(Buffer.alloc(1024))).toEqual([]);
    expect(await names(Buffer.alloc(512))).toEqual([]);
  });

  it.each([1, 7, 511, 512, 513, 100_000])('reads the same in chunks of %d bytes', async (chunkBytes) => {
    const seen = await names(sampleBytes, chunkBytes);
    expect(seen.map(({ name, content }) => [name, content.length])).toEqual([
      ['d/', 0],
      ['d/a', 5],
      [`${'long/'.repeat(60)}b`, 1500],
      ['e', 0],
    ]);
  });

  it('passes over contents that nobody reads', async () => {
    const seen: string[] = [];
    for await (const { header } of readTar(oneChunk(sampleBytes))) seen.push(header.name);
    expect(seen).toHaveLength(4);
  });

  it('gives the offset of each content', async () => {
    for await (const { header, offset } of readTar(oneChunk(sampleBytes))) {
      if (header.name === 'd/a') expect(sampleBytes.toString('latin1', offset, offset + 5)).toBe('first');
    }
  });

  it('closes its source when the reader leaves early', async () => {
    let closed = false;
    const source = (async function* () {
      try {
        yield sampleBytes;
      } finally {
        closed = true;
      }
    })();
    for await (const _member of readTar(source)) break;
    expect(closed).toBe(true);
  });

  it('ends cleanly at a boundary of members and nowhere else', async () => {
    const boundaries = new Set([0]);
    let at = 0;
    for (const member of sample()) {
      at += (await bytesOf(writeTar([member]))).length - 1024;
      boundaries.add(at);
      // The last block's padding may be missing.
      const { entry } = member;
      if (entry.kind === 'file')
        for (let left = 1; left <= (512 - (entry.sizeBytes % 512)) % 512; left++) boundaries.add(at - left);
    }
    boundaries.add(at + 512);
    boundaries.add(at + 1024);
    const some = Array.from({ length: Math.ceil(sampleBytes.length / 11) }, (_, index) => index * 11);
    const near = [...boundaries].flatMap((boundary) => [boundary - 1, boundary, boundary + 1]);
    for (const length of new Set(
      [...some, ...near].filter((value) => value >= 0 && value <= sampleBytes.length),
    )) {
      const code = await codeOf(sampleBytes.subarray(0, length));
      if (boundaries.has(length)) expect([length, code]).toEqual([length, 'clean']);
      else expect([length, ['truncated', 'corrupt'].includes(code)]).toEqual([length, true]);
    }
  });

  it('refuses a wrong checksum', async () => {
    const bytes = Buffer.from(sampleBytes);
    bytes[0] = 0x7a;
    expect(await codeOf(bytes)).toBe('corrupt');
  });

  it('refuses a lone zero block between members', async () => {
    const one = await bytesOf(writeTar([memberOf('/a', { kind: 'file' })]));
    expect(await codeOf(Buffer.concat([one.subarray(0, 1024), one]))).toBe('corrupt');
  });

  it('ignores what follows the end of the archive', async () => {
    expect(await names(Buffer.concat([sampleBytes, Buffer.from('garbage')]))).toHaveLength(4);
  });

  it.each([
    ['a type that no engine unpacks', 156, 'V', 'unsupported'],
    ['letters in a number', 124, 'zzzz', 'corrupt'],
    ['a negative size', 124, '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'corrupt'],
    ['a size beyond all files', 124, '\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'corrupt'],
    ['a size beyond the archive', 124, '77777777777', 'truncated'],
    ['an extended header that is none', 156, 'x', 'corrupt'],
  ])('refuses %s', async (_what, start, text, code) => {
    expect(await codeOf(await withField(start, text))).toBe(code);
  });

  it('refuses an extended header of gigabytes before it reads it', async () => {
    const bytes = await withField(124, '77777777777');
    bytes.write('L', 156, 'latin1');
    bytes.fill(0x20, 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(await codeOf(bytes)).toBe('too-large');
  });

  it('refuses an archive that ends after an extended header', async () => {
    const bytes = await bytesOf(
      writeTar([memberOf('/a', { kind: 'file', xattrs: new Map([['user.a', Buffer.from('1')]]) })]),
    );
    expect(await codeOf(bytes.subarray(0, 1024))).toBe('truncated');
    expect(await codeOf(Buffer.concat([bytes.subarray(0, 1024), Buffer.alloc(1024)]))).toBe('truncated');
  });

  it.each([
    ['segments out of order', '20,5,10,5', 'corrupt'],
    ['overlapping segments', '0,8,5,2', 'corrupt'],
    ['segments beyond the size', '0,5,96,5', 'corrupt'],
    ['another length than is stored', '0,5', 'corrupt'],
    ['an odd map', '0,5,10', 'corrupt'],
    ['a map of words', 'a,b', 'corrupt'],
  ])('refuses a sparse map with %s', async (_what, map, code) => {
    const record = (key: string, text: string) => ({ key, value: Buffer.from(text) });
    const payload = Buffer.from(
      encodePaxRecords([record('GNU.sparse.size', '100'), record('GNU.sparse.map', map)]),
    );
    const head = await withField(156, 'x');
    const extended = Buffer.alloc(1024);
    head.copy(extended, 0, 0, 512);
    extended.write(payload.length.toString(8).padStart(11, '0'), 124, 'latin1');
    extended.fill(0x20, 148, 156);
    const sum = extended.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    extended.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    payload.copy(extended, 512);
    const file = await bytesOf(writeTar([memberOf('/a', { kind: 'file', content: '0123456789' })]));
    expect(await codeOf(Buffer.concat([extended, file]))).toBe(code);
  });

  it('never fails otherwise than by OciError, whatever bytes it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        expect(await codeOf(bytes)).not.toContain('crash');
      }),
    );
  });

  it('never fails otherwise than by OciError on a damaged archive', async () => {
    const damage = fc.array(fc.record({ at: fc.nat(sampleBytes.length - 1), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(damage, async (list) => {
        const bytes = Buffer.from(sampleBytes);
        for (const { at, byte } of list) bytes[at] = byte;
        // With a right checksum the damage reaches the parsers behind it.
        const block = Math.floor((list[0]?.at ?? 0) / 512) * 512;
        bytes.fill(0x20, block + 148, block + 156);
        const sum = bytes.subarray(block, block + 512).reduce((total, byte) => total + byte, 0);
        bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, block + 148, 'latin1');
        expect(await codeOf(bytes)).not.toContain('crash');
      }),
      { numRuns: 300 },
    );
  });
});

describe('writeTar', () => {
  const segment = fc.stringMatching(/^[a-zé.]{1,40}$/).filter((name) => name !== '.' && name !== '..');
  const path = fc.array(segment, { minLength: 1, maxLength: 8 }).map((segments) => `/${segments.join('/')}`);
  const metadata = {
    mode: fc.nat(0o7777),
    uid: fc.nat(2 ** 32 - 2),
    gid: fc.nat(2 ** 32 - 2),
    mtime: fc.record({
      seconds: fc.integer({ min: -(2 ** 34), max: 2 ** 34 }),
      nanoseconds: fc.oneof(fc.constant(0), fc.nat(999_999_999)),
    }),
    xattrs: fc
      .dictionary(fc.stringMatching(/^user\.[a-z%=]{1,9}$/), fc.uint8Array({ maxLength: 40 }), {
        noNullPrototype: true,
      })
      .map((pairs) => new Map(Object.entries(pairs))),
  };
  const draft: fc.Arbitrary<EntryDraft> = fc.oneof(
    fc.record({
      kind: fc.constant('file' as const),
      content: fc.uint8Array({ maxLength: 1100 }),
      ...metadata,
    }),
    fc.record({ kind: fc.constantFrom('directory' as const, 'fifo' as const), ...metadata }),
    fc.record({
      kind: fc.constant('symlink' as const),
      target: fc.string({ minLength: 1, maxLength: 150 }).filter((text) => !text.includes('\0')),
      ...metadata,
    }),
    fc.record({
      kind: fc.constantFrom('char-device' as const, 'block-device' as const),
      major: fc.nat(4095),
      minor: fc.nat(1048575),
      ...metadata,
    }),
  );

  it('writes what is read back equal, twice the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, draft), { maxLength: 6 }), async (drafts) => {
        const render = () => bytesOf(writeTar(drafts.map(([name, value]) => memberOf(name, value))));
        const bytes = await render();
        const read: unknown[] = [];
        for await (const { header, content } of readTar(oneChunk(bytes))) {
          const { type, name, mode, uid, gid, mtime, xattrs, sizeBytes, linkName, major, minor } = header;
          read.push({
            type,
            name,
            mode,
            uid,
            gid,
            mtime,
            xattrs: sorted(xattrs),
            sizeBytes,
            linkName,
            major,
            minor,
            content: await bytesOf(content),
          });
        }
        expect(read).toEqual(drafts.map(([name, value]) => expected(memberOf(name, value), value)));
        expect((await render()).equals(bytes)).toBe(true);
      }),
    );
  });

  function expected({ entry }: TarWrite, value: EntryDraft) {
    const device = entry.kind === 'char-device' || entry.kind === 'block-device';
    return {
      type: entry.kind,
      name: entry.path.slice(1) + (entry.kind === 'directory' ? '/' : ''),
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      mtime: entry.mtime,
      xattrs: sorted(entry.xattrs),
      sizeBytes: entry.kind === 'file' ? entry.sizeBytes : 0,
      linkName: entry.kind === 'symlink' ? entry.target : '',
      major: device ? entry.major : 0,
      minor: device ? entry.minor : 0,
      content: Buffer.from(value.content ?? ''),
    };
  }

  function sorted(xattrs: ReadonlyMap<string, Uint8Array>) {
    return [...xattrs].map(([name, value]) => [name, [...value]] as const).sort();
  }

  it('refuses a content of another length than its entry says', async () => {
    const { entry } = memberOf('/a', { kind: 'file', content: 'hello' });
    await expect(
      bytesOf(writeTar([{ entry, content: oneChunk(Buffer.from('hell')) }])),
    ).rejects.toMatchObject({ code: 'corrupt' });
  });
});
