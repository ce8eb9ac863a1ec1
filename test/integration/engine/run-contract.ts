import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../../packages/pare/src/model/scenario.ts';
import type { ContainerSpec } from '../../../packages/pare/src/ports/container-engine.ts';
import { syscallNumbers } from '../../../packages/sensor/src/generated/syscall-numbers.ts';
import type { EngineWays, Subject } from './contract.ts';
import { outcomeOf, shell, specOf } from './run-container.ts';

/** What a program sees that is run to its end, and what comes back of it. */
export function runContract(subject: () => Subject, ways: EngineWays): void {
  const spec = (run: Partial<RunOptions>, rest: Partial<ContainerSpec> = {}) =>
    specOf(subject().image.reference, run, rest);
  const outcome = (run: Partial<RunOptions>, rest: Partial<ContainerSpec> = {}) =>
    outcomeOf(subject().real.engine, spec(run, rest));
  const ownContainers = async () =>
    (await subject().real.engine.listOwned()).containers.filter(({ run }) => run === subject().real.runId);

  describe('running a container', () => {
    it('gives output by stream, and the exit code of a program that ends at once', async () => {
      expect(await outcome({}, shell('echo out; echo err >&2; exit 7'))).toEqual({
        stdout: 'out\n',
        stderr: 'err\n',
        exitCode: 7,
      });
    });

    it('gives output that is larger than every buffer, whole, and lets a program open /dev/stdout', async () => {
      const { stdout } = await outcome({}, shell('head -c 3000000 /dev/zero | tr "\\0" x >/dev/stdout'));
      expect(stdout.length).toBe(3_000_000);
    });

    it('joins entrypoint and command as docker run does', async () => {
      const said = async (run: Partial<RunOptions>) => (await outcome(run)).stdout;
      expect(await said({})).toBe('entry\nfrom the image\n');
      expect(await said({ command: ['echo', 'given'] })).toBe('entry\ngiven\n');
      expect(await said({ entrypoint: ['echo', 'only', 'this'] })).toBe('only this\n');
      expect(await said({ entrypoint: ['echo'], command: ['both'] })).toBe('both\n');
      expect(await said({ entrypoint: [], command: ['echo', 'bare'] })).toBe('bare\n');
      expect(await said({ command: [] })).toBe('entry\n');
    });

    it('passes every option that changes what the program sees', async () => {
      const { directory, runId } = subject().real;
      const source = join(directory, 'source');
      mkdirSync(source);
      writeFileSync(join(source, 'file'), 'bound');
      const run: Partial<RunOptions> = {
        env: ['CHANGED=given', 'ADDED=1=2'],
        user: 'keeper',
        hostname: 'named-host',
        workdir: '/tmp',
        readOnly: true,
        volumes: [`${source}:/bound:ro`, '/anonymous', `${runId}:/named`],
        mounts: [
          `type=bind,source=${source},target=/mounted,readonly`,
          'type=tmpfs,target=/tmpfs,tmpfs-size=1m',
        ],
        tmpfs: ['/quick'],
        addHosts: ['other:10.1.2.3'],
        dns: ['10.9.8.7'],
        dnsSearch: ['example.test'],
        sysctls: ['net.ipv4.tcp_fin_timeout=17'],
        shmSizeBytes: 2 * 2 ** 20,
      };
      const binds = [{ source: hostPath(source), target: '/own', readOnly: true }];
      const { stdout } = await outcome(run, { ...shell(everyOption), binds });
      expect(stdout.split('\n')).toEqual([
        '1 given 1=2',
        'uid=1500(keeper) gid=1500(keeper) groups=1500(keeper),29(audio)',
        'named-host',
        '/tmp',
        '0022',
        'boundboundbound',
        'read-only',
        'read-only root',
        '2',
        'size=1024k',
        ...(ways.noexecTmpfs ? ['noexec'] : []),
        'size=2048k',
        '10.1.2.3 other',
        'nameserver 10.9.8.7',
        'search example.test',
        String(ways.firstPort),
        '17',
        'deleted',
        '',
      ]);
      const { volumes } = await subject().real.engine.listOwned();
      expect(volumes.filter((volume) => volume.run === runId)).toEqual([]);
    });

    it("fills an image's volume with what the image has there, owners and links too", async () => {
      const { stdout } = await outcome(
        {},
        shell('stat -c "%U %a %n" /kept /kept/file; readlink /kept/link; cat /kept/file'),
      );
      expect(stdout).toBe('keeper 750 /kept\nroot 644 /kept/file\n/etc/shadow\ntext\n');
    });

    it('takes volumes, network and links from another container', async () => {
      await using other = await subject().real.engine.createContainer(
        spec({ volumes: ['/shared'] }, shell('echo text >/shared/file; exec sleep 600')),
      );
      await other.start();
      await expect
        .poll(async () => (await other.exec(['cat', '/shared/file'])).exitCode, { timeout: 10_000 })
        .toBe(0);
      const readOnly = shell('cat /shared/file; touch /shared/x 2>/dev/null || echo read-only');
      expect((await outcome({ volumesFrom: [`${other.id}:ro`] }, readOnly)).stdout).toBe('text\nread-only\n');
      const linked = outcome({ links: [`${other.id}:peer`] }, shell('grep -c peer /etc/hosts'));
      if (ways.links) expect((await linked).stdout).toBe('1\n');
      else await expect(linked).rejects.toMatchObject({ code: 'engine-failed' });
      const identity = `readlink /proc/self/ns/net${ways.joinedHostname ? '; hostname' : ''}`;
      const { stdout: own } = await other.exec(['sh', '-c', identity]);
      const joined = await outcome(
        { network: `container:${other.id}` },
        { ...shell(identity), publishLoopback: ['1/tcp'] },
      );
      expect(joined.stdout).toBe(String(own));
    });

    it('gives and takes rights', async () => {
      const status = shell("grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/1/status");
      const rights = { dropCapabilities: ['ALL'], addCapabilities: ['KILL'], noNewPrivileges: true };
      const { stdout } = await outcome({}, { ...status, ...rights });
      expect(stdout.replaceAll('\t', ' ').split('\n')).toEqual([
        'CapBnd: 0000000000000020',
        'NoNewPrivs: 1',
        'Seccomp: 2',
        '',
      ]);
    });

    it('runs under a seccomp profile given inline', async () => {
      const everything = Object.keys(syscallNumbers);
      const names = everything.filter((name) => name !== 'mkdir' && name !== 'mkdirat');
      const seccomp = {
        defaultAction: 'SCMP_ACT_ERRNO',
        defaultErrnoRet: 1,
        archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }],
        syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
      } as const;
      const { stderr, exitCode } = await outcome({}, { ...shell('mkdir /x'), seccomp });
      expect(stderr).toContain('Operation not permitted');
      expect(exitCode).toBe(1);
    });

    it('tells a program that cannot be started from a failing engine, and leaves nothing', async () => {
      for (const argv of [['/nonexistent'], ['nonexistent'], ['/etc/passwd']])
        await expect(outcome({}, { argv })).rejects.toMatchObject({ code: 'container-exited' });
      const code = ways.unknownNetwork;
      await expect(outcome({ network: 'no-such-network' })).rejects.toMatchObject({ code });
      await expect(outcome({}, { image: 'pare-test/none' })).rejects.toMatchObject({
        code: 'image-not-found',
      });
      expect(await ownContainers()).toEqual([]);
    });

    it('leaves nothing when it is aborted at any moment of its life', async () => {
      for (const delayMs of [0, 5, 20, 60, 150, 400]) {
        const signal = AbortSignal.timeout(delayMs);
        const run = async () => {
          await using container = await subject().real.engine.createContainer(
            spec({}, shell('sleep 600')),
            signal,
          );
          await container.start(signal);
          await container.wait(signal);
        };
        await expect(run()).rejects.toMatchObject({ name: 'TimeoutError' });
        expect(await ownContainers()).toEqual([]);
      }
    });
  });
}

const everyOption = `
  echo "$FROM_IMAGE $CHANGED $ADDED"
  id; hostname; pwd; umask
  cat /bound/file /mounted/file /own/file; echo
  touch /bound/x 2>/dev/null || echo read-only
  touch /x 2>/dev/null || echo read-only root
  grep -c -e ' /anonymous ' -e ' /named ' /proc/mounts
  grep ' /tmpfs ' /proc/mounts | grep -o 'size=1024k'
  grep ' /quick ' /proc/mounts | grep -o noexec
  grep /dev/shm /proc/mounts | grep -o 'size=2048k'
  grep -e other /etc/hosts | tr '\\t' ' '
  sort /etc/resolv.conf
  cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/tcp_fin_timeout
  ls /etc/issue.net 2>/dev/null || echo deleted`;
