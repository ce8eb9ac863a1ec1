import type { RunConfig } from '@pare/oci';
import type { Answer } from '../../model/observation.ts';
import type { Probe } from '../../model/scenario.ts';
import type { ExecResult } from '../../ports/container-engine.ts';
import type { HttpPort } from './http/http-port.ts';

/** What a probe that talks to a port is given. */
export interface PortContext {
  readonly port: HttpPort;
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
      readonly title: (probe: ProbeOf<K>, port: HttpPort) => string;
      readonly run: (probe: ProbeOf<K>, context: PortContext) => Promise<readonly Answer[]>;
    }
  | {
      readonly id: K;
      readonly needs: 'container';
      readonly title: (probe: ProbeOf<K>) => string;
      readonly run: (probe: ProbeOf<K>, context: CommandContext) => Promise<readonly Answer[]>;
    };
