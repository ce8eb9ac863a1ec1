import type { ImageConfig, RunConfig } from '@pare/oci';
import { type MemoryEntry, memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { configRoots } from './config-roots.ts';

async function rootsOf(run: RunConfig, files: Record<string, MemoryEntry>): Promise<string[]> {
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: run,
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
  const roots = await configRoots(memoryTree(files), config);
  return roots.map(
    ({ path, reason }) => `${reason.kind === 'image-config' ? reason.field : reason.kind} ${path}`,
  );
}
const program = (content = '') => ({ content, mode: 0o755 });

test('finds programs in PATH and files that arguments name', async () => {
  const files = {
    '/usr/local/bin/node': program(),
    '/usr/bin/node': program(),
    '/app/server.js': '',
    '/app/config/x.json': '',
    '/etc/y': '',
  };
  const run = {
    WorkingDir: '/app',
    Entrypoint: ['node', 'server.js'],
    Cmd: ['--config=config/x.json', '-f', '/etc/y', 'none'],
  };
  expect(await rootsOf(run, files)).toEqual([
    'workdir /app',
    'command /app/config/x.json',
    'entrypoint /app/server.js',
    'command /etc/y',
    'entrypoint /usr/local/bin/node',
  ]);
});

test('reads scripts in arguments and the shell form of a health check', async () => {
  const files = {
    '/bin/sh': program(),
    '/bin/bash': program(),
    '/usr/bin/curl': program(),
    '/usr/bin/app': program(),
    '/usr/bin/tini': program(),
  };
  expect(await rootsOf({ Entrypoint: ['tini', '--', '/bin/sh', '-c', 'exec app --x'] }, files)).toEqual([
    'entrypoint /bin/sh',
    'entrypoint /usr/bin/app',
    'entrypoint /usr/bin/tini',
  ]);
  expect(
    await rootsOf({ Healthcheck: { Test: ['CMD-SHELL', 'curl -f http://localhost || exit 1'] } }, files),
  ).toEqual(['healthcheck /bin/sh', 'healthcheck /usr/bin/curl']);
  expect(
    await rootsOf({ Shell: ['/bin/bash', '-c'], Healthcheck: { Test: ['CMD-SHELL', 'curl x'] } }, files),
  ).toEqual(['shell /bin/bash', 'healthcheck /bin/sh', 'healthcheck /usr/bin/curl']);
  expect(await rootsOf({ Healthcheck: { Test: ['CMD', 'curl', 'x'] } }, files)).toEqual([
    'healthcheck /usr/bin/curl',
  ]);
  expect(await rootsOf({ Healthcheck: { Test: ['NONE'] } }, files)).toEqual([]);
});

test('finds class paths and files in the environment', async () => {
  const files = {
    '/usr/bin/java': program(),
    '/app/lib/a.jar': '',
    '/app/lib/b.jar': '',
    '/app/lib/c.txt': '',
    '/app/d.jar': '',
    '/agent.jar': '',
    '/lib/j.so': '',
  };
  const run = {
    Entrypoint: ['java', '-cp', '/app/lib/*:/app/d.jar', 'Main'],
    Env: ['JAVA_TOOL_OPTIONS=-javaagent:/agent.jar -Xmx1g', 'LD_PRELOAD=/lib/j.so', 'X=/app'],
  };
  expect(await rootsOf(run, files)).toEqual([
    'environment /agent.jar',
    'entrypoint /app/d.jar',
    'entrypoint /app/lib/a.jar',
    'entrypoint /app/lib/b.jar',
    'environment /lib/j.so',
    'entrypoint /usr/bin/java',
  ]);
});

test('keeps volumes, the working directory and the account, by name or number', async () => {
  const files: Record<string, MemoryEntry> = {
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nweb:x:33:33::/srv/web:/bin/sh\n',
    '/etc/group': 'web:x:33:\n',
    '/srv/web': { directory: true },
    '/root': { directory: true },
    '/data': { directory: true },
  };
  const account = ['user /etc/group', 'user /etc/passwd'];
  expect(await rootsOf({ User: 'web:web', Volumes: { '/data': {}, '/gone': {} } }, files)).toEqual([
    'volume /data',
    ...account,
    'home /srv/web',
  ]);
  expect(await rootsOf({ User: '33' }, files)).toEqual([...account, 'home /srv/web']);
  expect(await rootsOf({}, files)).toEqual([...account, 'home /root']);
  expect(await rootsOf({ User: '1234', Env: ['HOME=/data'] }, files)).toEqual(['home /data', ...account]);
});

test('what the config names and the tree lacks, or what is null, is no root', async () => {
  expect(await rootsOf({ Entrypoint: ['gone', '/no/such'], WorkingDir: '/none', User: 'x' }, {})).toEqual([]);
  const nulls: RunConfig = JSON.parse(
    '{"Entrypoint":null,"Cmd":null,"Env":null,"Volumes":null,"Shell":null,"Healthcheck":null}',
  );
  expect(await rootsOf(nulls, {})).toEqual([]);
});

test('a dangling link is a root all the same', async () => {
  expect(await rootsOf({ WorkingDir: '/app' }, { '/app': { symlink: '/volume' } })).toEqual(['workdir /app']);
});
