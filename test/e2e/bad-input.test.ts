import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeImage, writeDockerArchive } from '@pare/oci';
import { docker, type EngineSnapshot, engineSnapshot } from '@pare/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, perlServer, removeImages } from './docker.ts';
import { openScratch, runPare, type Scratch } from './pare-command.ts';

const prefix = 'pare-e2e/bad';
const images: Readonly<Record<string, string>> = {
  'no-command': 'FROM BASE\nCMD []\nENTRYPOINT []',
  shell: 'FROM BASE\nCMD ["/bin/bash"]',
  'exits-at-once': 'FROM BASE\nEXPOSE 80\nCMD ["/bin/sh","-c","echo the reason is printed >&2; exit 3"]',
  'never-ready': 'FROM BASE\nEXPOSE 80\nCMD ["sleep","600"]',
  'answers-500': 'FROM BASE\nEXPOSE 80\nCOPY server.pl /server.pl\nCMD ["perl","/server.pl"]',
  'listens-elsewhere':
    'FROM BASE\nEXPOSE 80\nENV PORT=9000\nCOPY server.pl /server.pl\nCMD ["perl","/server.pl"]',
  works: 'FROM BASE\nEXPOSE 80\nCOPY server.pl /server.pl\nCMD ["perl","/server.pl"]',
};
const tagOf = (name: string) => `${prefix}-${name}:test`;

let before: EngineSnapshot;

beforeAll(async () => {
  for (const [name, dockerfile] of Object.entries(images)) {
    const server = name === 'answers-500' ? perlServer(500, 'broken inside') : perlServer(200, '<p>fine</p>');
    const withFiles = dockerfile.includes('COPY') ? { 'server.pl': server } : {};
    await buildImage(tagOf(name), dockerfile, withFiles);
  }
  before = await engineSnapshot();
});

afterAll(() => removeImages(...Object.keys(images).map(tagOf)));

/** Runs a build that must fail, and checks that it left nothing. */
async function failingBuild(scratch: Scratch, args: readonly string[], environment?: NodeJS.ProcessEnv) {
  const ended = await runPare(
    ['--json', 'build', '--artifacts', scratch.artifacts, ...args],
    scratch,
    environment,
  );
  expect(await engineSnapshot()).toEqual(before);
  const left = await readdir(scratch.temporary, { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile()).map((entry) => entry.name)).toEqual([]);
  await expect(access(scratch.artifacts)).rejects.toThrow('ENOENT');
  return { code: ended.code, stderr: ended.stderr, error: JSON.parse(ended.stdout).error };
}

/** Stores an image without layers that says it is for arm64. */
async function importForeign(tag: string, directory: string): Promise<void> {
  const image = makeImage({
    reference: tag,
    config: {
      architecture: 'arm64',
      os: 'linux',
      config: { Cmd: ['/app'] },
      rootfs: { type: 'layers', diff_ids: [] },
      history: [],
    },
    layers: [],
  });
  const archive = join(directory, 'image.tar');
  await pipeline(writeDockerArchive(image, [tag]), createWriteStream(archive));
  await docker(['load', '-i', archive]);
}

