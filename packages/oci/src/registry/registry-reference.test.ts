import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OciError } from '../model/oci-error.ts';
import { hasRegistryHost, parseRegistryReference, renderRegistryReference } from './registry-reference.ts';

const digest = `sha256:${'0'.repeat(64)}`;

describe('parseRegistryReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['team/app:1', 'docker.io/team/app:1'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['[::1]:5000/a/b:x', '[::1]:5000/a/b:x'],
    ['reg.example/a/b_c/d-e:v1.2_3', 'reg.example/a/b_c/d-e:v1.2_3'],
    [`reg.example/a@${digest}`, `reg.example/a@${digest}`],
    [`reg.example/a:1@${digest}`, `reg.example/a:1@${digest}`],
  ])('reads %s', (text, full) => {
    const reference = parseRegistryReference(text);
    expect(renderRegistryReference(reference)).toBe(full);
    expect(renderRegistryReference(parseRegistryReference(full))).toBe(full);
  });

  it.each([
    '',
    '/',
    'reg.example/',
    'UPPER',
    'a//b',
    'reg.example/../etc',
    'reg.example/a/..%2f',
    'reg.example/a:',
    'reg.example/a:b:c',
    'reg.example/a?x=y',
    'reg.example/a#b',
    'user@reg.example/a',
    'reg.example:99999999/a',
    `a:${'x'.repeat(200)}`,
    `reg.example/${'x'.repeat(300)}`,
    'reg.example/a@sha256:12',
  ])('refuses %j', (text) => {
    expect(() => parseRegistryReference(text)).toThrow(OciError);
  });

  it('gives only names that are safe in a URL', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const { host, repository } = parseRegistryReference(text);
          const url = new URL(`https://${host}/v2/${repository}/manifests/x`);
          expect(url.pathname).toBe(`/v2/${repository}/manifests/x`);
        } catch (error) {
          expect(error).toBeInstanceOf(OciError);
        }
      }),
    );
  });

  it('tells a host by its dot, its port or its name, as docker does', () => {
    expect(['localhost/a', 'a.b/c', 'a:1/c'].map(hasRegistryHost)).toEqual([true, true, true]);
    expect(['a/b', 'nginx', 'nginx:1', 'a.b'].map(hasRegistryHost)).toEqual([false, false, false, false]);
  });
});
