import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { LinkOrder } from './link-order.ts';
import { makeLinks } from './make-links.ts';
import { openStoreThread } from './store-thread.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pare-links-'));
  mkdirSync(join(root, 'made'));
  writeFileSync(join(root, 'file'), 'content');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function directory(path: string, mode: number): LinkOrder['directories'][number] {
  return {
    place: join(root, path),
    mode,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mtimeSeconds: 1_000_000_000,
  };
}

const thread = openStoreThread();
afterAll(() => thread.rest());
const inThread = { expectedPaths: 1000 };
const here = { expectedPaths: 1 };

it.each([inThread, here])(
  'makes directories with all that is said of them, and links in them: %j',
  async (where) => {
    const order = {
      directories: [directory('made', 0o755), directory('made/closed', 0o500)],
      links: [[join(root, 'file'), join(root, 'made/closed/name')]],
    } as const;
    let handedOver = false;
    const onHandedOver = () => {
      handedOver = true;
    };
    expect(await makeLinks(async () => order, { ...where, thread, onHandedOver })).toBe('made');
    expect(handedOver).toBe(true);
    expect(lstatSync(join(root, 'made/closed/name')).ino).toBe(lstatSync(join(root, 'file')).ino);
    for (const { place, mode, mtimeSeconds } of order.directories) {
      const status = lstatSync(place);
      expect([status.mode & 0o7777, status.mtimeMs]).toEqual([mode, mtimeSeconds * 1000]);
    }
  },
);

it.each([inThread, here])('makes nothing without an order: %j', async (where) => {
  expect(await makeLinks(async () => undefined, { ...where, thread })).toBe('not ordered');
  expect(readdirSync(join(root, 'made'))).toEqual([]);
});

it.each([inThread, here])('says that something cannot be linked: %j', async (where) => {
  const missing = join(root, 'missing');
  const order = {
    directories: [directory('made', 0o755)],
    links: [[missing, join(root, 'made/name')]],
  } as const;
  await expect(makeLinks(async () => order, { ...where, thread })).rejects.toMatchObject({
    code: 'engine-failed',
    message: expect.stringContaining('ENOENT'),
  });
});

it.each([inThread, here])('stops with the signal: %j', async (where) => {
  const reason = new Error('enough');
  const stopping = new AbortController();
  const order = async () => {
    stopping.abort(reason);
    return { directories: [directory('made', 0o755)], links: [] };
  };
  await expect(makeLinks(order, { ...where, thread, signal: stopping.signal })).rejects.toBe(reason);
});
