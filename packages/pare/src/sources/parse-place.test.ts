import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PareError } from '../model/pare-error.ts';
import { parseImageSink, parseImageSource } from './parse-place.ts';

describe('parseImageSource', () => {
  it.each([
    ['my/app', { kind: 'named', reference: 'my/app' }],
    ['nginx:1.25', { kind: 'named', reference: 'nginx:1.25' }],
    ['localhost:5000/my/app:1', { kind: 'named', reference: 'localhost:5000/my/app:1' }],
    ['sha256:0123', { kind: 'named', reference: 'sha256:0123' }],
    ['docker:my/app:1', { kind: 'engine', engine: 'docker', reference: 'my/app:1' }],
    ['docker-daemon:app', { kind: 'engine', engine: 'docker', reference: 'app' }],
    ['podman:app', { kind: 'engine', engine: 'podman', reference: 'app' }],
    ['store:app', { kind: 'store', reference: 'app' }],
    ['rootfs:/srv/a:b', { kind: 'rootfs', path: '/srv/a:b' }],
    ['dockerfile:.', { kind: 'dockerfile', path: '.' }],
    ['docker-archive:a.tar', { kind: 'docker-archive', path: 'a.tar', reference: undefined }],
    ['docker-archive:a.tar:my/app:1', { kind: 'docker-archive', path: 'a.tar', reference: 'my/app:1' }],
    ['oci:dir:v1', { kind: 'oci', path: 'dir', reference: 'v1' }],
    [`oci:dir@sha256:${'a'.repeat(64)}`, { kind: 'oci', path: 'dir', reference: `sha256:${'a'.repeat(64)}` }],
    ['oci-archive:/x/a.tar', { kind: 'oci-archive', path: '/x/a.tar', reference: undefined }],
  ])('reads %s', (text, expected) => {
    expect(parseImageSource(text)).toEqual(expected);
  });

  it('reads names in registries, with docker’s rules for what is left out', () => {
    expect(parseImageSource('docker://nginx')).toMatchObject({
      kind: 'registry',
      reference: { host: 'docker.io', repository: 'library/nginx', tag: 'latest' },
    });
    expect(parseImageSource('docker://reg.example:5000/a/b:1')).toMatchObject({
      reference: { host: 'reg.example:5000', repository: 'a/b', tag: '1' },
    });
  });

  it.each([
    ['', 'empty'],
    ['./app.tar', 'docker-archive:./app.tar'],
    ['tarball:/x', 'tarball:'],
    ['dir:/x', 'dir:'],
    ['oci:', 'no path'],
    ['oci:dir:', 'last colon'],
    ['docker:', 'no name'],
    ['docker://UPPER/x', 'no image name'],
    ['docker://h.example/../x', 'no image name'],
  ])('refuses %j and says why', (text, why) => {
    const error = thrown(() => parseImageSource(text));
    expect(error.code).toBe('usage');
    expect(`${error.message} ${error.hint}`).toContain(why);
    expect(error.hint).toMatch(/\w/);
  });

  it('gives a source or a usage error for any text', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('', 'oci:', 'docker://', 'docker-archive:', 'rootfs:'),
        (rest, prefix) => {
          try {
            expect(parseImageSource(prefix + rest).kind).toMatch(/\w/);
          } catch (error) {
            expect(error).toMatchObject({ code: 'usage' });
          }
        },
      ),
    );
  });
});

describe('parseImageSink', () => {
  it('reads what a source reads, but builds and digests', () => {
    expect(parseImageSink('oci:out:v1')).toEqual({ kind: 'oci', path: 'out', reference: 'v1' });
    expect(parseImageSink('my/app.slim')).toEqual({ kind: 'named', reference: 'my/app.slim' });
    expect(thrown(() => parseImageSink('dockerfile:.')).code).toBe('usage');
    expect(thrown(() => parseImageSink(`docker://h.example/x@sha256:${'a'.repeat(64)}`)).code).toBe('usage');
  });
});

function thrown(work: () => unknown): PareError {
  try {
    work();
  } catch (error) {
    if (error instanceof PareError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
