import { renderFirstScenario } from '../scenario/render-scenario.ts';
import type { CallerPorts } from './build-session.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { openRun } from './run-context.ts';

/** A first scenario for an image, from its config alone: nothing of it is run. Without one: a general one. Throws PareError. */
export async function firstScenario(
  input: { readonly reference: string | undefined; readonly engine: EngineChoice },
  ports: CallerPorts,
): Promise<string> {
  if (input.reference === undefined) return renderFirstScenario(undefined, {});
  await using run = await openRun();
  await using engine = await connectEngine(input.engine, run, ports.signal, ports.progress);
  await using image = await engine.openImage(input.reference, ports.signal);
  return renderFirstScenario(input.reference, image.config.config);
}
