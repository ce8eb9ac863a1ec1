import { spawn, spawnSync } from 'node:child_process';
import { closeSync, readFileSync } from 'node:fs';
import { constants, userInfo } from 'node:os';
import type { Readable } from 'node:stream';
import type { GlobalOptions } from './command-context.ts';
import { engineChoice } from './global-options.ts';

/** Tells Pare that it is in a user namespace of its own making, and whose. */
const marker = 'PARE_HOST_UID';
/** Tells it who started it there. */
const starter = 'PARE_HOST_PID';
/** Where it says to that one that it has started: by closing it. */
const startedDescriptor = 3;

/**
 * The embedded engine mounts layers and gives files to users that an image names, which takes root: a normal user's Pare starts
 * itself again as root of a user namespace (user_namespaces(7)). Gives the exit code of that, or undefined where Pare is to
 * go on by itself: as root, with an engine of another kind, or where the kernel lets users make no namespaces. `everyEngine`: the command is for the
 * embedded engine too where another answers. `tellStarted` is called in the namespace: from then on signals reach Pare there.
 */
export async function enterUserNamespace(
  global: GlobalOptions,
  host: NodeJS.Process,
  everyEngine: boolean,
  tellStarted = () => closeSync(startedDescriptor),
): Promise<number | undefined> {
  const parent = host.env[starter];
  // Who had to be killed before the parent-death signal was set left an orphan, which would build on for nobody.
  if (parent !== undefined && parent !== String(host.ppid)) return 137;
  // Not for those that this one starts.
  delete host.env[starter];
  if (parent !== undefined) tellStarted();
  const uid = host.getuid?.();
  if (host.platform !== 'linux' || uid === undefined || uid === 0 || host.env[marker] !== undefined)
    return undefined;
  if (global.engine === 'docker' || global.engine === 'podman') return undefined;
  if (global.engine === 'auto' && !everyEngine) {
    const { engineAnswers } = await import('../pipeline/connect-engine.ts');
    if (await engineAnswers(engineChoice(global))) return undefined;
  }
  const flags = namespaceFlags(uid);
  if (!works(flags)) return undefined;
  if (!flags.includes('--map-auto')) {
    host.stderr.write(
      'pare: this user has no subordinate IDs (newuidmap, /etc/subuid): only root of an image can be had, as this user\n',
    );
  }
  return runInside(flags, uid, host);
}

/** With subordinate IDs an image's users are users of their own; without, all there is is root. */
function namespaceFlags(uid: number): readonly string[] {
  const hasRange = (file: string) => {
    try {
      const names = [userInfo().username, String(uid)];
      return readFileSync(file, 'utf8')
        .split('\n')
        .some((line) => names.includes(line.split(':')[0] ?? ''));
    } catch {
      return false;
    }
  };
  const ranges = hasRange('/etc/subuid') && hasRange('/etc/subgid');
  const map = ['--user', '--map-root-user'];
  return ranges && works([...map, '--map-auto']) ? [...map, '--map-auto'] : map;
}

function works(flags: readonly string[]): boolean {
  return spawnSync('unshare', [...flags, '--', 'true'], { stdio: 'ignore' }).status === 0;
}

function runInside(flags: readonly string[], uid: number, host: NodeJS.Process): Promise<number> {
  const own = [host.execPath, ...host.execArgv, '--', ...host.argv.slice(1)];
  // The parent-death signal is lost when a process gets new rights (prctl(2)), so it is set inside.
  const child = spawn('unshare', [...flags, '--', 'setpriv', '--pdeathsig', 'KILL', '--', ...own], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...host.env, [marker]: String(uid), [starter]: String(host.pid) },
  });
  // unshare has a process of its own write the maps, which waits for it: ended before, it would leave that one waiting for ever.
  let hasStarted = false;
  let waiting: NodeJS.Signals | undefined;
  const forward = (signal: NodeJS.Signals) => {
    // A terminal's Ctrl-C has reached both already.
    if (signal === 'SIGINT' && host.stdin.isTTY === true) return;
    if (hasStarted) child.kill(signal);
    else waiting = signal;
  };
  const started = child.stdio[startedDescriptor] as Readable;
  started.resume().once('end', () => {
    hasStarted = true;
    if (waiting !== undefined) child.kill(waiting);
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) host.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      for (const one of signals) host.off(one, forward);
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  });
}
