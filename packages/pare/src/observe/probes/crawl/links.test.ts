import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linksOf } from './links.ts';

const url = 'http://localhost:8080/docs/index.html';
const html = (text: string) =>
  linksOf({ contentType: 'text/html; charset=utf-8', location: undefined, text, url });
const css = (text: string) => linksOf({ contentType: 'text/css', location: undefined, text, url });

describe('linksOf', () => {
  test('finds what a browser would load or go to, in its order and once', () => {
    const text = `<!doctype html><head><link rel=stylesheet href="/style.css"><script src=app.js></script>
      <style>body { background: url(bg.png) }</style></head>
      <a href="../up?x=1&amp;y=2#part">up</a><a href="/style.css">again</a><img src='i.png'>
      <form action="/search"><input name=q></form><form method=post action="/delete"></form>
      <div style="background:url('/inline.png')">`;
    expect(html(text)).toEqual([
      '/style.css',
      '/docs/app.js',
      '/docs/bg.png',
      '/up?x=1&y=2',
      '/docs/i.png',
      '/search',
      '/inline.png',
    ]);
  });

  test('leaves out other origins and other schemes', () => {
    const text = `<a href="https://localhost:8080/tls"><a href="//example.org/x"><a href="http://localhost/port">
      <a href="mailto:a@b"><a href="javascript:alert(1)"><a href="data:,x"><a href="http://[bad"><a href="#here">`;
    expect(html(text)).toEqual(['/docs/index.html']);
  });

  test('reads links relative to the base element', () => {
    expect(html('<base href="/other/"><a href="x">')).toEqual(['/other/x']);
  });

  test('finds what a style sheet loads', () => {
    expect(
      css(
        '@import "a.css"; @import url(b.css); @font-face { src: url( "f.woff2" ) format("woff2"), url(\'g.ttf\') }',
      ),
    ).toEqual(['/docs/a.css', '/docs/b.css', '/docs/f.woff2', '/docs/g.ttf']);
  });

  test('follows a redirect within the origin', () => {
    const redirect = { contentType: '', text: '', url };
    expect(linksOf({ ...redirect, location: '/login' })).toEqual(['/login']);
    expect(linksOf({ ...redirect, location: 'https://localhost:8443/' })).toEqual([]);
  });

  test('looks for none in other types', () => {
    expect(
      linksOf({ contentType: 'application/json', location: undefined, text: '<a href="/x">', url }),
    ).toEqual([]);
  });

  test('gives paths or nothing for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const path of [...html(`<a href="${text}">${text}`), ...css(`url(${text})`)])
          expect(path.startsWith('/')).toBe(true);
      }),
    );
  });

  test('takes bounded time and gives a bounded number for hostile repetition', () => {
    const started = performance.now();
    for (const unit of ['url(', 'url("', '@import ', 'url( ']) css(unit.repeat(200_000));
    expect(
      html('<a href="x1">'.repeat(1) + Array.from({ length: 5000 }, (_, n) => `<a href="${n}">`).join(''))
        .length,
    ).toBeLessThanOrEqual(1000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
