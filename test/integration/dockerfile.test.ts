import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { ImageConfig, RunConfig } from '@pare/oci';
import { expect, test } from 'vitest';
import { reverseDockerfile } from '../../packages/pare/src/report/dockerfile.ts';

const run = promisify(execFile);

/** What the engine's own builder makes of the text; `FROM scratch` needs no base and no network. */
async function buildConfig(dockerfile: string): Promise<RunConfig> {
  const { status, stdout, stderr } = spawnSync(
    'docker',
    ['build', '--quiet', '--label', 'dev.pare.run=test-dockerfile', '-'],
    {
      input: dockerfile,
      encoding: 'utf8',
      env: { ...process.env, DOCKER_BUILDKIT: '0' },
    },
  );
  expect(status, `${stderr}\n${dockerfile}`).toBe(0);
  const id = stdout.trim();
  try {
    const { stdout: config } = await run('docker', ['image', 'inspect', '--format', '{{json .Config}}', id]);
    return JSON.parse(config);
  } finally {
    await run('docker', ['image', 'rm', id]);
  }
}

test('the builder makes the same config of the reversed Dockerfile, whatever the values hold', async () => {
  const config: RunConfig = {
    Env: [
      'PATH=/usr/local/bin:/usr/bin',
      'QUOTES="double" \'single\' `back`',
      'DOLLAR=$HOME $PATH \\$x',
      'BACKSLASH=a\\b\\',
      'HASH=# no comment',
      'EMPTY=',
      'EQUALS=a=b=c',
      'UMLAUT=größe',
    ],
    Labels: { 'org.example.note': 'two words, "quoted" $HOME', plain: '1' },
    ExposedPorts: { '80/tcp': {}, '53/udp': {} },
    Volumes: { '/data': {}, '/var/lib/x y': {} },
    WorkingDir: '/srv/my app',
    User: '1000:1000',
    StopSignal: 'SIGQUIT',
    Shell: ['/bin/bash', '-o', 'pipefail', '-c'],
    Healthcheck: {
      Test: ['CMD-SHELL', 'curl -f "http://localhost:$PORT/" || exit 1'],
      Interval: 30e9,
      Timeout: 5e8,
      StartPeriod: 90e9,
      Retries: 4,
    },
    Entrypoint: ['/entry.sh', 'a "b"\n$c'],
    Cmd: ['nginx', '-g', 'daemon off;', '<<EOF'],
    OnBuild: ['RUN echo built'],
  };
  const image: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [] },
    history: [
      { created_by: '/bin/sh -c #(nop)  ENV EQUALS=a=b=c UMLAUT=größe' },
      { created_by: '/bin/sh -c #(nop)  CMD ["bash"]' },
      { created_by: 'what\nFROM evil' },
      { created_by: '/bin/sh -c #(nop)  ONBUILD RUN echo built' },
      { created_by: '/bin/sh -c #(nop)  VOLUME [/data]' },
    ],
  };
  const built = await buildConfig(reverseDockerfile(image, 'my/app'));
  for (const name of [
    'ExposedPorts',
    'Volumes',
    'WorkingDir',
    'User',
    'StopSignal',
    'Shell',
    'Healthcheck',
    'Entrypoint',
    'Cmd',
    'OnBuild',
  ] as const) {
    expect(built[name], name).toEqual(config[name]);
  }
  expect([...(built.Env ?? [])].sort()).toEqual([...(config.Env ?? [])].sort());
  expect(built.Labels).toEqual({ ...config.Labels, 'dev.pare.run': 'test-dockerfile' });
});
