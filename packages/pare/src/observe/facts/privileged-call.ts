import type { CapabilityUse, Phase } from '../../model/observation.ts';

/** What a process may do, at the time of a call. */
export interface Rights {
  /** Real, effective and saved. */
  readonly uids: readonly [number, number, number];
  readonly gids: readonly [number, number, number];
  readonly groups: readonly number[];
  /** Effective, as a mask. */
  readonly capabilities: bigint;
}

/** What lstat found before a call; `mode` with its type. */
export interface FoundFile {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A call and what is known of it. */
export interface PrivilegedCall {
  readonly name: string;
  /** By number, as far as recorded. */
  readonly args: ReadonlyMap<number, bigint>;
  readonly rights: Rights;
  /** Undefined for a call without a path, and where nothing was there. */
  readonly file: FoundFile | undefined;
}

/** Which capability a call asks for. */
export type Need = Pick<CapabilityUse, 'capability' | 'certainty'>;

/** The need of a call, had its caller the capability or not. */
export type Rule = (call: PrivilegedCall) => Need | undefined;

/** The kernel refuses the call without it. */
export const certain = (capability: string): Need => ({ capability, certainty: 'certain' });
/** It may not come to that. */
export const likely = (capability: string): Need => ({ capability, certainty: 'likely' });

/** Where a fact belongs to. */
export interface FactPlace {
  readonly process: number;
  readonly phase: Phase;
}
