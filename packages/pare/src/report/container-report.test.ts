import { syscallNumber } from '@pare/sensor';
import { expect, test } from 'vitest';
import { containerReportPieces } from './container-report.ts';
import { sampleReport } from './fixtures/sample-report.ts';

const parsed = (pieces: Iterable<string>) => JSON.parse([...pieces].join(''));
const render = () => parsed(containerReportPieces(sampleReport, syscallNumber));

test('has the fields that scripts read, in their places', () => {
  const report = render();
  expect(Object.keys(report)).toEqual([
    'document',
    'version',
    'target_type',
    'target_id',
    'image_id',
    'start_command',
    'sensor',
    'system',
    'monitors',
    'image',
  ]);
  expect(report.start_command).toEqual({ app_name: 'app', app_args: ['--port', '80'] });
  expect(report.system).toEqual({
    type: 'Linux',
    release: '6.1.0',
    distro: { name: 'Debian GNU/Linux', version: '12', display_name: 'Debian GNU/Linux 12 (bookworm)' },
  });
});

test('lists processes by their number and what each opened first', () => {
  const { fan } = render().monitors;
  expect(fan.main_process).toEqual({
    pid: 1,
    name: 'app',
    path: '/usr/bin/app',
    cmd: 'app --port 80',
    cwd: '/srv',
    root: '/',
    ppid: 0,
  });
  expect(fan.processes['7']).toMatchObject({ name: 'sh', ppid: 1 });
  expect(fan.process_files).toEqual({
    1: {
      '/etc/app.conf': { event_count: 1, first_eid: 1, reads: 1 },
      '/usr/bin/app': { event_count: 2, first_eid: 2, reads: 1, execs: 1 },
    },
    7: { '/var/log/\udcff.log': { event_count: 1, first_eid: 3, writes: 1 } },
  });
  expect(fan.event_count).toBe(4);
});

test('keys system calls by number, or by name where no numbers are given', () => {
  expect(render().monitors.pt).toMatchObject({
    enabled: true,
    arch_name: 'amd64',
    syscall_num: 2,
    syscall_stats: { 83: { num: 83, name: 'mkdir', count: 1 }, 257: { num: 257, name: 'openat', count: 1 } },
  });
  const without = parsed(containerReportPieces(sampleReport));
  expect(without.monitors.pt.syscall_stats.mkdir).toEqual({ num: -1, name: 'mkdir', count: 1 });
});

test('counts what was only checked, of what was there', () => {
  const activity = render().monitors.pt.fs_activity;
  expect(activity['/etc']).toEqual({
    ops_all: 1,
    ops_checkfile: 1,
    syscalls: {},
    pids: { 1: {} },
    is_subdir: true,
  });
  expect(activity).not.toHaveProperty('/etc/missing.conf');
});

test('lists the files of the slim image with modes as Go writes them', () => {
  expect(render().image.files).toEqual([
    {
      file_type: 'file',
      file_path: '/etc/app.conf',
      modex: 420,
      mode: '-rw-r--r--',
      flags: { R: true },
      file_size: 12,
      uid: 0,
      gid: 0,
    },
    {
      file_type: 'file',
      file_path: '/usr/bin/app',
      modex: 0x800000 + 0o755,
      mode: 'urwxr-xr-x',
      flags: { R: true, X: true },
      file_size: 1260456,
      uid: 0,
      gid: 0,
    },
    {
      file_type: 'symlink',
      file_path: '/usr/bin/link',
      modex: 134218239,
      mode: 'Lrwxrwxrwx',
      link_ref: 'app',
      file_size: 3,
      uid: 0,
      gid: 0,
    },
    {
      file_type: 'dir',
      file_path: '/tmp',
      modex: 0x80100000 + 0o777,
      mode: 'dtrwxrwxrwx',
      file_size: 0,
      uid: 0,
      gid: 0,
    },
  ]);
});
