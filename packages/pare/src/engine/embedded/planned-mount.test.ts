import { hostPath } from '@pare/oci';
import { plainRun } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../model/scenario.ts';
import { planMounts } from './planned-mount.ts';

const plan = (run: Partial<RunOptions>, image: readonly string[] = []) =>
  planMounts({ run: { ...plainRun, ...run }, binds: [] }, image, '/here', []);

describe('planMounts', () => {
  it('mounts what lies deeper later, and the user over the image', () => {
    const planned = plan({ volumes: ['./a:/data/deep:ro', 'named:/data'] }, ['/data/', '/other']);
    expect(planned).toEqual([
      { kind: 'volume', name: 'named', target: '/data', readOnly: false, copy: true },
      { kind: 'volume', name: undefined, target: '/other', readOnly: false, copy: true },
      { kind: 'bind', source: hostPath('/here/a'), target: '/data/deep', readOnly: true, make: true },
    ]);
  });

  it("reads --mount and --tmpfs with docker's defaults", () => {
    expect(
      plan({ mounts: ['type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=700'], tmpfs: ['/u:exec,size=5m'] }),
    ).toEqual([
      { kind: 'tmpfs', target: '/t', options: ['rw', 'nosuid', 'nodev', 'noexec', 'size=1024k', 'mode=700'] },
      { kind: 'tmpfs', target: '/u', options: ['rw', 'nosuid', 'nodev', 'exec', 'size=5m'] },
    ]);
  });

  it('refuses a mount over the root, and volumes that take a driver', () => {
    for (const run of [
      { volumes: ['/x:/'] },
      { volumes: ['/x:/a/..'] },
      { mounts: ['volume-driver=nfs,source=v,target=/v'] },
      { tmpfs: ['relative'] },
    ]) {
      expect(() => plan(run)).toThrowError(expect.objectContaining({ code: 'usage' }));
    }
  });
});
