import { describe, expect, it } from 'vitest';
import { parseExpose, parsePublish, planPorts } from './port-specs.ts';

const publish = (spec: string) =>
  parsePublish(spec).map(({ port, binding }) => `${binding.HostIp}|${binding.HostPort}|${port}`);

describe('parsePublish', () => {
  it('reads the forms of docker run -p', () => {
    expect(publish('80')).toEqual(['||80/tcp']);
    expect(publish('8080:80/udp')).toEqual(['|8080|80/udp']);
    expect(publish('127.0.0.1:8080:80')).toEqual(['127.0.0.1|8080|80/tcp']);
    expect(publish('127.0.0.1::80')).toEqual(['127.0.0.1||80/tcp']);
    expect(publish('[::1]:8080:80')).toEqual(['::1|8080|80/tcp']);
    expect(publish('[::]::80')).toEqual(['::||80/tcp']);
    expect(publish(':80')).toEqual(['||80/tcp']);
  });

  it('pairs two ranges, and leaves the choice from a range to the engine', () => {
    expect(publish('8000-8001:80-81')).toEqual(['|8000|80/tcp', '|8001|81/tcp']);
    expect(publish('80-81')).toEqual(['||80/tcp', '||81/tcp']);
    expect(publish('8000-8010:80')).toEqual(['|8000-8010|80/tcp']);
  });

  it.each(['', 'x', '0', '65536', '80/icmp', '9-8', '8000-8002:80-81', '1:2:3:4', '::1:80:80', '80:'])(
    'refuses %j',
    (spec) => {
      expect(() => parsePublish(spec)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});

describe('planPorts', () => {
  it('exposes all that is published, and binds one port as often as it is asked for', () => {
    const plan = planPorts({
      publish: ['8080:80'],
      expose: ['90-91/udp'],
      publishLoopback: ['80/tcp', '443'],
      loopbackAddress: '127.0.0.1',
    });
    expect(plan.exposed).toEqual(['80/tcp', '90/udp', '91/udp', '443/tcp']);
    expect(plan.bindings).toEqual({
      '80/tcp': [
        { HostIp: '', HostPort: '8080' },
        { HostIp: '127.0.0.1', HostPort: '' },
      ],
      '443/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }],
    });
  });

  it('refuses a published port where one is to be exposed', () => {
    expect(() => parseExpose('8080:80')).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
