import { describe, expect, it } from 'vitest';
import { parseCgroupMounts } from './cgroups.ts';

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
