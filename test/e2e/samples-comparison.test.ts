import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareMetadata } from '../../samples/compare-metadata.ts';
import { runFullTest } from '../../samples/run-full-test.ts';
import { runCommand } from '../../samples/sample-container.ts';
import { buildImage, removeImages } from './docker.ts';

const fat = 'pare-samples/cli:latest';
const damaged = `pare-e2e-samples/damaged:${randomUUID().slice(0, 8)}`;

/** One change of each kind that the comparison knows, made by other programs than ours. */
const changes: Readonly<Record<string, string>> = {
  mode: 'chmod u-s /usr/local/bin/whoami-really',
  owner: 'chown root:root /home/keeper/.gitconfig',
  xattrs: 'setcap -r /usr/local/bin/vault-cat',
  hardlinks:
    'cp -p --remove-destination /usr/bin/perl /usr/bin/perl.new && mv /usr/bin/perl.new /usr/bin/perl',
  mtime: 'touch -d 2002-02-02 /etc/debian_version',
  content:
    'touch -r /etc/issue /tmp/then && echo >>/etc/issue && touch -r /tmp/then /etc/issue && rm /tmp/then',
  target: 'ln -sfn /nowhere /etc/mtab',
  type: 'rm /etc/issue.net && mkdir /etc/issue.net',
  'not-in-fat': 'touch /added',
};

beforeAll(async () => {
  const built = await runCommand([join(import.meta.dirname, '../../samples/build'), 'cli']);
  expect(built.exitCode, built.stderr).toBe(0);
  await buildImage(
    damaged,
    `FROM ${fat}\nUSER root\nRUN ${Object.values(changes).join(' && ')}\nUSER keeper`,
  );
});
afterAll(() => removeImages(damaged));

test('an image compared with itself has no differences, and the comparison saw links, setuid bits and capabilities', async () => {
  const { differences, entries, hardlinkedNames, setuidFiles, filesWithXattrs } = await compareMetadata(
    fat,
    fat,
  );
  expect(differences).toEqual([]);
  expect(entries).toBeGreaterThan(5000);
  expect(hardlinkedNames).toBeGreaterThanOrEqual(4);
  expect(setuidFiles).toBeGreaterThanOrEqual(3);
  expect(filesWithXattrs).toBeGreaterThanOrEqual(2);
});

test('every kind of difference is found', async () => {
  const { differences } = await compareMetadata(fat, damaged);
  const found = differences.map(({ kind, path }) => `${kind} ${path}`);
  for (const expected of [
    'mode /usr/local/bin/whoami-really',
    'owner /home/keeper/.gitconfig',
    'xattrs /usr/local/bin/vault-cat',
    'xattrs /usr/local/bin/vault-show',
    'hardlinks /usr/bin/perl',
    'mtime /etc/debian_version',
    'content /etc/issue',
    'target /etc/mtab',
    'type /etc/issue.net',
    'not-in-fat /added',
  ]) {
    expect(found).toContain(expected);
  }
});

test('the full test tells what the damage broke', async () => {
  const { failed } = await runFullTest('cli', damaged);
  expect(failed.map(({ check }) => check)).toEqual(
    expect.arrayContaining([
      'reads the vault by a file capability',
      'runs as its user, and a setuid program as root',
      'keeps the owner and group of a file',
    ]),
  );
});
