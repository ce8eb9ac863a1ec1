import { fakeDockerDaemon, sendJson } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import { ApiClient } from './client.ts';
import { openConnection } from './connection.ts';
import { chooseVersion, shakeHands } from './handshake.ts';

describe('chooseVersion', () => {
  it.each([
    ['1.41', undefined, '1.41'],
    ['1.47', '1.24', '1.47'],
    ['1.51', '1.44', '1.51'],
    ['1.99', '1.44', '1.51'],
    ['2.0', '1.44', '1.51'],
  ])('speaks with an engine of %s (from %s) in %s', (theirs, oldest, chosen) => {
    expect(chooseVersion(theirs, oldest)).toBe(chosen);
  });

  it.each([
    ['1.40', '1.12'],
    ['0.99', undefined],
    ['1.99', '1.52'],
  ])('refuses an engine of %s (from %s)', (theirs, oldest) => {
    expect(() => chooseVersion(theirs, oldest)).toThrow(expect.objectContaining({ code: 'engine-failed' }));
  });
});

describe('shakeHands', () => {
  const shake = (socket: string) =>
    shakeHands(
      new ApiClient(openConnection({ kind: 'unix', path: socket })),
      { kind: 'unix', path: socket },
      { signal: undefined, deadlineMs: 5000 },
    );

  it('speaks the settled version from then on', async () => {
    await using daemon = await fakeDockerDaemon();
    const { info } = await shake(daemon.socket);
    expect(info).toMatchObject({
      kind: 'docker',
      version: '20.10.24',
      apiVersion: '1.41',
      architecture: 'amd64',
    });
    expect(daemon.requests).toEqual(['GET /_ping', 'GET /version', 'GET /v1.41/info']);
  });

  it('takes an engine with another name than this machine for another machine', async () => {
    await using daemon = await fakeDockerDaemon();
    expect((await shake(daemon.socket)).info.local).toBe(false);
  });

  it('recognises Podman, and the store of containerd', async () => {
    await using daemon = await fakeDockerDaemon({
      'GET /version': (_, response) =>
        sendJson(response, 200, {
          Version: '5.0.0',
          ApiVersion: '1.41',
          Components: [{ Name: 'Podman Engine', Version: '5.0.0' }],
        }),
      'GET /info': (_, response) =>
        sendJson(response, 200, {
          Architecture: 'aarch64',
          Driver: 'overlayfs',
          DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
        }),
    });
    const { info, store } = await shake(daemon.socket);
    expect(info).toMatchObject({ kind: 'podman', architecture: 'arm64' });
    expect(store.driver).toBe("containerd's overlayfs");
  });

  it('refuses an engine that runs Windows containers', async () => {
    await using daemon = await fakeDockerDaemon({
      'GET /info': (_, response) => sendJson(response, 200, { OSType: 'windows' }),
    });
    await expect(shake(daemon.socket)).rejects.toMatchObject({ code: 'engine-failed' });
  });

  it('refuses what answers, but not as an engine does', async () => {
    await using daemon = await fakeDockerDaemon({
      'GET /version': (_, response) => sendJson(response, 200, { hello: 'world' }),
    });
    await expect(shake(daemon.socket)).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringContaining('Version'),
    });
  });
});
