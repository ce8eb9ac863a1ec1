import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCgroups, unlimitedBy } from './cgroup-support.ts';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'pare-cgroups-'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

async function make(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(place, name)), { recursive: true });
    await writeFile(join(place, name), text);
  }
}
const find = () => findCgroups(false, place, join(place, 'swaps'));

const version1 = {
  'devices/cgroup.procs': '',
  'memory/cgroup.procs': '',
  'memory/memory.limit_in_bytes': '',
  'memory/memory.memsw.limit_in_bytes': '',
  'cpu/cgroup.procs': '',
  'cpu/cpu.cfs_quota_us': '',
  'pids/cgroup.procs': '',
};
const swaps = { swaps: 'Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n' };

describe('findCgroups', () => {
  it('finds the controllers of version 1', async () => {
    await make({ ...version1, ...swaps });
    expect(await find()).toEqual({
      kind: 'v1',
      controllers: new Set(['memory', 'cpu', 'pids']),
      swap: true,
    });
  });

  it('takes a hybrid hierarchy for version 1, less what only its version 2 part has', async () => {
    const { 'memory/cgroup.procs': _, ...others } = version1;
    await make({
      ...others,
      'unified/cgroup.subtree_control': '',
      'unified/cgroup.controllers': 'memory cpu pids',
    });
    const support = await find();
    expect(support).toEqual({ kind: 'v1', controllers: new Set(['cpu', 'pids']), swap: false });
    expect(unlimitedBy(support)).toEqual({ memory: 'there is no cgroup controller memory to use' });
  });

  it('knows a kernel without CPU bandwidth by the file that is missing', async () => {
    const { 'cpu/cpu.cfs_quota_us': _, ...others } = version1;
    await make(others);
    expect(await find()).toMatchObject({ controllers: new Set(['memory', 'pids']) });
  });

  it("finds what the kernel's own root of version 2 has, given out or not", async () => {
    await make({
      'cgroup.subtree_control': '',
      'cgroup.controllers': 'cpuset cpu io memory hugetlb pids\n',
      ...swaps,
    });
    const support = await find();
    expect(support).toEqual({ kind: 'v2', controllers: new Set(['memory', 'cpu', 'pids']), swap: true });
    expect(unlimitedBy(support)).toEqual({});
  });

  it("finds in a container's view of version 2 only what has been given out", async () => {
    await make({
      'cgroup.subtree_control': 'pids\n',
      'cgroup.controllers': 'cpu memory pids\n',
      'cgroup.type': 'domain\n',
    });
    const support = await find();
    expect(support).toEqual({ kind: 'v2', controllers: new Set(['pids']), swap: false });
    expect(Object.keys(unlimitedBy(support))).toEqual(['memory', 'cpus']);
  });

  it('says why there are none', async () => {
    const none = await find();
    expect(none).toEqual({ kind: 'none', why: `${place} is not writable` });
    expect(Object.keys(unlimitedBy(none))).toEqual(['memory', 'cpus', 'pids']);
    await make(version1);
    expect(await findCgroups(true, place)).toEqual({
      kind: 'none',
      why: 'no permission in a user namespace',
    });
  });
});
