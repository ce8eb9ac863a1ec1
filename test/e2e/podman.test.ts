import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPath, openDockerArchive, validateImage } from '@pare/oci';
import { docker, type PodmanService, startPodman } from '@pare/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, perlServer, removeImages } from './docker.ts';
import { openScratch, runPare, type Scratch, startPare } from './pare-command.ts';

const tag = 'pare-e2e/podman:test';
let podman: PodmanService;
let scratch: Scratch;
let archive = '';

beforeAll(async () => {
  scratch = await openScratch();
  archive = join(scratch.artifacts, '../app.tar');
  podman = await startPodman();
  await buildImage(tag, 'FROM BASE\nEXPOSE 80\nCOPY server.pl /server.pl\nCMD ["perl","/server.pl"]', {
    'server.pl': perlServer(200, 'fine'),
  });
  await docker(['save', '--output', archive, tag]);
  await removeImages(tag);
  await podman.podman('load', '--quiet', '--input', archive);
});

afterAll(async () => {
  await podman?.[Symbol.asyncDispose]();
  await scratch?.[Symbol.asyncDispose]();
});

/** Names of all that is in Podman. */
const holdings = async () => ({
  containers: (await podman.podman('ps', '--all', '--quiet')).split('\n').filter(Boolean),
  volumes: (await podman.podman('volume', 'ls', '--quiet')).split('\n').filter(Boolean),
  images: (await podman.podman('images', '--all', '--format', '{{.Repository}}:{{.Tag}}'))
    .split('\n')
    .filter(Boolean)
    .sort(),
});

async function leftBehind(): Promise<readonly string[]> {
  const left = await readdir(scratch.temporary, { recursive: true, withFileTypes: true });
  return left.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

const ours = `localhost/${tag}`;

describe('pare with Podman', () => {
  test('builds on it: the slim image runs there under its own profile, and nothing else stays', async () => {
    const ended = await runPare(
      ['--json', 'build', '--engine', 'podman', '--host', podman.address, '--remove-file-artifacts', ours],
      scratch,
    );
    expect(ended.stderr).not.toContain('pare:');
    const report = JSON.parse(ended.stdout);
    expect(report).toMatchObject({
      engine: { kind: 'podman', local: true },
      verdict: { passed: true },
      repairRounds: 0,
      profileAtFault: false,
    });
    expect(ended.code).toBe(0);
    expect(report.slim.sizeBytes).toBeLessThan(report.fat.sizeBytes / 4);
    expect(await holdings()).toEqual({
      containers: [],
      volumes: [],
      images: [ours, `localhost/pare-e2e/podman.slim:test`].sort(),
    });
    expect(await leftBehind()).toEqual([]);
  });

  test('is where an image comes from and goes to while Docker runs it, and Docker keeps nothing', async () => {
    const slim = 'localhost/pare-e2e/podman:from-docker';
    const file = join(scratch.artifacts, '../slim.tar');
    const kept = await holdings();
    const ended = await runPare(
      [
        ...['--json', 'build', '--engine', 'docker', '--remove-file-artifacts'],
        ...['--to', `podman:${slim}`, '--to', `docker-archive:${file}:${slim}`, `podman:${ours}`],
      ],
      scratch,
      { CONTAINER_HOST: podman.address },
    );
    expect(ended.stderr).not.toContain('pare:');
    expect(ended.code).toBe(0);
    const report = JSON.parse(ended.stdout);
    expect(report).toMatchObject({ engine: { kind: 'docker' }, tags: [], verdict: { passed: true } });
    expect(await podman.podman('image', 'inspect', '--format', '{{.Id}}', slim)).toBe(
      report.slim.id.slice(7),
    );
    expect((await holdings()).images).toEqual([...kept.images, slim].sort());
    const inDocker = await docker(['images', '--all', '--quiet', '--no-trunc']);
    expect([inDocker.includes(report.fat.id), inDocker.includes(report.slim.id)]).toEqual([false, false]);
    expect(await leftBehind()).toEqual([]);

    // What podman gives back, and what it takes of ours, is the same image.
    const saved = join(scratch.artifacts, '../saved.tar');
    await podman.podman('save', '--quiet', '--output', saved, slim);
    await podman.podman('rmi', slim);
    expect(await podman.podman('load', '--quiet', '--input', file)).toContain(slim);
    expect(await podman.podman('image', 'inspect', '--format', '{{.Id}}', slim)).toBe(
      report.slim.id.slice(7),
    );
    await using back = await openDockerArchive(hostPath(saved));
    expect(back.configDigest).toBe(report.slim.id);
    expect(await validateImage(back)).toEqual([]);
  });

  test('says what failed and leaves nothing when the slim image cannot pass', async () => {
    const kept = await holdings();
    const ended = await runPare(
      [
        ...['--json', 'build', '--engine', 'podman', '--host', podman.address, '--remove-file-artifacts'],
        ...['--exclude', '/server.pl', ours],
      ],
      scratch,
    );
    expect(ended.code).toBe(30);
    expect(JSON.parse(ended.stdout)).toMatchObject({ tags: [], verdict: { passed: false } });
    expect(await holdings()).toEqual(kept);
    expect(await leftBehind()).toEqual([]);
  });

  test('leaves nothing when Ctrl-C comes while the application is observed', async () => {
    const kept = await holdings();
    const { child, ended } = startPare(
      [
        ...['build', '--engine', 'podman', '--host', podman.address, '--remove-file-artifacts'],
        ...['--continue-after', 'timeout', '--observe-for', '10m', ours],
      ],
      scratch,
    );
    let interrupted = false;
    child.stderr?.on('data', (text: Buffer) => {
      if (interrupted || !text.toString().includes('exercising')) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    expect((await ended).code).toBe(130);
    expect(await holdings()).toEqual(kept);
    expect(await leftBehind()).toEqual([]);
  });
});
