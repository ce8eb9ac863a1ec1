import { createHash, randomBytes } from 'node:crypto';
import { readdir, readlink, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { takeBackClaims } from './layout-additions.ts';
import { isAlive, ownIdentity } from './process-identity.ts';

const pattern = /^\.pare-([0-9a-f]{8})\.(\d{1,10})\.(\w{1,20})\.[0-9a-f]{12}$/;

/**
 * A name in `directory` for a file or directory that is not finished yet. It says who writes it, so that what a kill leaves can
 * be told from what somebody is still writing: the machine, the process, and when that was started.
 */
export async function draftPath(directory: string): Promise<string> {
  const { pid, started } = await ownIdentity();
  return join(directory, `.pare-${await machineTag()}.${pid}.${started}.${randomBytes(6).toString('hex')}`);
}

/**
 * The drafts in a directory whose writers are gone. Those of another machine or container that shares the directory are nobody's to
 * judge here; a directory that is not there has none.
 */
export async function findStaleDrafts(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  const here = await machineTag();
  const stale: string[] = [];
  for (const name of names) {
    const [, machine, pid, started = ''] = pattern.exec(name) ?? [];
    if (machine !== here || (await isAlive({ pid: Number(pid), started }))) continue;
    stale.push(join(directory, name));
  }
  return stale;
}

/** Removes them. One that cannot be removed is in nobody's way. */
export async function removeStaleDrafts(directory: string): Promise<void> {
  for (const path of await findStaleDrafts(directory)) await removeDraft(path).catch(() => undefined);
}

/** Removes a draft that was given up, and what it had begun to put into the layout around it. */
export async function removeDraft(path: string): Promise<void> {
  await takeBackClaims(path);
  await rm(path, { recursive: true, force: true });
}

/** Where process IDs mean the same: a host name and a PID namespace (pid_namespaces(7)). */
async function machineTag(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return createHash('sha256').update(`${hostname()}\n${namespace}`).digest('hex').slice(0, 8);
}
