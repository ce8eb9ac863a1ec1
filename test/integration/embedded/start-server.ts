import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { ContainerSpec } from '../../../packages/pare/src/ports/container-engine.ts';
import { docker, plainSpec, type ThrowawayUser, testBase } from '../../../packages/testkit/src/index.ts';
import type { Answer, Request } from './container-server.ts';

/** What every user of this machine can read: the program, a Node for it, and an archive of the base image. */
export interface ServerFiles extends AsyncDisposable {
  readonly directory: string;
}

/** Makes them. Wherever the repository is, a normal user may not be let in there. */
export async function makeServerFiles(): Promise<ServerFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'pare-server-'));
  await chmod(directory, 0o755);
  await build({
    entryPoints: {
      server: join(import.meta.dirname, 'container-server.ts'),
      'port-proxy': join(import.meta.dirname, '../../../packages/pare/src/engine/embedded/port-proxy.ts'),
    },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as pareRequire } from 'node:module'; const require = pareRequire(import.meta.url);",
    },
  });
  await copyFile(process.execPath, join(directory, 'node'));
  await docker(['save', '--output', join(directory, 'base.tar'), testBase()]);
  await chmod(join(directory, 'base.tar'), 0o644);
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/** A running server of containers. Disposing of it ends it and waits for that. */
export interface ContainerServer extends AsyncDisposable {
  readonly version: string;
  /** Where its store is. */
  readonly directory: string;
  run(script: string, rest?: Partial<ContainerSpec>): Promise<Extract<Answer, { kind: 'ended' }>>;
  /** The same on a network where another goes on meanwhile, which is called `beside`. */
  runBeside(
    script: string,
    beside: string,
    rest?: Partial<ContainerSpec>,
  ): Promise<Extract<Answer, { kind: 'ended' }>>;
  /** The same, linked to the other, which has run options of its own. */
  runLinked(
    script: string,
    beside: readonly [string, Partial<ContainerSpec>],
    rest?: Partial<ContainerSpec>,
  ): Promise<Extract<Answer, { kind: 'ended' }>>;
  /** Starts a container that goes on until the server ends; gives the PID of its first process. */
  hold(script: string, rest?: Partial<ContainerSpec>): Promise<number | undefined>;
  /** Ends it as nothing can be prepared for, and waits for that. */
  kill(): Promise<void>;
}

/** Starts a server as root, or as a normal user that becomes root of a user namespace of its own, as Pare's CLI does. */
export async function startServer(
  files: ServerFiles,
  options: {
    readonly runtime: 'runc' | 'crun';
    readonly user: ThrowawayUser | undefined;
    /** Runs by root what follows it on a command line, which it must become. */
    readonly before?: readonly string[];
    /** Of its directory, where there are several of one runtime. */
    readonly name?: string;
  },
): Promise<ContainerServer> {
  const { user, runtime, before = [], name = runtime } = options;
  const directory = join(user?.home ?? files.directory, `of-${name}`);
  if (user === undefined) await mkdir(directory);
  const program = [
    join(files.directory, 'node'),
    join(files.directory, 'server.mjs'),
    directory,
    join(files.directory, 'base.tar'),
  ];
  const namespace = ['unshare', '--user', '--map-root-user', '--map-auto', '--'];
  const [command = '', ...args] = [
    ...before,
    ...(user === undefined ? program : user.command([...namespace, ...program])),
  ];
  const child = spawn(command, args, {
    env: { ...(user?.environment ?? process.env), PARE_RUNTIME: runtime },
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
  });
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the server of containers ended');
    return JSON.parse(value) as Answer;
  };
  const ready = await next();
  const ask = async <K extends Answer['kind']>(
    request: Request,
    kind: K,
  ): Promise<Extract<Answer, { kind: K }>> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await next();
    if (answer.kind !== kind) throw new Error(JSON.stringify(answer));
    return answer as Extract<Answer, { kind: K }>;
  };
  return {
    version: ready.kind === 'ready' ? ready.version : '',
    directory,
    run: (script, rest = {}) => ask({ kind: 'run', spec: specOf(script, rest) }, 'ended'),
    runBeside: (script, beside, rest = {}) =>
      ask({ kind: 'run', spec: specOf(script, rest), beside: specOf(beside, {}) }, 'ended'),
    runLinked: (script, [beside, besideRest], rest = {}) =>
      ask(
        { kind: 'run', spec: specOf(script, rest), beside: specOf(beside, besideRest), linked: true },
        'ended',
      ),
    hold: async (script, rest = {}) =>
      (await ask({ kind: 'hold', spec: specOf(script, rest) }, 'started')).hostPid,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Its rights are Docker's default, and it is root. */
function specOf(script: string, rest: Partial<ContainerSpec>): Request['spec'] {
  return {
    ...plainSpec,
    argv: ['sh', '-c', script],
    ...rest,
  };
}
