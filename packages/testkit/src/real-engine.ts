import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { detectEngine } from '../../pare/src/engine/detect.ts';
import type { ContainerEngine } from '../../pare/src/ports/container-engine.ts';
import { docker } from './docker-command.ts';

/** A real engine for one test file, with a directory of its own. Disposing of it removes both. */
export interface RealEngine extends AsyncDisposable {
  readonly engine: ContainerEngine;
  /** Value of the owner label on all that is made through it. */
  readonly runId: string;
  readonly directory: HostPath;
}

/**
 * Connects to the machine's engine. Fails, rather than skip what needs it, when none answers: `bin/engine ensure` starts
 * one, and `bin/test` does so by itself.
 */
export async function realEngine(signal?: AbortSignal): Promise<RealEngine> {
  const runId = `test.${process.pid}.${randomBytes(4).toString('hex')}`;
  const directory = hostPath(await mkdtemp(join(tmpdir(), 'pare-test-')));
  try {
    const engine = await detectEngine({
      engine: 'auto',
      runId,
      cacheDirectory: directory,
      temporaryDirectory: directory,
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      engine,
      runId,
      directory,
      async [Symbol.asyncDispose]() {
        try {
          await engine[Symbol.asyncDispose]();
        } finally {
          await rm(directory, { recursive: true, force: true });
        }
      },
    };
  } catch (cause) {
    await rm(directory, { recursive: true, force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`this test needs a container engine (run: eval "$(bin/engine ensure)"): ${why}`, {
      cause,
    });
  }
}

/** The small Debian image that test images are made from. */
export function testBase(): string {
  return process.env.PARE_TEST_BASE || 'pare-samples/base:bookworm';
}

/** An image made for a test. Disposing of it removes it. */
export interface TestImage extends AsyncDisposable {
  readonly reference: string;
}

/**
 * Builds an image from the text of a Dockerfile without a build context, with docker's own client; the word `BASE` in a
 * FROM line stands for `testBase()`.
 */
export async function buildTestImage(dockerfile: string, base: string = testBase()): Promise<TestImage> {
  const reference = `pare-test/${randomBytes(6).toString('hex')}:latest`;
  const text = dockerfile.replaceAll(/^FROM BASE\b/gm, `FROM ${base}`);
  await docker(['build', '--quiet', '--force-rm', '--no-cache', '--tag', reference, '-'], text);
  return {
    reference,
    async [Symbol.asyncDispose]() {
      await docker(['image', 'rm', '--force', reference]);
    },
  };
}
