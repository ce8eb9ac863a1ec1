import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { observationOf } from '../observation-of.ts';
import { confirmAhead, openReadingAhead, type ReadAhead } from './read-ahead.ts';

const kinds = ['hello', 'exec', 'rights', 'path', 'call', 'syscall', 'argument', 'socket', 'loss', 'note'];
const marks = { readyNs: undefined, probes: [] };
const origin = { container: 0, marks };
let directory: HostPath;
let record: HostPath;
let frames: readonly Buffer[];

beforeEach(async () => {
  const protocol = await readFile(join(import.meta.dirname, '../../../../sensor/PROTOCOL.md'), 'utf8');
  frames = kinds.map((kind) => {
    const golden = new RegExp(`\\n\`\`\`golden ${kind}\\n([0-9a-f ]+)\\n`).exec(protocol)?.[1] ?? '';
    return Buffer.from(golden.replaceAll(' ', ''), 'hex');
  });
  directory = hostPath(await mkdtemp(join(tmpdir(), 'pare-ahead-')));
  record = hostPath(join(directory, 'application'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** What is observed of the whole record, and of one of a command beside it. */
function observed(ahead?: ReadAhead): string {
  const whole = Buffer.concat([...frames, Buffer.alloc(4096)]);
  const first = { record: whole, ...origin, ...(ahead === undefined ? {} : { ahead }) };
  const observation = observationOf({
    result: {
      ...{ answers: [], listening: [], exitCode: undefined, logTail: [], readyAfterMs: 0, probes: [] },
      unexposed: [],
    },
    traces: [first, { record: Buffer.concat(frames), ...origin }],
    image: { reference: 'app', id: 'sha256:1' },
    local: true,
    notes: ['a note of the run'],
  });
  return JSON.stringify(observation);
}

/** Takes what there is now. */
async function takenNow(): Promise<ReadAhead | undefined> {
  const reading = openReadingAhead(record, 0);
  await reading.take(marks);
  return reading.end();
}

test('observes the same, however much of the record was taken ahead', async () => {
  const expected = observed();
  expect(expected).toContain('/etc/passwd');
  for (let count = 0; count <= frames.length; count += 1) {
    const begun = Buffer.concat(frames.slice(0, count));
    await writeFile(record, Buffer.concat([begun, (frames[count] ?? begun).subarray(0, 3)]));
    const ahead = await takenNow();
    expect(ahead?.taken.length).toBe(begun.length);
    expect(observed(ahead)).toBe(expected);
  }
});

test('goes on where it was the last time', async () => {
  const reading = openReadingAhead(record, 0);
  for (const count of [3, 9]) {
    await writeFile(record, Buffer.concat(frames.slice(0, count)));
    await reading.take(marks);
  }
  const ahead = await reading.end();
  expect(ahead?.taken.length).toBe(Buffer.concat(frames.slice(0, 9)).length);
  expect(observed(ahead)).toBe(observed());
});

test('begins anew where the record begins in another way meanwhile', async () => {
  const reading = openReadingAhead(record, 0);
  const other = Buffer.concat(frames).toString('latin1').replace('/etc/passwd', '/etc/passwx');
  await writeFile(record, other, 'latin1');
  await reading.take(marks);
  await writeFile(record, Buffer.concat(frames));
  await reading.take(marks);
  expect(observed(await reading.end())).toBe(observed());
});

test('leaves a record alone in the end', async () => {
  await writeFile(record, Buffer.concat(frames));
  const reading = openReadingAhead(record, 0);
  const taking = reading.take(marks);
  const ahead = await reading.end();
  await taking;
  expect(ahead?.taken.length).toBe(0);
  expect(observed(ahead)).toBe(observed());
});

test('takes nothing of a record that is not there, or is none', async () => {
  expect(await takenNow()).toBeUndefined();
  await writeFile(record, Buffer.from('0300000063ffff', 'hex'));
  expect(await takenNow()).toBeUndefined();
});

test('tells in the end why a record could not be read', async () => {
  const reading = openReadingAhead(directory, 0);
  await expect(reading.take(marks)).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(reading.end()).rejects.toMatchObject({ code: 'EISDIR' });
});

test('forgets what was taken of a record that begins in another way in the end', async () => {
  await writeFile(record, Buffer.concat(frames));
  const ahead = await takenNow();
  expect(confirmAhead(ahead, Buffer.concat(frames))).toBe(ahead);
  expect(confirmAhead(ahead, Buffer.concat(frames.slice(0, 3)))).toBeUndefined();
  expect(confirmAhead(ahead, Buffer.concat(frames.toReversed()))).toBeUndefined();
  expect(confirmAhead(undefined, Buffer.concat(frames))).toBeUndefined();
});
