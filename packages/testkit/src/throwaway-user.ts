import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A normal user of this machine, with subordinate IDs. Disposing of it removes the user and the home. */
export interface ThrowawayUser extends AsyncDisposable {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  /** Environment of its commands. */
  readonly environment: NodeJS.ProcessEnv;
  /** The command line that runs a command as this user, to be run by root. */
  command(argv: readonly string[]): readonly [string, ...string[]];
}

/**
 * Makes a user by useradd(8), which gives it ranges in `/etc/subuid` and `/etc/subgid`. Its home is a directory for temporary
 * files. Fails, rather than skip what needs it, without root.
 */
export async function openThrowawayUser(): Promise<ThrowawayUser> {
  const name = `pare-${randomBytes(4).toString('hex')}`;
  const home = await mkdtemp(join(tmpdir(), 'pare-user-'));
  const remove = async () => {
    await execute('userdel', [name]);
    await rm(home, { recursive: true, force: true });
  };
  await execute('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await execute('id', [flag, name])).stdout)),
    );
    if (uid === undefined || gid === undefined) throw new Error(`${name} has no IDs`);
    await chown(home, uid, gid);
    await addSubordinateIds(name, uid);
    const runtime = join(home, 'run');
    await mkdir(runtime, { mode: 0o700 });
    await chown(runtime, uid, gid);
    return {
      name,
      uid,
      home,
      environment: {
        HOME: home,
        USER: name,
        LOGNAME: name,
        PATH: '/usr/local/bin:/usr/bin:/bin',
        TMPDIR: home,
        XDG_RUNTIME_DIR: runtime,
      },
      command: (argv) => [
        'setpriv',
        ...['--reuid', String(uid), '--regid', String(gid), '--init-groups', '--', ...argv],
      ],
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Where useradd gives none: a range far above all, by the user's own number. */
async function addSubordinateIds(name: string, uid: number): Promise<void> {
  const first = 1_000_000_000 + uid * 65_536;
  const range = `${first}-${first + 65_535}`;
  for (const [file, flag] of [
    ['/etc/subuid', '--add-subuids'],
    ['/etc/subgid', '--add-subgids'],
  ] as const) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (!text.split('\n').some((line) => line.startsWith(`${name}:`)))
      await execute('usermod', [flag, range, name]);
  }
}
