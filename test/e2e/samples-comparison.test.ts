import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareMetadata } from '../../samples/compare-metadata.ts';
import { runCommand } from '../../samples/run-command.ts';
import { runFullTest } from '../../samples/run-full-test.ts';
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
  target: 'ln -sfn /nowhere /etc/os-release',
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

test('every kind of difference is found, and nothing else', async () => {
  const { differences, ...counts } = await compareMetadata(fat, damaged);
  expect(differences.map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual([
    'content /etc/issue',
    'content /etc/issue.net',
    // An overlay copies one name of a file up, and so parts it from its others: the change of each shows twice.
    'hardlinks /usr/bin/perl',
    'hardlinks /usr/bin/perl5.36.0',
    'hardlinks /usr/local/bin/vault-cat',
    'hardlinks /usr/local/bin/vault-show',
    'mode /etc/issue.net',
    'mode /usr/local/bin/whoami-really',
    'mtime /etc',
    'mtime /etc/debian_version',
    'mtime /etc/issue.net',
    'mtime /etc/os-release',
    'mtime /tmp',
    'mtime /usr/bin',
    'not-in-fat /added',
    'owner /home/keeper/.gitconfig',
    'target /etc/os-release',
    'type /etc/issue.net',
    'xattrs /usr/local/bin/vault-cat',
  ]);
  // The comparison has seen what it compares.
  expect(counts.entries).toBeGreaterThan(5000);
  expect(counts.hardlinkedNames).toBeGreaterThanOrEqual(2);
  expect(counts.setuidFiles).toBeGreaterThanOrEqual(3);
  expect(counts.filesWithXattrs).toBeGreaterThanOrEqual(1);
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
