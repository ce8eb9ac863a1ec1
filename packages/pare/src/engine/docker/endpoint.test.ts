import { describe, expect, it } from 'vitest';
import { sshArguments } from './connection.ts';
import { isOnThisMachine, parseEndpoint, renderEndpoint } from './endpoint.ts';

describe('parseEndpoint', () => {
  it('reads every form that DOCKER_HOST has', () => {
    expect(parseEndpoint('unix:///run/user/1000/docker.sock')).toEqual({
      kind: 'unix',
      path: '/run/user/1000/docker.sock',
    });
    expect(parseEndpoint('tcp://10.0.0.1')).toEqual({ kind: 'tcp', hostname: '10.0.0.1', port: 2375 });
    expect(parseEndpoint('http://h:80')).toEqual({ kind: 'tcp', hostname: 'h', port: 80 });
    expect(parseEndpoint('tcp://[fe80::1]:99')).toEqual({ kind: 'tcp', hostname: 'fe80::1', port: 99 });
    const tls = { verify: true, ca: 'CA' };
    expect(parseEndpoint('tcp://h', tls)).toEqual({ kind: 'tls', hostname: 'h', port: 2376, tls });
    expect(parseEndpoint('https://h:443')).toEqual({
      kind: 'tls',
      hostname: 'h',
      port: 443,
      tls: { verify: true },
    });
    expect(parseEndpoint('ssh://me@h:22/run/docker.sock')).toEqual({
      kind: 'ssh',
      hostname: 'h',
      port: 22,
      user: 'me',
      socket: '/run/docker.sock',
    });
  });

  it.each([
    '',
    'unix://',
    '/var/run/docker.sock',
    'fd://',
    'tcp://',
    'tcp://h/path',
    'tcp://h:99999',
    'ssh://me:secret@h',
    'ssh://-oProxyCommand=evil',
    'ssh://-l@h',
  ])('refuses %j as an address', (address) => {
    expect(() => parseEndpoint(address)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('writes an endpoint as an address again', () => {
    for (const address of ['tcp://h:2375', 'tcp://[::1]:99', 'ssh://me@h:22', 'ssh://h']) {
      expect(renderEndpoint(parseEndpoint(address))).toBe(address);
    }
  });

  it('takes only sockets and loopback addresses for this machine', () => {
    const onThisMachine = (address: string) => isOnThisMachine(parseEndpoint(address));
    expect(['unix:///s', 'tcp://localhost', 'tcp://127.1.2.3', 'tcp://[::1]'].map(onThisMachine)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['tcp://128.0.0.1', 'tcp://localhost.evil', 'ssh://localhost'].map(onThisMachine)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('hands ssh its words so that none becomes an option or a shell command', () => {
    const endpoint = parseEndpoint("ssh://me@h:2222/run/a'b;c");
    expect(endpoint.kind === 'ssh' && sshArguments(endpoint).slice(5)).toEqual([
      '-l',
      'me',
      '-p',
      '2222',
      '--',
      'h',
      'docker',
      '--host',
      "unix://'/run/a'\\''b;c'",
      'system',
      'dial-stdio',
    ]);
  });
});
