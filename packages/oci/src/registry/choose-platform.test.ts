import { describe, expect, it } from 'vitest';
import { choosePlatform, parsePlatform } from './choose-platform.ts';

const entry = (character: string, platform?: object, annotations?: object) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${character.repeat(64)}`,
  size: 10,
  ...(platform === undefined ? {} : { platform }),
  ...(annotations === undefined ? {} : { annotations }),
});
const linux = (architecture: string, variant?: string) => ({
  os: 'linux',
  architecture,
  ...(variant === undefined ? {} : { variant }),
});
const choose = (manifests: readonly object[], wanted: string) =>
  choosePlatform({ manifests }, parsePlatform(wanted) ?? linux('none'), 'the index').digest[7];

describe('choosePlatform', () => {
  it('takes the platform, and the variant where one is wanted', () => {
    const all = [entry('a', linux('amd64')), entry('b', linux('arm', 'v6')), entry('c', linux('arm', 'v7'))];
    expect(choose(all, 'linux/amd64')).toBe('a');
    expect(choose(all, 'linux/arm/v6')).toBe('b');
    expect(choose(all, 'linux/arm')).toBe('c');
    expect(choose([entry('d', linux('amd64', 'v3')), ...all], 'linux/amd64')).toBe('a');
  });

  it('passes over attestations', () => {
    const attestation = entry(
      'f',
      { os: 'unknown', architecture: 'unknown' },
      { 'vnd.docker.reference.type': 'x' },
    );
    expect(choose([attestation, entry('a', linux('amd64'))], 'linux/amd64')).toBe('a');
  });

  it('takes the only image where it names no platform', () => {
    expect(choose([entry('a')], 'linux/amd64')).toBe('a');
  });

  it('says what there is when there is none', () => {
    expect(() => choose([entry('a', linux('arm64')), entry('b', linux('s390x'))], 'linux/amd64')).toThrow(
      /no image for linux\/amd64: it has linux\/arm64, linux\/s390x/,
    );
    expect(() => choose([], 'linux/amd64')).toThrow(expect.objectContaining({ code: 'foreign-platform' }));
  });

  it('refuses an index that is none', () => {
    for (const manifests of [[1], [{}], [entry('a', 'x' as never)], 'x'])
      expect(() => choosePlatform({ manifests } as never, linux('amd64'), 'it')).toThrow(
        expect.objectContaining({ code: 'corrupt' }),
      );
  });
});

describe('parsePlatform', () => {
  it('reads os/architecture[/variant] alone', () => {
    expect(parsePlatform('linux/arm/v7')).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' });
    for (const text of ['', 'linux', 'linux/', '/arm', 'a/b/c/d', 'linux/arm/'])
      expect(parsePlatform(text)).toBeUndefined();
  });
});
