import { describe, expect, it } from 'vitest';
import { parseAddHost, renderHosts, renderResolver } from './name-files.ts';

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
    const text = await renderResolver({ dns: ['10.9.8.7'], dnsSearch: ['test'] });
    expect(text.match(/^nameserver .*/gm)).toEqual(['nameserver 10.9.8.7']);
    expect(text.match(/^search .*/gm)).toEqual(['search test']);
  });
});
