import { describe, expect, it } from 'vitest';
import { parsePublishedPorts } from './published-ports.ts';

describe('parsePublishedPorts', () => {
  it('lists each binding with an address that can be connected to', () => {
    const ports = {
      '80/tcp': [
        { HostIp: '0.0.0.0', HostPort: '32768' },
        { HostIp: '::', HostPort: '32769' },
        { HostIp: '127.0.0.1', HostPort: '1' },
      ],
      '53/udp': [{ HostIp: '', HostPort: '53' }],
      '90/tcp': null,
    };
    expect(parsePublishedPorts(ports, '127.0.0.1', [])).toEqual([
      { containerPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 32_768 },
      { containerPort: 80, protocol: 'tcp', hostAddress: '::1', hostPort: 32_769 },
      { containerPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 1 },
      { containerPort: 53, protocol: 'udp', hostAddress: '127.0.0.1', hostPort: 53 },
    ]);
    expect(parsePublishedPorts({ '80/tcp': [{ HostIp: '::', HostPort: '9' }] }, 'engine.test', [])).toEqual([
      { containerPort: 80, protocol: 'tcp', hostAddress: 'engine.test', hostPort: 9 },
    ]);
  });

  it('gives the ports of the host for a container on its network', () => {
    expect(parsePublishedPorts({}, '127.0.0.1', ['80/tcp'])).toEqual([
      { containerPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 80 },
    ]);
  });

  it('passes over a port that is no port', () => {
    expect(parsePublishedPorts({ '80/tcp': [{ HostPort: '' }, { HostPort: '70000' }] }, 'x', [])).toEqual([]);
  });
});
