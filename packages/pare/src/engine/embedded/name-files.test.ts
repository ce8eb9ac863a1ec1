import { describe, expect, it } from 'vitest';
import { leadResolverOut, parseAddHost, renderHosts, renderResolver } from './name-files.ts';

describe('names in a container', () => {
  it("begin as Docker's and go on with its own", () => {
    const text = renderHosts([{ address: '172.17.0.2', names: ['web', 'w'] }]);
    expect(text.split('\n')[0]).toBe('127.0.0.1\tlocalhost');
    expect(text.endsWith('172.17.0.2\tweb w\n')).toBe(true);
  });

  it('are read from --add-host in both ways of writing', () => {
    expect(parseAddHost('db:10.0.0.1', '')).toEqual({ address: '10.0.0.1', names: ['db'] });
    expect(parseAddHost('db=[::1]', '')).toEqual({ address: '::1', names: ['db'] });
    expect(parseAddHost('up:host-gateway', '1.2.3.4').address).toBe('1.2.3.4');
    for (const text of ['', 'db', ':1.2.3.4']) {
      expect(() => parseAddHost(text, '')).toThrowError(expect.objectContaining({ code: 'usage' }));
    }
  });

  it('are looked up where --dns says and nowhere else', async () => {
    const text = await renderResolver({ dns: ['10.9.8.7'], dnsSearch: ['test'] }, undefined);
    expect(text.match(/^nameserver .*/gm)).toEqual(['nameserver 10.9.8.7']);
    expect(text.match(/^search .*/gm)).toEqual(['search test']);
  });

  it('are asked of a forwarder where the name server is on the loopback device of this machine', () => {
    const text = '# by hand\nnameserver 127.0.0.53\nnameserver ::1\noptions edns0\nsearch here\n';
    expect(leadResolverOut(text, '172.17.0.3')).toBe(
      'nameserver 172.17.0.3\n# by hand\noptions edns0\nsearch here\n',
    );
  });

  it('are asked of the same name servers elsewhere, but for those that an IPv4 network does not reach', () => {
    const text = 'nameserver 10.0.0.53\nnameserver fd00::53\nnameserver\t127.0.0.1\n';
    expect(leadResolverOut(text, '172.17.0.3')).toBe('nameserver 10.0.0.53\nnameserver 172.17.0.3\n');
  });

  it.each(['', 'nameserver', 'nameserver fd00::53\n', '\u0000'])(
    'are asked of the forwarder where there is no name server to be had: %j',
    (text) => {
      expect(leadResolverOut(text, '172.17.0.3').split('\n')).toContain('nameserver 172.17.0.3');
    },
  );
});
