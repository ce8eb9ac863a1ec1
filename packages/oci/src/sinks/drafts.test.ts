import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomically } from './atomic-file.ts';
import { draftPath } from './draft-names.ts';
import { findStaleDrafts, removeStaleDrafts } from './drafts.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-drafts-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A draft of this machine whose writer is no more. */
async function staleDraft(): Promise<string> {
  const child = spawn('true');
  await once(child, 'close');
  const own = await draftPath(directory);
  return own.replace(`.${process.pid}.`, `.${child.pid}.`);
}

async function* chunks(text: string) {
  yield Buffer.from(text);
}

test('a draft of a living process is left alone, and so is what is no draft', async () => {
  const live = await draftPath(directory);
  await writeFile(live, 'x');
  await writeFile(join(directory, '.pare-notes'), 'x');
  await writeFile(join(directory, '.pare-0123456789abcdef'), 'x');
  expect(await findStaleDrafts(directory)).toEqual([]);
});

test('a process that has the ID of a dead one does not keep its draft', async () => {
  const own = await draftPath(directory);
  const stale = own.replace(/\.\w+\.([0-9a-f]{12})$/, '.1.$1');
  await writeFile(stale, 'x');
  expect(await findStaleDrafts(directory)).toEqual([stale]);
});

test('a draft of another machine is not judged here', async () => {
  const foreign = (await staleDraft()).replace(/\.pare-[0-9a-f]{8}/, '.pare-00000000');
  await writeFile(foreign, 'x');
  await removeStaleDrafts(directory);
  expect(await readdir(directory)).toEqual([basename(foreign)]);
});

test('the next write to the same place removes what a killed one left there, directories too', async () => {
  await writeFile(await staleDraft(), 'x');
  const tree = await staleDraft();
  await mkdir(join(tree, 'deep/er'), { recursive: true });
  await writeFileAtomically(join(directory, 'image.tar'), chunks('whole'));
  expect(await readdir(directory)).toEqual(['image.tar']);
});

test('a directory that is not there has no drafts', async () => {
  const nowhere = join(directory, 'none');
  expect(await findStaleDrafts(nowhere)).toEqual([]);
  await removeStaleDrafts(nowhere);
  await expect(access(nowhere)).rejects.toThrow('ENOENT');
});
