import { hostPath } from '@pare/oci';
import {
  type DetectOptions,
  detectEngine,
  detectEveryEngine,
  type EngineName,
  type EveryEngine,
} from '../engine/detect.ts';
import { dockerDefaultProfile } from '../harden/default-profile.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Progress } from '../ports/progress.ts';
import { openImageStore } from '../store/image-store.ts';
import type { RunContext } from './run-context.ts';

/** Which engine the user asked for. */
export interface EngineChoice {
  readonly engine: EngineName;
  readonly host?: string;
  readonly context?: string;
}

/**
 * Connects to an engine on behalf of one run; where the user left the choice to Pare, a note says which it is and why.
 * Throws PareError `no-engine`.
 */
export function connectEngine(
  choice: EngineChoice,
  run: RunContext,
  signal: AbortSignal,
  progress?: Progress,
): Promise<ContainerEngine> {
  return detectEngine({
    ...detectOptions(choice, run, signal),
    ...(progress === undefined ? {} : { onChoice: (message: string) => progress.note(message) }),
  });
}

/** Connects to every engine that answers, or to every one of the kind that the user asked for. */
export function connectEveryEngine(
  choice: EngineChoice,
  run: RunContext,
  signal: AbortSignal,
): Promise<EveryEngine> {
  return detectEveryEngine(detectOptions(choice, run, signal));
}

function detectOptions(choice: EngineChoice, run: RunContext, signal: AbortSignal): DetectOptions {
  return {
    ...choice,
    runId: run.runId,
    cacheDirectory: run.cacheDirectory,
    temporaryDirectory: run.directory,
    signal,
    embedded: {
      openStore: () => openImageStore({ cacheDirectory: run.cacheDirectory }),
      defaultSeccomp: dockerDefaultProfile,
    },
  };
}

/** Whether an engine of another kind than the embedded one answers. */
export async function engineAnswers(choice: EngineChoice): Promise<boolean> {
  try {
    // Nothing is read or made: no directory is used.
    const nowhere = hostPath('/nonexistent');
    const engine = await detectEngine({
      ...choice,
      runId: 'none',
      cacheDirectory: nowhere,
      temporaryDirectory: nowhere,
    });
    await engine[Symbol.asyncDispose]();
    return true;
  } catch {
    return false;
  }
}
