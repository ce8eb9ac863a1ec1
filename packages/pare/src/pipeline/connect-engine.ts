import { detectEngine } from '../engine/detect.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { RunContext } from './run-context.ts';

/** Which engine the user asked for. */
export interface EngineChoice {
  readonly engine: 'auto' | 'docker';
  readonly host?: string;
  readonly context?: string;
}

/** Connects to an engine on behalf of one run. Throws PareError `no-engine`. */
export function connectEngine(
  choice: EngineChoice,
  run: RunContext,
  signal: AbortSignal,
): Promise<ContainerEngine> {
  return detectEngine({
    ...choice,
    runId: run.runId,
    cacheDirectory: run.cacheDirectory,
    temporaryDirectory: run.directory,
    signal,
  });
}
