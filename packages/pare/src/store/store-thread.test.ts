import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStoreThread, type StoreThread } from './store-thread.ts';

let directory = '';
let thread: StoreThread;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-thread-'));
  thread = openStoreThread();
  writeFileSync(join(directory, 'file'), 'content');
});
afterEach(async () => {
  await thread.rest();
  rmSync(directory, { recursive: true, force: true });
});

const linkTo = (name: string) =>
  ({ directories: [], links: [[join(directory, 'file'), join(directory, name)]] }) as const;

function layerOf(file: string, sizeBytes: number) {
  const paths = [join(directory, 'file')];
  return { file: join(directory, file), bytes: Buffer.from('ab'), paths, sizes: [sizeBytes], offsets: [1] };
}

it('carries out orders of each kind, one after the other, and more after a rest', async () => {
  const signal = undefined;
  const answers = await Promise.all([
    thread.ask('link', linkTo('one'), { signal }),
    thread.ask('layer', layerOf('layer', 7), { signal }),
    thread.ask('layer', layerOf('other', 8), { signal }),
  ]);
  expect(answers.map(({ kind }) => kind)).toEqual(['made', 'written', 'differs']);
  expect(readFileSync(join(directory, 'layer'), 'utf8')).toBe('acontentb');
  await thread.rest();
  expect(await thread.ask('link', linkTo('two'), { signal })).toEqual({ kind: 'made' });
});

it('does not rest while it has an order', async () => {
  const asking = thread.ask('link', linkTo('one'), { signal: undefined });
  await thread.rest();
  expect(await asking).toEqual({ kind: 'made' });
});

it('leaves an order that is aborted, and goes on with the next', async () => {
  const reason = new Error('enough');
  const stopping = new AbortController();
  const first = thread.ask('link', linkTo('one'), { signal: stopping.signal });
  const second = thread.ask('link', linkTo('two'), { signal: undefined });
  stopping.abort(reason);
  await expect(first).rejects.toBe(reason);
  expect(await second).toEqual({ kind: 'made' });
  expect(existsSync(join(directory, 'one'))).toBe(false);
  await expect(thread.ask('link', linkTo('three'), { signal: stopping.signal })).rejects.toBe(reason);
});

it('tells of what cannot be sent to it, and goes on', async () => {
  const order = { directories: [], links: [], odd: () => undefined };
  await expect(thread.ask('link', order, { signal: undefined })).rejects.toThrow(/could not be cloned/);
  expect(await thread.ask('link', linkTo('one'), { signal: undefined })).toEqual({ kind: 'made' });
});
