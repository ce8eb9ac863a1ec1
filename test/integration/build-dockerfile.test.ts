import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath, openDockerArchive, validateImage } from '@pare/oci';
import { realEngine } from '@pare/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDockerfile } from '../../packages/pare/src/sources/build-dockerfile.ts';

let directory = '';
const signal = new AbortController().signal;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-dockerfile-'));
  writeFileSync(join(directory, 'file'), `built by ${process.pid}`);
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\nCOPY file /file\nCMD ["/file"]\n');
  writeFileSync(join(directory, 'Broken'), 'FROM scratch\nCOPY none /none\n');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const build = (path: string, engine: Parameters<typeof buildDockerfile>[0]['engine']) =>
  buildDockerfile({
    path: hostPath(path),
    engine,
    dockerArguments: [],
    temporaryDirectory: hostPath(directory),
    signal,
  });

describe('buildDockerfile', () => {
  it('builds with docker where that is the engine, without a tag', async () => {
    await using real = await realEngine();
    const built = await build(directory, real.engine.info);
    if (built.kind !== 'in-engine') throw new Error('it was not built by docker');
    const facts = await real.engine.inspectImage(built.id);
    expect(facts.tags).toEqual([]);
    await real.engine.removeUntaggedImage(built.id);
    expect(await real.engine.hasImage(built.id)).toBe(false);
  });

  it('builds with buildah elsewhere, and leaves nothing in its storage', async () => {
    const stored = () =>
      execFileSync('buildah', ['images', '--all', '--quiet', '--no-trunc'], { encoding: 'utf8' });
    const before = stored();
    const built = await build(join(directory, 'Dockerfile'), {
      kind: 'embedded',
      name: 'embedded',
      version: '',
      apiVersion: '',
      architecture: 'amd64',
      kernel: '',
      operatingSystem: '',
      local: true,
    });
    if (built.kind !== 'archive') throw new Error('it was not built by buildah');
    await using image = await openDockerArchive(built.path);
    expect(image.config.config.Cmd).toEqual(['/file']);
    expect(await validateImage(image)).toEqual([]);
    expect(stored()).toBe(before);
  });

  it('gives the builder’s own words when it fails, and says when there is no Dockerfile', async () => {
    await using real = await realEngine();
    await expect(build(join(directory, 'Broken'), real.engine.info)).rejects.toMatchObject({
      code: 'engine-failed',
      details: expect.arrayContaining([expect.stringContaining('none')]),
    });
    await expect(build(join(directory, 'nowhere'), real.engine.info)).rejects.toMatchObject({
      code: 'image-not-found',
    });
  });
});
