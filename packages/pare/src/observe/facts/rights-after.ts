import { capabilityNumber } from './capability-number.ts';
import type { Rights } from './privileged-call.ts';

const setUserBit = 1n << BigInt(capabilityNumber('CAP_SETUID') ?? 0);
const leave = 0xffffffff;

type Users = Rights['uids'];
type Change = (asked: readonly (number | undefined)[], users: Users) => Users;

/** kernel: kernel/sys.c; an ID of -1 leaves what there is. */
const changes: Readonly<Record<string, Change>> = {
  setuid: ([user], [real]) => [user ?? real, user ?? real, user ?? real],
  setreuid: ([askedReal, askedEffective], [real, effective, saved]) => {
    const next = askedEffective ?? effective;
    const both = askedReal !== undefined || (askedEffective !== undefined && askedEffective !== real);
    return [askedReal ?? real, next, both ? next : saved];
  },
  setresuid: ([askedReal, askedEffective, askedSaved], [real, effective, saved]) => [
    askedReal ?? real,
    askedEffective ?? effective,
    askedSaved ?? saved,
  ],
};

/**
 * What a process may do when a call that changes its user succeeds; undefined for other calls, and for one of who may not take
 * any user. `args` are the call's, by number.
 */
export function rightsAfter(
  name: string,
  args: ReadonlyMap<number, bigint>,
  rights: Rights,
): Rights | undefined {
  const change = changes[name.replace(/32$/, '')];
  if (change === undefined || (rights.capabilities & setUserBit) === 0n) return undefined;
  const asked = [0, 1, 2].map((index) => {
    const user = Number(BigInt.asUintN(32, args.get(index) ?? BigInt(leave)));
    return user === leave ? undefined : user;
  });
  const uids = change(asked, rights.uids);
  // capabilities(7): the effective ones go with the effective user 0.
  return { ...rights, uids, capabilities: uids[1] === 0 ? rights.capabilities : 0n };
}
