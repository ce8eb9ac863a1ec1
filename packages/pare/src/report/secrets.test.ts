import { expect, test } from 'vitest';
import { maskSecret } from './secrets.ts';

test.each([
  ['DB_PASSWORD=hunter2', 'DB_PASSWORD=***'],
  ['API_KEY=abc', 'API_KEY=***'],
  ['GITHUB=ghp_abcdefghijklmnopqrstuvwxyz', 'GITHUB=***'],
  ['KEY=-----BEGIN PRIVATE KEY-----', 'KEY=***'],
  ['DATABASE_URL=postgres://app:hunter2@db/app', 'DATABASE_URL=postgres://app:***@db/app'],
])('masks %s', (pair, masked) => {
  expect(maskSecret(pair, '***')).toBe(masked);
});

test.each([
  'PATH=/usr/bin',
  'NODE_ENV=production',
  'DB_PASSWORD=',
  'URL=http://example.org:80/',
  'AUTHOR=me',
  'PYTHON_SHA256=abc',
  'GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568',
])('leaves %s', (pair) => {
  expect(maskSecret(pair, '***')).toBe(pair);
});
