import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../../packages/pare/src/model/scenario.ts';
import type { Subject } from './contract.ts';
import { outcomeOf, shell, specOf } from './run-container.ts';

/** Limits of memory, processors and processes, by what they do to a program. */
export function limitsContract(subject: () => Subject): void {
  const outcome = (run: Partial<RunOptions>, script: string) =>
    outcomeOf(subject().real.engine, specOf(subject().image.reference, run, shell(script)));

  describe('a limit', () => {
    it('of memory kills what takes more, and nothing that takes less', async () => {
      const take = (mebibytes: number) => `perl -e '$x = "x" x (${mebibytes} << 20); print length $x'`;
      const limited = { memoryBytes: 64 * 2 ** 20 };
      expect(await outcome(limited, `exec ${take(8)}`)).toMatchObject({ exitCode: 0, stdout: '8388608' });
      // Swap may take as much again.
      expect(await outcome(limited, `exec ${take(400)}`)).toMatchObject({ exitCode: 137, stdout: '' });
    });

    it('of processes keeps a program from starting more', async () => {
      const start = `i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done; echo all`;
      expect((await outcome({}, start)).stdout).toBe('all\n');
      const { stdout, stderr } = await outcome({ pidsLimit: 20 }, start);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/fork|Resource temporarily unavailable/);
    });

    it('of processors is the quota of its control group', async () => {
      const quota = 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null || :';
      expect((await outcome({ cpus: 0.5 }, quota)).stdout).toMatch(/^50000( 100000)?\n$/);
    });
  });
}
