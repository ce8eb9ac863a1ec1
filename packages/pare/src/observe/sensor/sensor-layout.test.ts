import { expect, test } from 'vitest';
import { sensorFirstIfKilled } from './sensor-layout.ts';

const hello = Buffer.from('1b000000015041524503000000000004' + '40e20100000000000500302e322e30', 'hex');
const unwatched = Buffer.from('0e000000070601000000' + '40e2010000000000', 'hex');
const marks = { readyNs: undefined, probes: [] };
const notes: string[] = [];
const progress = {
  stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
  note: (message: string) => void notes.push(message),
  warn: () => undefined,
};

async function layouts(record: Uint8Array, chosen?: 'application-first'): Promise<unknown[]> {
  const tried: unknown[] = [];
  const sensorOptions = chosen === undefined ? {} : { layout: chosen };
  await sensorFirstIfKilled({ sensorOptions, progress }, async (options) => {
    tried.push(options.layout);
    return { traces: [{ record, marks, container: 0 }] };
  });
  return tried;
}

test('observes a second time with the sensor first when it was killed for good', async () => {
  expect(await layouts(Buffer.concat([hello, unwatched]))).toEqual([undefined, 'sensor-first']);
  expect(notes).toHaveLength(1);
});

test('keeps the layout that was chosen, and a record that is whole or none at all', async () => {
  expect(await layouts(Buffer.concat([hello, unwatched]), 'application-first')).toEqual([
    'application-first',
  ]);
  expect(await layouts(hello)).toEqual([undefined]);
  expect(await layouts(Buffer.from('no record'))).toEqual([undefined]);
  expect(notes).toHaveLength(1);
});