describe('pare build refuses, with a message, a hint and an exit code of its own, and leaves nothing behind', () => {
  test.each([
    {
      what: 'an unknown image',
      args: ['no/such-image'],
      code: 12,
      error: 'image-not-found',
      names: 'no/such-image',
    },
    {
      what: 'an image that runs nothing',
      args: [tagOf('no-command')],
      code: 15,
      error: 'image-without-command',
      names: tagOf('no-command'),
    },
    {
      what: 'an image that starts only a shell',
      args: [tagOf('shell')],
      code: 16,
      error: 'image-is-a-shell',
      names: '/bin/bash',
    },
    {
      what: 'an application that exits at once',
      args: [tagOf('exits-at-once')],
      code: 20,
      error: 'container-exited',
      names: '3',
    },
    {
      what: 'an application that never listens',
      args: ['--ready-timeout', '2s', tagOf('never-ready')],
      code: 21,
      error: 'container-not-ready',
      names: '80',
    },
    {
      what: 'an application that answers 500',
      args: [tagOf('answers-500')],
      code: 22,
      error: 'probe-failed',
      names: '500',
    },
    {
      what: 'a name that no image can have',
      args: ['--tag', 'Not A Name', tagOf('works')],
      code: 2,
      error: 'usage',
      names: 'Not A Name',
    },
    {
      what: 'a level that does not exist',
      args: ['--keep', 'some', tagOf('works')],
      code: 2,
      error: 'usage',
      names: 'some',
    },
    {
      what: 'an event that does not exist',
      args: ['--continue-after', 'never', tagOf('works')],
      code: 2,
      error: 'usage',
      names: 'never',
    },
    {
      what: 'an environment file that is not there',
      args: ['--env-file', '/no/such/file', tagOf('works')],
      code: 2,
      error: 'usage',
      names: '/no/such/file',
    },
    {
      what: 'a network that the engine does not have, before the image is looked for',
      args: ['--network', 'no-such-network', 'no/such-image'],
      code: 2,
      error: 'usage',
      names: 'no-such-network',
    },
    {
      what: 'what the embedded engine cannot do, before the image is looked for',
      args: ['--engine', 'embedded', '--network', 'no-such-network', 'no/such-image'],
      code: 2,
      error: 'usage',
      names: 'the embedded engine has no network no-such-network',
    },
    {
      what: 'a container that does not exist, before the image is looked for',
      args: ['--volumes-from', 'no-such-container', 'no/such-image'],
      code: 2,
      error: 'usage',
      names: 'no-such-container',
    },
  ])('$what', async ({ args, code, error, names }) => {
    await using scratch = await openScratch();
    const failed = await failingBuild(scratch, args);
    expect(failed.error).toMatchObject({
      code: error,
      message: expect.stringContaining(names),
      hint: expect.stringMatching(/\w/),
    });
    expect(failed.code).toBe(code);
    expect(failed.stderr).toContain('hint: ');
  });

  test('an application that exits shows what it printed last', async () => {
    await using scratch = await openScratch();
    const { error } = await failingBuild(scratch, [tagOf('exits-at-once')]);
    expect(error.details.join('\n')).toContain('the reason is printed');
  });

  test('an application that listens elsewhere is told the port and the option', async () => {
    await using scratch = await openScratch();
    const { error } = await failingBuild(scratch, ['--ready-timeout', '2s', tagOf('listens-elsewhere')]);
    expect(error).toMatchObject({
      code: 'container-not-ready',
      hint: expect.stringContaining('--expose 9000'),
    });
  });

  test('no engine: every one that was tried, and why it failed', async () => {
    await using scratch = await openScratch();
    const { code, error } = await failingBuild(scratch, [tagOf('works')], {
      DOCKER_HOST: 'unix:///no/such/socket',
    });
    expect(code).toBe(10);
    expect(error.code).toBe('no-engine');
    expect([error.message, ...error.details].join('\n')).toContain('/no/such/socket');
  });

  test('an image of another architecture', async () => {
    await using scratch = await openScratch();
    const tag = `${prefix}-foreign:test`;
    await importForeign(tag, scratch.temporary);
    try {
      const ended = await runPare(['--json', 'build', tag], scratch);
      expect(JSON.parse(ended.stdout).error).toMatchObject({
        code: 'image-foreign-architecture',
        message: expect.stringContaining('arm64'),
      });
      expect(ended.code).toBe(14);
    } finally {
      await removeImages(tag);
    }
  });

  test('a full disk: no half of a file stays', async () => {
    await using scratch = await openScratch();
    const small = join(scratch.temporary, 'small');
    const slim = `${prefix}-full-disk.slim:test`;
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      const ended = await runPare(
        ['--json', 'build', '--artifacts', small, '--tag', slim, tagOf('works')],
        scratch,
      );
      expect(JSON.parse(ended.stdout).error.code, ended.stderr).toBe('disk-full');
      expect(ended.code).toBe(40);
      expect(await readdir(small)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
      await rm(small, { recursive: true, force: true });
      await removeImages(slim);
    }
    expect(await engineSnapshot()).toEqual(before);
  });
});

describe('pare observe', () => {
  /** Observes the image that works; gives the error that it must end with. */
  const failing = async (scratch: Scratch, args: readonly string[]) => {
    const ended = await runPare(['--json', 'observe', ...args, tagOf('works')], scratch);
    const { error } = JSON.parse(ended.stdout);
    expect(error, ended.stderr).toBeDefined();
    expect(await engineSnapshot()).toEqual(before);
    return { code: ended.code, error };
  };

  test('says so when the directory of its result is removed midway', async () => {
    await using scratch = await openScratch();
    const place = join(scratch.temporary, 'place');
    await mkdir(place);
    const output = join(place, 'observation.json');
    const { code, error } = await failing(scratch, ['--host-exec', `rm -r ${place}`, '-o', output]);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(output) });
    expect(code).toBe(2);
  });

  /** A disk of 16 KiB, below the scratch directory. */
  const openSmallDisk = async ({ temporary }: Scratch) => {
    const directory = join(temporary, 'small');
    await mkdir(directory);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', directory]);
    const unmount = async () => void execFileSync('umount', [directory]);
    return { directory, [Symbol.asyncDispose]: unmount };
  };

  test('says so when the disk of its result is full, and leaves no half of it', async () => {
    await using scratch = await openScratch();
    await using small = await openSmallDisk(scratch);
    const { code, error } = await failing(scratch, ['-o', join(small.directory, 'observation.json')]);
    expect(error.code).toBe('disk-full');
    expect(code).toBe(40);
    expect(await readdir(small.directory)).toEqual([]);
  });

  test('counts what did not reach the record when the disk of that is full', async () => {
    await using scratch = await openScratch();
    await using small = await openSmallDisk(scratch);
    const ended = await runPare(['observe', tagOf('works')], { ...scratch, temporary: small.directory });
    expect(ended.stdout).toMatch(/[1-9]\d* facts did not reach the record/);
    expect(ended.code).toBe(0);
  });
});

test('an unknown option names itself and points to the help', async () => {
  await using scratch = await openScratch();
  const ended = await runPare(['build', '--no-such-option', 'app'], scratch);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('--no-such-option');
  expect(ended.stderr).toContain('--help');
});

test('the fat image is never touched', async () => {
  await using scratch = await openScratch();
  const slim = `${prefix}-works.slim:test`;
  const inspect = () => docker(['image', 'inspect', tagOf('works')]);
  const untouched = await inspect();
  try {
    const ended = await runPare(
      ['build', '--artifacts', scratch.artifacts, '--tag', slim, tagOf('works')],
      scratch,
    );
    expect(ended.stderr).not.toContain('hint:');
    expect(ended.code).toBe(0);
    expect(await inspect()).toBe(untouched);
  } finally {
    await removeImages(slim);
  }
});
