import type { Scenario } from '../model/scenario.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';

/**
 * Refuses a scenario whose run options, those of what it depends on, or those of a further run, the engine cannot do: before an image is looked
 * for, fetched or built for it. Throws PareError `usage` or `no-engine`.
 */
export async function checkRunOptions(
  engine: Pick<ContainerEngine, 'checkRun'>,
  { run, dependencies = [], runs = [] }: Pick<Scenario, 'run' | 'dependencies' | 'runs'>,
  signal: AbortSignal,
): Promise<void> {
  // What it depends on gets a network that is made for it, and the application is on that.
  const attached = dependencies.length > 0;
  for (const one of [run, ...dependencies.map((dependency) => dependency.run)])
    await engine.checkRun?.(one, { attached, signal });
  for (const { scenario } of runs) await checkRunOptions(engine, scenario, signal);
}
