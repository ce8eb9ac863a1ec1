import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../../packages/pare/src/model/scenario.ts';
import type { Container, ContainerSpec } from '../../../packages/pare/src/ports/container-engine.ts';
import type { EngineWays, Subject } from './contract.ts';
import { ask, bytesOf, outcomeOf, perlHello, shell, specOf } from './run-container.ts';

/** What can be asked of a container that goes on, and of several on one network. */
export function runningContract(subject: () => Subject, ways: EngineWays): void {
  const create = (run: Partial<RunOptions>, rest: Partial<ContainerSpec> = {}) =>
    subject().real.engine.createContainer(specOf(subject().image.reference, run, rest));

  describe('a running container', () => {
    let container: Container;
    beforeAll(async () => {
      const server = `trap 'exit 9' USR1; while :; do sleep 0.1; done`;
      container = await create(
        { publish: ['7003'], expose: ['7002'], user: 'keeper' },
        { ...shell(server), publishLoopback: ['7001/tcp'] },
      );
      await container.start();
    });
    afterAll(() => container?.[Symbol.asyncDispose]());

    it('leads its ports out to where they can be reached', async () => {
      const ports = await container.ports();
      expect(new Set(ports.map(({ containerPort }) => containerPort))).toEqual(new Set([7001, 7003]));
      expect(ports.every(({ protocol }) => protocol === 'tcp')).toBe(true);
      expect(ports.map(({ hostAddress }) => hostAddress)).not.toContain('0.0.0.0');
    });

    it('shows its first process as this machine sees it', async () => {
      const { running, hostPid, exitCode } = await container.state();
      expect({ running, exitCode }).toEqual({ running: true, exitCode: undefined });
      expect(() => process.kill(hostPid ?? 0, 0)).not.toThrow();
    });

    it('runs commands as its user, with their exit codes and both streams, cut where asked', async () => {
      const result = await container.exec([
        'sh',
        '-c',
        'id -un; echo $FROM_IMAGE; echo out; echo err >&2; exit 5',
      ]);
      expect({ ...result, stdout: String(result.stdout), stderr: String(result.stderr) }).toEqual({
        exitCode: 5,
        stdout: 'keeper\n1\nout\n',
        stderr: 'err\n',
      });
      const cut = await container.exec(['head', '-c', '1000000', '/dev/zero'], { limitBytes: 1000 });
      expect(cut).toMatchObject({ exitCode: 0, stdout: Buffer.alloc(1000) });
      expect((await container.exec(['/nonexistent'])).exitCode).toBeGreaterThanOrEqual(126);
    });

    it('takes files in and gives them out as they were', async () => {
      const tar = await bytesOf(container.copyOut('/etc/hostname'));
      await container.copyIn(
        '/tmp',
        (async function* () {
          yield tar;
        })(),
      );
      expect((await container.exec(['test', '-f', '/tmp/hostname'])).exitCode).toBe(0);
      await expect(bytesOf(container.copyOut('/nonexistent'))).rejects.toMatchObject({
        code: 'engine-failed',
      });
    });

    it('gets signals by name, and none once it has ended', async () => {
      await container.kill('SIGUSR1');
      expect(await container.wait()).toBe(9);
      await container.kill('KILL');
      expect(await container.state()).toEqual({
        running: false,
        exitCode: 9,
        error: undefined,
        hostPid: undefined,
      });
      await expect(container.exec(['true'])).rejects.toMatchObject({ code: 'engine-failed' });
      // Its files can still be read.
      expect((await bytesOf(container.copyOut('/etc/passwd'))).length).toBeGreaterThan(512);
    });
  });

  it('reaches a server in a container, as Pare does and as the user asked for it', async () => {
    await using container = await create(
      { publish: ['127.0.0.1::7001'], user: 'keeper' },
      { argv: perlHello(7001), publishLoopback: ['7001/tcp'] },
    );
    await container.start();
    const ports = await container.ports();
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) await expect.poll(() => ask(port), { timeout: 10_000 }).toBe('hello');
  });

  it('has the health that its check says', async () => {
    await using container = await create({}, { ...shell('exec sleep 600'), disableHealthcheck: false });
    await container.start();
    const health = async () => (await container.state()).health;
    if (!ways.health) {
      expect(await health()).toBe('starting');
      return;
    }
    await expect.poll(health, { timeout: 20_000 }).toBe('healthy');
    await container.exec(['touch', '/tmp/sick']);
    await expect.poll(health, { timeout: 20_000 }).toBe('unhealthy');
  });

  it('finds the others on its network by name', async ({ skip }) => {
    skip(!ways.names, 'names need a plugin that Debian does not have (docs/sources-and-sinks.md, "Podman")');
    await using network = await subject().real.engine.createNetwork();
    await using one = await create(
      {},
      { argv: perlHello(6000), attach: { network: network.id, aliases: ['db'] } },
    );
    await one.start();
    const client = `use IO::Socket::INET; for (1..200) { $s = IO::Socket::INET->new("db:6000") and last; select undef, undef, undef, 0.05 }
      print $s "GET / HTTP/1.0\\r\\n\\r\\n"; print <$s>`;
    const said = await outcomeOf(
      subject().real.engine,
      specOf(
        subject().image.reference,
        {},
        { argv: ['perl', '-e', client], attach: { network: network.id, aliases: ['web'] } },
      ),
    );
    expect(said.stdout).toContain('hello');
  });
}
