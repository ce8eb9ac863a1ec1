import type { RunConfig } from '@pare/oci';
import type { Answer } from '../../model/observation.ts';
import type { Probe } from '../../model/scenario.ts';
import type { ExecResult } from '../../ports/container-engine.ts';
import type { HostAddress, HttpPort } from './http/http-port.ts';

/** What a probe of several parts tells while it runs. */
export interface ProbeSteps {
  /** One part begins: what is first used from here on is its doing, as far as the clock of the record tells. */
  begin(title: string): void;
  /** Something that could be asked and is not, and why. */
  leaveOut(what: string, why: string): void;
  /** Whether it is told which part was the first to use a file: parts then follow one another as long as that costs little. */
  readonly counted: boolean;
}

/** What a probe that talks to a port is given. */
export interface PortContext {
  readonly port: HttpPort;
  readonly steps: ProbeSteps;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What a probe that runs a command is given. */
export interface CommandContext {
  readonly config: RunConfig;
  /** Runs argv as the application would run it. */
  readonly execute: (argv: readonly string[], signal: AbortSignal) => Promise<ExecResult>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What a probe that speaks a protocol of its own to one port is given. */
export interface AddressContext {
  /** Where the container's port is reached. */
  readonly address: HostAddress;
  readonly port: number;
  readonly steps: ProbeSteps;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What a probe that runs on this machine is given. */
export interface MachineContext {
  /** Where the container's published TCP ports are reached, in the order in which they are to be named. */
  readonly addresses: ReadonlyMap<number, HostAddress>;
  readonly signal: AbortSignal;
}

/** Probes that are run on each port that speaks HTTP, or on the one that they name. */
export type HttpProbe = ProbeOf<'http' | 'crawl' | 'openapi'>;

export type ProbeOf<K extends Probe['kind']> = Extract<Probe, { readonly kind: K }>;

/**
 * One way to exercise an application. `run` gives the answers in an order that does not depend on timing; a probe
 * without an answer is a `failed` answer. Throws only when aborted, or when the probe can never work.
 */
export type ProbeRunner<K extends Probe['kind']> =
  | {
      readonly id: K;
      /** Run once for each port that speaks HTTP. */
      readonly needs: 'http-port';
      /** Loads what takes long to load and nearly every run needs, while the application starts. Never throws. */
      readonly prepare?: () => void;
      /** Whether it tells of its parts by `steps.begin`; else it is one part. */
      readonly stepwise?: true;
      readonly title: (probe: ProbeOf<K>, port: HttpPort) => string;
      readonly run: (probe: ProbeOf<K>, context: PortContext) => Promise<readonly Answer[]>;
    }
  | {
      readonly id: K;
      readonly needs: 'container';
      readonly title: (probe: ProbeOf<K>) => string;
      readonly run: (probe: ProbeOf<K>, context: CommandContext) => Promise<readonly Answer[]>;
    }
  | {
      readonly id: K;
      /** Run once, on the port that it names or else on the first that the application listens on. */
      readonly needs: 'address';
      readonly stepwise?: true;
      readonly port: (probe: ProbeOf<K>) => number | undefined;
      readonly title: (probe: ProbeOf<K>, port: number) => string;
      readonly run: (probe: ProbeOf<K>, context: AddressContext) => Promise<readonly Answer[]>;
    }
  | {
      readonly id: K;
      readonly needs: 'machine';
      readonly title: (probe: ProbeOf<K>) => string;
      readonly run: (probe: ProbeOf<K>, context: MachineContext) => Promise<readonly Answer[]>;
    };
