import { createHash, randomBytes } from 'node:crypto';
import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

const pattern =
  /^\.pare-([0-9a-f]{8})\.(\d{1,10})\.(\w{1,20})\.[0-9a-f]{12}(?:\.(?:(choosing)|(\d{1,15})))?$/;

/** What the name of a draft says. */
export interface DraftName {
  readonly machine: string;
  readonly writer: ProcessIdentity;
  /** Its part in taking a turn (`takeTurn`); undefined for what is being written. */
  readonly turn: 'choosing' | number | undefined;
}

/**
 * A name in `directory` for a file or directory that is not finished yet. It says who writes it, so that what a kill leaves can
 * be told from what somebody is still writing: the machine, the process, and when that was started.
 */
export async function draftPath(directory: string): Promise<string> {
  const { pid, started } = await ownIdentity();
  return join(directory, `.pare-${await machineTag()}.${pid}.${started}.${randomBytes(6).toString('hex')}`);
}

/** Reads the name of a draft; undefined for any other. */
export function parseDraftName(name: string): DraftName | undefined {
  const [, machine, pid, started, choosing, ticket] = pattern.exec(name) ?? [];
  if (machine === undefined || started === undefined) return undefined;
  const turn = choosing === undefined ? (ticket === undefined ? undefined : Number(ticket)) : 'choosing';
  return { machine, writer: { pid: Number(pid), started }, turn };
}

/** Whether its writer is there; `elsewhere` for one of another machine or container that shares the directory, which nobody can tell here. */
export async function writerOf({ machine, writer }: DraftName): Promise<'alive' | 'gone' | 'elsewhere'> {
  if (machine !== (await machineTag())) return 'elsewhere';
  return (await isAlive(writer)) ? 'alive' : 'gone';
}

/** Where process IDs mean the same: a host name and a PID namespace (pid_namespaces(7)). */
async function machineTag(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return createHash('sha256').update(`${hostname()}\n${namespace}`).digest('hex').slice(0, 8);
}
