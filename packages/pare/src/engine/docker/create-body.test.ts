import { hostPath } from '@pare/oci';
import { plainRun } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../model/scenario.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import { planCreate } from './create-body.ts';

const context = {
  runId: 'run.1',
  directory: '/cwd',
  loopbackAddress: '127.0.0.1',
  imageEntrypoint: ['/entry'],
  seccompOption: undefined,
};

function bodyOf(
  options: Partial<RunOptions>,
  spec: Partial<ContainerSpec> = {},
  seccompOption: string | undefined = undefined,
) {
  const plan = planCreate(
    {
      image: 'image',
      run: { ...plainRun, ...options },
      publishLoopback: [],
      binds: [],
      addCapabilities: [],
      dropCapabilities: [],
      noNewPrivileges: false,
      disableHealthcheck: false,
      ...spec,
    },
    { ...context, seccompOption },
  );
  return plan.body as Record<string, unknown> & { HostConfig: Record<string, unknown> };
}

describe('planCreate', () => {
  it('labels the container with its run', () => {
    expect(bodyOf({}).Labels).toEqual({ 'dev.pare.run': 'run.1' });
  });

  it('attaches to a network of Pare by its aliases, whatever network the run options name', () => {
    const attach = { network: 'net1', aliases: ['db', 'store'] };
    const body = bodyOf({ network: 'host' }, { attach, publishLoopback: ['80/tcp'] });
    expect(body.HostConfig).toMatchObject({ NetworkMode: 'net1', Links: [] });
    expect(body.HostConfig.PortBindings).toHaveProperty('80/tcp');
    expect(body.NetworkingConfig).toEqual({
      EndpointsConfig: { net1: { Aliases: ['db', 'store'], Links: [] } },
    });
  });

  it('maps what a scenario says of file systems, names and the kernel', () => {
    const body = bodyOf({
      tmpfs: ['/tmp', '/run:size=1m'],
      readOnly: true,
      stopSignal: 'SIGINT',
      dns: ['10.0.0.1'],
      dnsSearch: ['example.com'],
      sysctls: ['net.core.somaxconn=10'],
    });
    expect(body.StopSignal).toBe('SIGINT');
    expect(body.HostConfig).toMatchObject({
      Tmpfs: { '/tmp': '', '/run': 'size=1m' },
      ReadonlyRootfs: true,
      Dns: ['10.0.0.1'],
      DnsSearch: ['example.com'],
      Sysctls: { 'net.core.somaxconn': '10' },
    });
    for (const wrong of [{ tmpfs: ['tmp'] }, { sysctls: ['=1'] }])
      expect(() => bodyOf(wrong)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('leaves entrypoint and command to the image when neither is given', () => {
    expect(bodyOf({})).not.toHaveProperty('Entrypoint');
    expect(bodyOf({})).not.toHaveProperty('Cmd');
  });

  it('replaces only the command when only that is given', () => {
    expect(bodyOf({ command: ['-v'] })).toMatchObject({ Cmd: ['-v'] });
    expect(bodyOf({ command: ['-v'] })).not.toHaveProperty('Entrypoint');
  });

  it('drops the command of the image with its entrypoint', () => {
    expect(bodyOf({ entrypoint: ['/a', 'b'] })).toMatchObject({ Entrypoint: ['/a', 'b'], Cmd: [] });
    expect(bodyOf({ entrypoint: [], command: ['c'] })).toMatchObject({ Entrypoint: [''], Cmd: ['c'] });
  });

  it('keeps the entrypoint of the image with an empty command', () => {
    expect(bodyOf({ command: [] })).toMatchObject({ Entrypoint: ['/entry'], Cmd: [] });
  });

  it('lets argv replace everything', () => {
    const body = bodyOf({ entrypoint: ['/a'], command: ['b'] }, { argv: ['/sensor', 'run'] });
    expect(body).toMatchObject({ Entrypoint: ['/sensor'], Cmd: ['run'] });
    expect(() => bodyOf({}, { argv: [] })).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('takes the last of a variable that is set twice', () => {
    expect(bodyOf({ env: ['A=1', 'B=2', 'A=3=4', 'C'] }).Env).toEqual(['A=3=4', 'B=2', 'C']);
    expect(() => bodyOf({ env: ['=x'] })).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('prefers the user of the spec to that of the options', () => {
    expect(bodyOf({ user: 'www' }, { user: '0' }).User).toBe('0');
    expect(bodyOf({ user: 'www' }).User).toBe('www');
  });

  it('maps volumes, mounts and its own binds', () => {
    const body = bodyOf(
      {
        volumes: ['/anon', 'named:/n', './x:/x:ro'],
        mounts: ['type=tmpfs,target=/t'],
        volumesFrom: ['c:ro'],
      },
      { binds: [{ source: hostPath('/sensor'), target: '/s', readOnly: true }] },
    );
    expect(body.Volumes).toEqual({ '/anon': {} });
    expect(body.HostConfig).toMatchObject({
      Binds: ['named:/n', '/cwd/x:/x:ro'],
      Mounts: [
        { Type: 'tmpfs', Target: '/t' },
        { Type: 'bind', Source: '/sensor', Target: '/s', ReadOnly: true },
      ],
      VolumesFrom: ['c:ro'],
    });
  });

  it('names the volumes that may have to be made', () => {
    const spec = {
      image: 'image',
      run: {
        ...plainRun,
        volumes: ['one:/1', '/anon'],
        mounts: ['src=two,dst=/2,volume-driver=local', 'dst=/3'],
      },
      publishLoopback: [],
      binds: [],
      addCapabilities: [],
      dropCapabilities: [],
      noNewPrivileges: false,
      disableHealthcheck: false,
    };
    expect(planCreate(spec, context).volumes).toEqual([
      { name: 'one', driver: undefined, options: {}, labels: {} },
      { name: 'two', driver: 'local', options: {}, labels: {} },
    ]);
  });

  it('puts links where the network wants them', () => {
    expect(bodyOf({ links: ['db:db'] }).HostConfig.Links).toEqual(['db:db']);
    const other = bodyOf({ links: ['db:db'], network: 'mine' });
    expect(other.HostConfig).toMatchObject({ NetworkMode: 'mine', Links: [] });
    expect(other.NetworkingConfig).toEqual({ EndpointsConfig: { mine: { Links: ['db:db'] } } });
    expect(bodyOf({ network: 'host' })).not.toHaveProperty('NetworkingConfig');
  });

  it.each(['host', 'none', 'container:abc'])('publishes nothing on network %s', (network) => {
    expect(bodyOf({ network }, { publishLoopback: ['80/tcp'] }).HostConfig.PortBindings).toEqual({});
  });

  it('gives the seccomp profile in the engine’s form, and the other rights', () => {
    const host = bodyOf(
      { shmSizeBytes: 1024, memoryBytes: 2 ** 26, cpus: 0.29, pidsLimit: 50 },
      { noNewPrivileges: true, addCapabilities: ['SYS_PTRACE'], dropCapabilities: ['ALL'] },
      'seccomp={}',
    ).HostConfig;
    expect(host).toMatchObject({
      SecurityOpt: ['seccomp={}', 'no-new-privileges'],
      CapAdd: ['SYS_PTRACE'],
      CapDrop: ['ALL'],
      ShmSize: 1024,
      Memory: 2 ** 26,
      NanoCpus: 290_000_000,
      PidsLimit: 50,
    });
  });

  it('writes host entries as the API wants them', () => {
    const hosts = bodyOf({ addHosts: ['db:10.0.0.1', 'gw=host-gateway', 'six:[::1]'] }).HostConfig.ExtraHosts;
    expect(hosts).toEqual(['db:10.0.0.1', 'gw:host-gateway', 'six:::1']);
    expect(() => bodyOf({ addHosts: ['db'] })).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('disables the health check', () => {
    expect(bodyOf({}, { disableHealthcheck: true }).Healthcheck).toEqual({ Test: ['NONE'] });
  });
});
