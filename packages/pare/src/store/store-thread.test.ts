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
  [{ order: { directories: [], links: [[join(directory, 'file'), join(directory, name)]] } }] as const;

/** Of two parts, each with the file between two bytes. */
function* layerOf(file: string, sizeBytes: number) {
  const paths = [join(directory, 'file')];
  const part = { bytes: Buffer.from('ab'), paths, sizes: [sizeBytes], offsets: [1] };
  yield { order: { ...part, file: join(directory, file), isLast: false } };
  yield { order: { ...part, file: undefined, isLast: true } };
}

it('carries out orders of each kind, one after the other, and more after a rest', async () => {
  const signal = undefined;
  const answers = await Promise.all([
    thread.ask('link', linkTo('one'), signal),
    thread.ask('layer', layerOf('layer', 7), signal),
    thread.ask('layer', layerOf('other', 8), signal),
    thread.ask('layer', layerOf('again', 7), signal),
  ]);
  expect(answers.map(({ kind }) => kind)).toEqual(['made', 'written', 'differs', 'written']);
  expect(readFileSync(join(directory, 'layer'), 'utf8')).toBe('acontentbacontentb');
  expect(answers[3]).toEqual(answers[1]);
  await thread.rest();
  expect(await thread.ask('link', linkTo('two'), signal)).toEqual({ kind: 'made' });
});

it('does not rest while it has an order', async () => {
  async function* parts() {
    for (const part of layerOf('layer', 7)) {
      yield part;
      await thread.rest();
    }
  }
  expect(await thread.ask('layer', parts(), undefined)).toMatchObject({ kind: 'written' });
});

it('leaves an order that is aborted, and goes on with the next', async () => {
  const reason = new Error('enough');
  const stopping = new AbortController();
  const first = thread.ask('link', linkTo('one'), stopping.signal);
  const second = thread.ask('link', linkTo('two'), undefined);
  stopping.abort(reason);
  await expect(first).rejects.toBe(reason);
  expect(await second).toEqual({ kind: 'made' });
  expect(existsSync(join(directory, 'one'))).toBe(false);
  await expect(thread.ask('link', linkTo('three'), stopping.signal)).rejects.toBe(reason);
});

it('tells of what cannot be sent to it, and goes on', async () => {
  const order = { directories: [], links: [], odd: () => undefined };
  await expect(thread.ask('link', [{ order }], undefined)).rejects.toThrow(/could not be cloned/);
  expect(await thread.ask('link', linkTo('one'), undefined)).toEqual({ kind: 'made' });
});

it('ends a layer of which a part cannot be made, and goes on', async () => {
  async function* parts() {
    yield* [...layerOf('layer', 7)].slice(0, 1);
    throw new Error('no more');
  }
  await expect(thread.ask('layer', parts(), undefined)).rejects.toThrow('no more');
  expect(await thread.ask('link', linkTo('one'), undefined)).toEqual({ kind: 'made' });
});
