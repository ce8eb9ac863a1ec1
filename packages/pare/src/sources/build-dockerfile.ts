import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { EngineInfo } from '../ports/container-engine.ts';
import { runTool, type ToolResult } from '../store/run-tool.ts';

/** What was built. Whoever asked for it removes it. */
export type BuiltImage =
  /** In the engine, without a tag. */
  | { readonly kind: 'in-engine'; readonly id: string }
  /** A docker archive in the temporary directory. */
  | { readonly kind: 'archive'; readonly path: HostPath };

export interface DockerfileBuild {
  /** A context directory, or a Dockerfile whose directory is the context. */
  readonly path: HostPath;
  readonly engine: EngineInfo | undefined;
  /** Where docker's own client finds the engine: `--host`, `--context`; empty for its default. */
  readonly dockerArguments: readonly string[];
  readonly temporaryDirectory: HostPath;
  readonly signal: AbortSignal;
}

/**
 * Builds a Dockerfile with docker where that is the engine and its client is there, else with buildah. Throws PareError
 * `image-not-found` without a Dockerfile, `no-engine` without a builder, `engine-failed` with the builder's last lines.
 */
export async function buildDockerfile(build: DockerfileBuild): Promise<BuiltImage> {
  const { context, file } = await findDockerfile(build.path);
  const why: string[] = [];
  if (build.engine === undefined || build.engine.kind === 'docker') {
    if (await isInstalled('docker', build.signal)) {
      const id = await buildInDocker(build, context, file);
      return { kind: 'in-engine', id };
    }
    why.push('docker: its command is not installed');
  } else why.push(`docker: the engine is ${build.engine.kind}`);
  if (await isInstalled('buildah', build.signal)) {
    return { kind: 'archive', path: await buildWithBuildah(build, context, file) };
  }
  why.push('buildah: it is not installed');
  throw new PareError('no-engine', `nothing here can build ${file}. ${why.join('; ')}`, {
    hint: 'install buildah (Debian: buildah), or docker',
    details: why,
  });
}

async function findDockerfile(path: HostPath): Promise<{ readonly context: string; readonly file: string }> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile() === true) return { context: dirname(path), file: path };
  for (const name of ['Dockerfile', 'Containerfile']) {
    const file = join(path, name);
    if ((await stat(file).catch(() => undefined))?.isFile() === true) return { context: path, file };
  }
  throw new PareError('image-not-found', `there is no Dockerfile at ${path}`, {
    hint: 'dockerfile: takes a directory with a Dockerfile, or the Dockerfile itself',
  });
}

async function isInstalled(program: string, signal: AbortSignal): Promise<boolean> {
  const result = await runTool(program, ['--version'], { signal }).catch((error: unknown) => {
    if (error instanceof PareError) return undefined;
    throw error;
  });
  return result?.code === 0;
}

async function buildInDocker(build: DockerfileBuild, context: string, file: string): Promise<string> {
  const idFile = join(build.temporaryDirectory, 'built.id');
  const args = [
    ...build.dockerArguments,
    'build',
    '--force-rm',
    '--iidfile',
    idFile,
    '--file',
    file,
    context,
  ];
  check(await runTool('docker', args, { signal: build.signal }), 'docker', file);
  return (await readFile(idFile, 'utf8')).trim();
}

async function buildWithBuildah(build: DockerfileBuild, context: string, file: string): Promise<HostPath> {
  const { temporaryDirectory, signal } = build;
  const idFile = join(temporaryDirectory, 'built.id');
  // chroot needs neither a runtime nor a network of its own, so that it works where containers do not.
  const args = ['bud', '--isolation', 'chroot', '--iidfile', idFile, '--file', file, context];
  check(await runTool('buildah', args, { signal }), 'buildah', file);
  const id = (await readFile(idFile, 'utf8')).trim();
  const path = join(temporaryDirectory, 'built.tar');
  try {
    check(await runTool('buildah', ['push', id, `docker-archive:${path}`], { signal }), 'buildah', file);
  } finally {
    await runTool('buildah', ['rmi', id]);
  }
  return hostPath(path);
}

function check({ code, stdout, stderr }: ToolResult, program: string, file: string): void {
  if (code === 0) return;
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  throw new PareError('engine-failed', `${program} could not build ${file} (exit code ${code})`, {
    details: lines.slice(-15),
    hint: 'the lines above are the builder’s own',
  });
}
