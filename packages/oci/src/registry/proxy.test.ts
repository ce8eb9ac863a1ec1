import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proxyOfEnvironment } from './proxy.ts';

const both = { HTTPS_PROXY: 'http://secure.example:3128', HTTP_PROXY: 'http://plain.example' };
const through = (url: string, environment: Record<string, string> = both) =>
  proxyOfEnvironment(environment)(new URL(url))?.href;

describe('proxyOfEnvironment', () => {
  it('goes by the scheme of what is asked for, and needs no scheme of its own', () => {
    expect(through('https://reg.example/v2/')).toBe('http://secure.example:3128/');
    expect(through('http://reg.example/v2/')).toBe('http://plain.example/');
    expect(through('https://reg.example/', { HTTP_PROXY: 'http://plain.example' })).toBeUndefined();
    expect(through('https://reg.example/', { https_proxy: 'small.example:80' })).toBe(
      'http://small.example/',
    );
    expect(through('https://reg.example/', { https_proxy: 'small', HTTPS_PROXY: 'large' })).toBe(
      'http://large/',
    );
    expect(through('https://reg.example/', { HTTPS_PROXY: '' })).toBeUndefined();
  });

  it.each(['https://localhost/', 'https://127.8.9.1:5000/', 'https://[::1]:5000/', 'http://LOCALHOST:80/'])(
    'never goes through one to this machine: %s',
    (url) => expect(through(url)).toBeUndefined(),
  );

  it.each([
    ['reg.example', 'https://reg.example/', true],
    ['reg.example', 'https://a.b.reg.example:5000/', true],
    ['reg.example', 'https://myreg.example/', false],
    ['REG.example', 'https://reg.EXAMPLE/', true],
    ['.reg.example', 'https://reg.example/', false],
    ['.reg.example', 'https://a.reg.example/', true],
    ['*.reg.example', 'https://a.reg.example/', true],
    ['reg.example:5000', 'https://reg.example:5000/', true],
    ['reg.example:5000', 'https://reg.example/', false],
    ['reg.example:443', 'https://reg.example/', true],
    ['*', 'https://reg.example/', true],
    ['other.example, ,reg.example', 'https://reg.example/', true],
    ['10.1.0.0/16', 'https://10.1.2.3:5000/', true],
    ['10.1.0.0/16', 'https://10.2.2.3/', false],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['10.1.2.3:80', 'https://10.1.2.3/', false],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['[fd12::1]:443', 'https://[fd12::1]/', true],
    ['fd12::1', 'https://[fd12::2]/', false],
    ['10.0.0.0/99', 'https://10.0.0.1/', false],
    ['10.1.0.0/16', 'https://reg.example/', false],
  ])('NO_PROXY=%s and %s: direct is %s', (list, url, direct) => {
    expect(through(url, { ...both, NO_PROXY: list }) === undefined).toBe(direct);
  });

  it('refuses a proxy that it cannot speak to, and does not tell its password', () => {
    const ask = () => through('https://reg.example/', { HTTPS_PROXY: 'socks5://me:secret@10.0.0.1:1080' });
    expect(ask).toThrow(expect.objectContaining({ code: 'unsupported' }));
    expect(ask).toThrow(/^(?!.*secret)/);
  });

  it('takes any list of exceptions', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (list) => {
        const found = through('https://reg.example/', { ...both, NO_PROXY: list });
        expect([undefined, 'http://secure.example:3128/']).toContain(found);
      }),
    );
  });
});
