import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRecordDecoder, decodeRecords } from './record-decoder.ts';
import { SensorRecordError } from './sensor-record-error.ts';

const hello = Buffer.from('1b000000015041524502000000' + '00000440e20100000000000500302e322e30', 'hex');
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

  it('does not keep the memory of the chunk that it was given', () => {
    const decoder = createRecordDecoder();
    const chunk = Buffer.concat([hello, note.subarray(0, 9)]);
    decoder.push(chunk);
    chunk.fill(0xff);
    expect(decoder.push(note.subarray(9))).toMatchObject([{ kind: 'note', message: 'hi' }]);
  });

  it.each([
    ['text', 'not-a-record', [Buffer.from('{"not": "a record"}')]],
    ['zeros', 'not-a-record', [Buffer.alloc(64)]],
    ['a first frame that is no hello', 'not-a-record', [note]],
    ['another magic', 'not-a-record', [Buffer.from(hello).fill(0x58, 5, 6)]],
    ['another protocol', 'unsupported-protocol', [Buffer.from(hello).fill(9, 9, 10)]],
    ['a second hello', 'malformed-frame', [hello, hello]],
    ['an unknown kind', 'malformed-frame', [hello, Buffer.from('0100000063', 'hex')]],
    ['an empty frame', 'malformed-frame', [hello, Buffer.from('00000000', 'hex')]],
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
