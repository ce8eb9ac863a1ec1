import { plainRun } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import { cgroupDirectories, parseCgroupMounts, parseHierarchies, resourcesSection } from './cgroups.ts';

const hybrid = `31 27 0:28 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
36 27 0:33 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
40 27 0:40 / /proc rw shared:5 - proc proc rw
no such line`;

describe('parseCgroupMounts', () => {
  it('finds every hierarchy, and nothing else', () => {
    expect(parseCgroupMounts(hybrid)).toEqual([
      { directory: '/sys/fs/cgroup/devices', options: ['rw', 'devices'] },
      { directory: '/sys/fs/cgroup/unified', options: [''] },
    ]);
  });

  it('finds none in an empty text', () => {
    expect(parseCgroupMounts('')).toEqual([]);
  });
});

describe('parseHierarchies', () => {
  it("finds Pare's own group in each, by a controller or, in version 2, by none", () => {
    const own = '5:devices:/user.slice\n4:cpu,cpuacct:/a\n0::/user.slice/session-1.scope\nno such line\n';
    expect(parseHierarchies(hybrid, own)).toEqual([
      { directory: '/sys/fs/cgroup/devices', group: '/user.slice' },
      { directory: '/sys/fs/cgroup/unified', group: '/user.slice/session-1.scope' },
    ]);
  });

  it('takes the top for one that Pare is in no group of', () => {
    expect(parseHierarchies(hybrid, '').map(({ group }) => group)).toEqual(['/', '/']);
  });
});

describe('cgroupDirectories', () => {
  const hierarchies = [
    { directory: '/c/memory', group: '/job' },
    { directory: '/c/pids', group: '/' },
  ];

  it('names those below Pare and those at the top, each once', () => {
    const support = { kind: 'v1', controllers: new Set<never>(), swap: false } as const;
    expect(cgroupDirectories(support, hierarchies, '1')).toEqual([
      '/c/memory/job/pare-1',
      '/c/memory/pare-1',
      '/c/pids/pare-1',
    ]);
    expect(cgroupDirectories({ kind: 'none', why: 'x' }, hierarchies, '1')).toEqual([]);
  });
});

describe('resourcesSection', () => {
  const limits = { ...plainRun, memoryBytes: 64 * 2 ** 20, cpus: 1.5, pidsLimit: 40 };
  const controllers = new Set(['memory', 'cpu', 'pids'] as const);

  it("sets limits as docker's daemon does, with as much swap again", () => {
    expect(resourcesSection({ kind: 'v1', controllers, swap: true }, 'pare-1', limits)).toEqual({
      cgroupsPath: 'pare-1',
      resources: {
        devices: [{ allow: false, access: 'rwm' }],
        memory: { limit: 67_108_864, swap: 134_217_728 },
        cpu: { quota: 150_000, period: 100_000 },
        pids: { limit: 40 },
      },
    });
  });

  it('passes over what has no controller, and always refuses devices', () => {
    const support = { kind: 'v2', controllers: new Set(['pids'] as const), swap: true } as const;
    expect(resourcesSection(support, '/pare-1', limits)).toEqual({
      cgroupsPath: '/pare-1',
      resources: { devices: [{ allow: false, access: 'rwm' }], pids: { limit: 40 } },
    });
    expect(resourcesSection({ kind: 'none', why: 'x' }, '/pare-1', limits)).toEqual({});
  });
});
