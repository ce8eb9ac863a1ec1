import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePaxRecords,
  parsePaxRecords,
  parsePaxTime,
  recordOfXattr,
  renderPaxTime,
  xattrOfRecord,
} from './pax.ts';

const records = (text: string) => parsePaxRecords(Buffer.from(text, 'latin1'));

describe('PAX records', () => {
  it('keeps order, repeated keys, binary values and values with newlines', () => {
    expect(
      records('6 a=1\n6 a=2\n9 b=\0\n=\xff\n').map(({ key, value }) => [
        key,
        Buffer.from(value).toString('latin1'),
      ]),
    ).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['b', '\0\n=\xff'],
    ]);
  });

  it('reads none from nothing', () => {
    expect(records('')).toEqual([]);
  });

  it.each([
    'x',
    '6 a=1',
    '7 a=1\n',
    '5 a=1\n',
    ' a=1\n',
    '0 a=1\n',
    '-6 a=1\n',
    '6 abc\n',
    '5 =1\n',
    '99999999999 a=1\n',
    '6 a=1\n3',
  ])('refuses %j', (text) => {
    expect(() => records(text)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('reads back what it writes, whatever the length of the length', () => {
    const value = fc.uint8Array({ maxLength: 1200 });
    const key = fc.stringMatching(/^[a-zA-Z.]{1,20}$/);
    fc.assert(
      fc.property(fc.array(fc.record({ key, value })), (list) => {
        const read = parsePaxRecords(Buffer.from(encodePaxRecords(list)));
        expect(read.map((record) => [record.key, [...record.value]])).toEqual(
          list.map((record) => [record.key, [...record.value]]),
        );
      }),
    );
    for (let length = 0; length < 1100; length++) {
      expect(
        records(
          Buffer.from(encodePaxRecords([{ key: 'k', value: new Uint8Array(length) }])).toString('latin1'),
        ),
      ).toHaveLength(1);
    }
  });

  it('escapes the equals sign of an attribute name as GNU tar does', () => {
    const record = recordOfXattr('user.a=b%c', new Uint8Array());
    expect(record.key).toBe('SCHILY.xattr.user.a%3Db%25c');
    expect(xattrOfRecord(record)).toBe('user.a=b%c');
  });
});

describe('PAX times', () => {
  it.each([
    ['0', 0, 0],
    ['12.5', 12, 500_000_000],
    ['-1', -1, 0],
    ['-1.5', -2, 500_000_000],
    ['-0.000000001', -1, 999_999_999],
    ['1.1234567899', 1, 123_456_789],
  ])('reads %s', (text, seconds, nanoseconds) => {
    expect(parsePaxTime('mtime', Buffer.from(text))).toEqual({ seconds, nanoseconds });
  });

  it.each(['', '.', 'x', '1e3', '--1', '1.-5', '99999999999999999'])('refuses %j', (text) => {
    expect(() => parsePaxTime('mtime', Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
  });

  it('reads back what it writes', () => {
    const time = fc.record({
      seconds: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
    });
    fc.assert(
      fc.property(time, (value) => {
        expect(parsePaxTime('mtime', Buffer.from(renderPaxTime(value)))).toEqual(value);
      }),
    );
  });
});
