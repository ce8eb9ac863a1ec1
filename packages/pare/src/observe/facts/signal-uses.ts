import type { CapabilityUse } from '../../model/observation.ts';
import { capabilityNumber } from './capability-number.ts';
import type { FactPlace, Rights } from './privileged-call.ts';

/** A process that was seen to run with some rights. */
export interface Presence {
  readonly pid: number;
  readonly timeNs: bigint;
  readonly rights: Rights;
  readonly place: FactPlace;
}

/**
 * Deduces who may have needed CAP_KILL. The sensor lets signals through unseen, so that no other signal can interrupt their
 * sending; but only a process that meets one of another user needs the capability for it (kill(2)). How long a process lived is
 * not known: it is taken to live on until its number has other rights. For one container.
 */
export interface SignalUses {
  add(presence: Presence): void;
  /** The first process of each user that had the capability beside a process that it may not signal without. */
  uses(): readonly CapabilityUse[];
}

/** Processes of equal users: when the first began and the last ended. */
interface Class {
  readonly rights: Rights;
  readonly place: FactPlace;
  fromNs: bigint;
  /** Processes that have these rights now. */
  holders: number;
  /** When the last one took on others. */
  leftNs: bigint;
}

const never = 2n ** 64n;
const killBit = 1n << BigInt(capabilityNumber('CAP_KILL') ?? 0);

export function collectSignalUses(): SignalUses {
  const classes = new Map<string, Class>();
  const current = new Map<number, Class>();
  /** As they were told last: a process of a thousand facts has the same ones. */
  const told = new Map<number, Rights>();
  return {
    add({ pid, timeNs, rights, place }) {
      if (told.get(pid) === rights) return;
      told.set(pid, rights);
      const key = `${rights.uids.join()} ${rights.capabilities & killBit}`;
      const known = classes.get(key) ?? { rights, place, fromNs: timeNs, holders: 0, leftNs: 0n };
      const before = current.get(pid);
      if (before === known) return;
      if (before !== undefined) {
        before.holders -= 1;
        before.leftNs = later(before.leftNs, timeNs);
      }
      classes.set(key, known);
      current.set(pid, known);
      known.holders += 1;
      if (timeNs < known.fromNs) known.fromNs = timeNs;
    },
    uses() {
      const all = [...classes.values()].map((one) => ({
        ...one,
        toNs: one.holders > 0 ? never : one.leftNs,
      }));
      return all.flatMap((sender) => {
        if ((sender.rights.capabilities & killBit) === 0n) return [];
        const target = all.find(
          (other) =>
            !maySignal(sender.rights, other.rights) &&
            sender.toNs > other.fromNs &&
            other.toNs > sender.fromNs,
        );
        if (target === undefined) return [];
        const why = `user ${sender.rights.uids[1]} beside processes of user ${target.rights.uids[1]}`;
        return [{ capability: 'CAP_KILL', certainty: 'likely', why, ...sender.place }];
      });
    },
  };
}

/** kernel: kernel/signal.c, kill_ok_by_cred. */
function maySignal(sender: Rights, target: Rights): boolean {
  const [real, effective] = sender.uids;
  const [targetReal, , saved] = target.uids;
  return [real, effective].some((user) => user === targetReal || user === saved);
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
