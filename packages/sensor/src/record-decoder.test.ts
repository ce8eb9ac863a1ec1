import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRecordDecoder, decodeRecords, settledBytes } from './record-decoder.ts';
import { SensorRecordError } from './sensor-record-error.ts';

const hello = Buffer.from('1b000000015041524503000000' + '00000440e20100000000000500302e322e30', 'hex');
const note = Buffer.from('0d0000000840e201000000000002006869', 'hex');

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof SensorRecordError) return error.code;
    throw error;
  }
}
const codeOfRecord = (...parts: Uint8Array[]): string | undefined =>
  codeOf(() => createRecordDecoder().push(Buffer.concat(parts)));

describe('createRecordDecoder', () => {
  it('gives the same records however the bytes are cut', () => {
    const whole = Buffer.concat([hello, note, note]);
    const expected = createRecordDecoder().push(whole);
    expect(expected.map((record) => record.kind)).toEqual(['hello', 'note', 'note']);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
        const decoder = createRecordDecoder();
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const records = edges.slice(1).flatMap((end, i) => decoder.push(whole.subarray(edges[i], end)));
        expect(records).toEqual(expected);
        expect(decoder.end()).toEqual({ complete: true });
      }),
    );
  });

  it('tells that a record was cut within a frame, or is empty', () => {
    const decoder = createRecordDecoder();
    expect(decoder.push(Buffer.concat([hello, note.subarray(0, 7)]))).toHaveLength(1);
    expect(decoder.end()).toEqual({ complete: false });
    expect(createRecordDecoder().end()).toEqual({ complete: false });
  });

  it.each([
    ['nothing but zeros', [Buffer.alloc(64)], 0, false],
    ['zeros behind the frames', [hello, note, Buffer.alloc(300_000)], 2, true],
    ['fewer zeros than a length has', [hello, note, Buffer.alloc(3)], 2, true],
    ['a frame without its length', [hello, Buffer.alloc(4), note.subarray(4), Buffer.alloc(9)], 1, false],
    ['frames behind a gap', [hello, Buffer.alloc(4096), note], 1, false],
  ])('takes a length of zero for the end: %s', (_, parts, count, complete) => {
    const bytes = Buffer.concat(parts);
    const decoder = createRecordDecoder();
    expect(decoder.push(bytes)).toHaveLength(count);
    expect(decoder.end()).toEqual({ complete });
    fc.assert(
      fc.property(fc.nat(bytes.length), (cut) => {
        const again = createRecordDecoder();
        again.push(bytes.subarray(0, cut));
        again.push(bytes.subarray(cut));
        expect(again.end()).toEqual({ complete });
      }),
      { numRuns: 30 },
    );
  });

  it('does not keep the memory of the chunk that it was given', () => {
    const decoder = createRecordDecoder();
    const chunk = Buffer.concat([hello, note.subarray(0, 9)]);
    decoder.push(chunk);
    chunk.fill(0xff);
    expect(decoder.push(note.subarray(9))).toMatchObject([{ kind: 'note', message: 'hi' }]);
  });

  it.each([
    ['text', 'not-a-record', [Buffer.from('{"not": "a record"}')]],
    ['a first frame that is no hello', 'not-a-record', [note]],
    ['another magic', 'not-a-record', [Buffer.from(hello).fill(0x58, 5, 6)]],
    ['another protocol', 'unsupported-protocol', [Buffer.from(hello).fill(9, 9, 10)]],
    ['a second hello', 'malformed-frame', [hello, hello]],
    ['an unknown kind', 'malformed-frame', [hello, Buffer.from('0100000063', 'hex')]],
    ['a body too short', 'malformed-frame', [hello, Buffer.from('0300000008ffff', 'hex')]],
    [
      'a body too long',
      'malformed-frame',
      [hello, Buffer.from('0e0000000840e20100000000000200686900', 'hex')],
    ],
    [
      'a length beyond the body',
      'malformed-frame',
      [hello, Buffer.from('0d0000000840e2010000000000ffff6869', 'hex')],
    ],
    [
      'an unknown reason',
      'malformed-frame',
      [hello, Buffer.from('0e000000070903000000' + '40e2010000000000', 'hex')],
    ],
    ['a frame of 4 GiB', 'frame-too-long', [hello, Buffer.from('ffffffff08', 'hex')]],
  ])('refuses %s', (_, code, parts) => {
    expect(codeOfRecord(...parts)).toBe(code);
  });

  it('refuses bytes after the end', () => {
    const decoder = createRecordDecoder();
    decoder.push(hello);
    decoder.end();
    expect(codeOf(() => decoder.push(note))).toBe('decoder-ended');
  });

  it('never fails otherwise than by its own error, whatever the bytes', () => {
    const frame = fc
      .tuple(fc.integer({ min: 0, max: 11 }), fc.uint8Array({ maxLength: 80 }))
      .map(([kind, body]) => {
        const head = Buffer.alloc(5);
        head.writeUInt32LE(body.length + 1);
        head.writeUInt8(kind, 4);
        return Buffer.concat([head, body]);
      });
    const stream = fc.array(fc.oneof(frame, fc.uint8Array({ maxLength: 40 }), fc.constant(note)), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.boolean(), stream, (greeted, parts) => {
        codeOfRecord(...(greeted ? [hello, ...parts] : parts));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('settledBytes', () => {
  const room = Buffer.alloc(40);

  it('counts whole frames that both looks have', () => {
    const file = Buffer.concat([hello, note, room]);
    expect(settledBytes(file, file)).toBe(hello.length + note.length);
    expect(settledBytes(new Uint8Array(0), file)).toBe(0);
    expect(settledBytes(file, file.subarray(0, hello.length + 5))).toBe(hello.length);
    expect(settledBytes(file, Buffer.alloc(file.length))).toBe(0);
  });

  it('leaves what the second look shows first, and takes a length that the first one showed in part', () => {
    const after = Buffer.concat([hello, note, note, room]);
    const before = Buffer.concat([hello, room, room]);
    expect(settledBytes(before, after)).toBe(hello.length);
    const long = Buffer.alloc(4 + 0x1234);
    long.writeUInt32LE(0x1234);
    const torn = Buffer.from(long).fill(0, 1);
    expect(settledBytes(torn, long)).toBe(long.length);
  });

  it('never counts beyond what was read, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (before, after) => {
        const count = settledBytes(before, after);
        expect(count).toBeLessThanOrEqual(Math.min(before.length, after.length));
      }),
    );
  });
});

describe('decodeRecords', () => {
  it('ends before a frame that was cut short', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield hello;
      yield note;
      yield note.subarray(0, 3);
    }
    const kinds: string[] = [];
    for await (const record of decodeRecords(chunks())) kinds.push(record.kind);
    expect(kinds).toEqual(['hello', 'note']);
  });
});
