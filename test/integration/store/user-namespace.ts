import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Runs a script as root of a user namespace that has 65536 IDs, mapped to themselves, so that it can read the repository
 * wherever that is; it has no rights over the host all the same. Returns its standard output.
 */
export async function runInUserNamespace(script: string, args: readonly string[]): Promise<string> {
  const holder = spawn('unshare', ['--user', '--mount', 'sh', '-c', 'echo ready; read -r _'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  try {
    await once(holder.stdout, 'data');
    writeFileSync(`/proc/${holder.pid}/uid_map`, '0 0 65536');
    writeFileSync(`/proc/${holder.pid}/gid_map`, '0 0 65536');
    const enter = ['--target', String(holder.pid), '--user', '--mount', '--setuid', '0', '--setgid', '0'];
    const { stdout } = await promisify(execFile)('nsenter', [...enter, process.execPath, script, ...args], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } finally {
    holder.stdin.end('\n');
    await ended;
  }
}
