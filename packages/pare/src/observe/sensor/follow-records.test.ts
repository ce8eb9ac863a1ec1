import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followRecords } from './follow-records.ts';

let hello: Buffer;
let note: Buffer;
let directory: HostPath;

beforeEach(async () => {
  const protocol = await readFile(join(import.meta.dirname, '../../../../sensor/PROTOCOL.md'), 'utf8');
  const golden = (kind: string) =>
    Buffer.from(
      new RegExp(`\\n\`\`\`golden ${kind}\\n([0-9a-f ]+)\\n`).exec(protocol)?.[1]?.replaceAll(' ', '') ?? '',
      'hex',
    );
  hello = golden('hello');
  note = golden('note');
  directory = hostPath(await mkdtemp(join(tmpdir(), 'pare-follow-')));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('tells each fact once while the record grows, also one whose frame comes in two parts', async () => {
  const kinds: string[] = [];
  await using _ = followRecords(directory, ({ kind }) => void kinds.push(kind));
  await writeFile(join(directory, 'application'), Buffer.concat([hello, note.subarray(0, 5)]));
  await vi.waitFor(() => expect(kinds).toEqual(['hello']));
  await appendFile(join(directory, 'application'), note.subarray(5));
  await vi.waitFor(() => expect(kinds).toEqual(['hello', 'note']));
});

test('waits for a frame whose length is still zero', async () => {
  const kinds: string[] = [];
  await using _ = followRecords(directory, ({ kind }) => void kinds.push(kind));
  const path = join(directory, 'application');
  await writeFile(path, Buffer.concat([hello, Buffer.alloc(4), note.subarray(4), Buffer.alloc(4096)]));
  await vi.waitFor(() => expect(kinds).toEqual(['hello']));
  await writeFile(path, Buffer.concat([hello, note, note, Buffer.alloc(4096)]), { flag: 'r+' });
  await vi.waitFor(() => expect(kinds).toEqual(['hello', 'note', 'note']));
});

test('reads what was written last when it is disposed of, of every record', async () => {
  const kinds: string[] = [];
  const follower = followRecords(directory, ({ kind }) => void kinds.push(kind));
  await writeFile(join(directory, 'application'), Buffer.concat([hello, note]));
  await writeFile(join(directory, 'exec-1'), hello);
  await writeFile(join(directory, 'something-else'), note);
  await follower[Symbol.asyncDispose]();
  expect(kinds).toEqual(['hello', 'note', 'hello']);
});

test('leaves a record that is none to whoever reads it whole', async () => {
  const kinds: string[] = [];
  await writeFile(join(directory, 'application'), 'this is no record at all');
  const follower = followRecords(directory, ({ kind }) => void kinds.push(kind));
  await follower[Symbol.asyncDispose]();
  expect(kinds).toEqual([]);
});

test('ends when the directory is gone', async () => {
  const follower = followRecords(directory, () => undefined);
  await rm(directory, { recursive: true });
  await follower[Symbol.asyncDispose]();
});
