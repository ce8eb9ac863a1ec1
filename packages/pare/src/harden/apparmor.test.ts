import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import type { AccessKind, FileUse, SocketUse } from '../model/observation.ts';
import { type AppArmorInput, apparmorProfile, profileName } from './apparmor.ts';

const at = (path: string) => path as ImagePath;
const use = (path: string, accesses: readonly AccessKind[], existed = true): FileUse => ({
  path: at(path),
  accesses,
  existed,
  process: 0,
  phase: 'serving',
  probe: undefined,
});
const socket = (family: SocketUse['family']): SocketUse => ({
  operation: 'listen',
  family,
  address: ':80',
  port: 80,
  process: 0,
});

const tree = memoryTree({
  '/bin': { symlink: 'usr/bin' },
  '/usr/bin/app': { content: 'x', mode: 0o755 },
  '/usr/bin/lazy': { content: 'x', mode: 0o755 },
  '/usr/lib/libx.so.1': 'x',
  '/usr/lib/liblazy.so.2': 'x',
  '/etc/app.conf': 'x',
  '/var/log/app/old.log': 'x',
});

function profile(
  changes: Omit<Partial<AppArmorInput>, 'observation'> & Partial<AppArmorInput['observation']> = {},
): string {
  const { files = [], processes = [], sockets = [], syscalls = [], ...rest } = changes;
  const work = apparmorProfile({
    name: 'pare-test',
    observation: { files, processes, sockets, syscalls },
    plan: { kept: [] },
    tree,
    capabilities: ['CHOWN'],
    widened: false,
    ...rest,
  });
  return runToEnd(work);
}

test('gives programs ix, libraries mr, data r and written files w, links resolved', () => {
  const lines = profile({
    files: [
      use('/bin/app', ['execute']),
      use('/usr/lib/libx.so.1', ['read', 'load']),
      use('/etc/app.conf', ['stat', 'read']),
      use('/var/log/app/old.log', ['write']),
      use('/usr/share', ['list']),
    ],
  }).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '  /usr/bin/app mrix,',
      '  /usr/lib/libx.so.1 mrk,',
      '  /etc/app.conf rk,',
      '  /var/log/app/old.log rwlk,',
      '  /usr/share/ r,',
      '  capability chown,',
    ]),
  );
  expect(lines).not.toContain('  /bin/app mrix,');
});

test('walks `..` from where a link leads', () => {
  const text = profile({
    files: [{ ...use('/lib/a.conf', ['read']), askedAs: ['/link/../a.conf'] }],
    tree: memoryTree({
      '/link': { symlink: 'usr/lib/deep' },
      '/usr/lib/deep': { directory: true },
      '/usr/lib/a.conf': 'x',
    }),
  });
  expect(text).toContain('  /usr/lib/a.conf rk,');
});

test('gives no rule for a path that was only asked about or was not there', () => {
  const text = profile({
    files: [use('/etc/app.conf', ['stat']), use('/nowhere/app', ['execute', 'read'], false)],
  });
  expect(text).not.toContain('/etc/app.conf');
  expect(text).not.toContain('/nowhere');
});

test('lets new files be made beside one that was made, but never in a directory of programs or settings', () => {
  const text = profile({
    files: [
      use('/var/cache/app/x1', ['create'], false),
      use('/usr/bin/new', ['create'], false),
      use('/etc/new.conf', ['create'], false),
      use('/top', ['create'], false),
    ],
  });
  expect(text).toContain('  /var/cache/app/** rwlk,');
  expect(text).toContain('  /usr/bin/new rwlk,');
  expect(text).not.toMatch(/\/(usr\/bin|etc)\/\*\*/);
  expect(text).not.toContain('  /** ');
});

test('allows kept files that were never seen: lazily loaded code must not be refused', () => {
  const kept = ['/usr/bin/lazy', '/usr/lib/liblazy.so.2', '/etc/app.conf'].map((path) => ({
    path: at(path),
    reasons: [],
  }));
  const lines = profile({ plan: { kept } }).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining(['  /usr/bin/lazy mrix,', '  /usr/lib/liblazy.so.2 mr,', '  /etc/app.conf rk,']),
  );
});

test('folds a directory of many data files into one rule and leaves shared directories alone', () => {
  const names = Array.from({ length: 20 }, (_, index) => `${index}`);
  const literal = Object.fromEntries(
    names.flatMap((name) => [
      [`/app/views/${name}`, 'x'],
      [`/etc/${name}`, 'x'],
    ]),
  );
  const many = memoryTree(literal);
  const kept = [...many.entries()].map(({ path }) => ({ path, reasons: [] }));
  const text = profile({ plan: { kept }, tree: many });
  expect(text).toContain('  /app/** rk,');
  expect(text).not.toContain('/app/views/3');
  expect(text).toContain('  /etc/3 rk,');
});

test('names no process or thread by its number', () => {
  const text = profile({
    files: [
      use('/proc/17/task/18/stat', ['read']),
      use('/proc/self/maps', ['read']),
      use('/proc/9', ['list']),
    ],
  });
  expect(text).toContain('  /proc/[0-9]*/ r,');
  expect(text).toContain('  /proc/[0-9]*/task/[0-9]*/stat rk,');
  expect(text).toContain('  /proc/[0-9]*/maps rk,');
});

test('allows the networks that were used, and all of them when calls were missed', () => {
  expect(profile()).not.toMatch(/^ *network/m);
  expect(profile({ sockets: [socket('inet')] })).toContain('network inet6 stream,');
  expect(profile({ sockets: [socket('netlink')] })).not.toContain('inet');
  expect(profile({ widened: true })).toContain('  network,');
});

test('escapes names so that none adds a rule, a glob or a variable', () => {
  const names = [
    '/a"b',
    '/a\n/** rw,\n',
    '/a*',
    '/a{b,c}',
    '/@{HOME}',
    '/a\\',
    '/a\udcff',
    '/a b #c',
    '/a}\n}\nprofile x {',
  ];
  const text = profile({ files: names.map((name) => use(name, ['read'])) });
  expect(text).toContain('"/a\\042b" rk,');
  expect(text).toContain('"/a\\012/\\052\\052 rw\\054\\012" rk,');
  expect(text).toContain('"/\\100\\173HOME\\175" rk,');
  expect(text).toContain('"/a\\377" rk,');
  expect(text.split('\n').filter((line) => line.startsWith('profile'))).toHaveLength(1);
  expect(text.split('\n').filter((line) => line === '}')).toHaveLength(1);
});

test('makes a profile name of any reference', () => {
  expect(profileName('registry.example:5000/my/app:1.0')).toBe('pare-registry.example-5000-my-app-1.0');
  expect(profileName('a\n} profile b {')).toBe('pare-a-profile-b');
  expect(profileName('')).toBe('pare-image');
  expect(profileName('x'.repeat(500))).toHaveLength(105);
});
