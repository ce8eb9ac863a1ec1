import { lossHead } from './decode-frame.ts';
import type { SensorRecord } from './record.ts';
import { createRecordDecoder } from './record-decoder.ts';

type LossReason = Extract<SensorRecord, { kind: 'loss' }>['reason'];

/**
 * Whether a whole record tells of a loss. One search for how such a frame begins says of nearly every record that it does not; only
 * where that is found are frames decoded. Throws SensorRecordError then.
 */
export function tellsOfLoss(record: Uint8Array, reason: LossReason): boolean {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (!bytes.includes(Buffer.from(lossHead(reason)))) return false;
  return createRecordDecoder()
    .push(record)
    .some((one) => one.kind === 'loss' && one.reason === reason);
}
