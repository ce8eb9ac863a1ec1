import { describe, expect, it } from 'vitest';
import { tellsOfLoss } from './find-loss.ts';
import { SensorRecordError } from './sensor-record-error.ts';

const hello = Buffer.from('1b000000015041524503000000' + '00000440e20100000000000500302e322e30', 'hex');
const loss = (reason: number) =>
  Buffer.from(`0e00000007${reason.toString(16).padStart(2, '0')}0300000040e2010000000000`, 'hex');
/** A note whose text is a loss frame: none of the sensor's. */
const noteOfLoss = Buffer.concat([Buffer.from('1d0000000840e20100000000001200', 'hex'), loss(6)]);

describe('tellsOfLoss', () => {
  it('finds the loss of one reason wherever it is', () => {
    const record = Buffer.concat([hello, loss(0), loss(6), Buffer.alloc(300)]);
    expect(tellsOfLoss(record, 'unwatched')).toBe(true);
    expect(tellsOfLoss(record, 'unreadable-memory')).toBe(true);
    expect(tellsOfLoss(record, 'table-full')).toBe(false);
    expect(tellsOfLoss(new Uint8Array(0), 'unwatched')).toBe(false);
  });

  it('is not misled by bytes that look like one', () => {
    expect(tellsOfLoss(Buffer.concat([hello, noteOfLoss]), 'unwatched')).toBe(false);
    expect(tellsOfLoss(Buffer.concat([hello, loss(6).subarray(0, 12)]), 'unwatched')).toBe(false);
  });

  it('throws where it must decode what is no record', () => {
    expect(() => tellsOfLoss(loss(6), 'unwatched')).toThrow(SensorRecordError);
  });
});
