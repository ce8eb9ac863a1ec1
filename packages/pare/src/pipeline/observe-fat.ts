import type { Exercise, Observation } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import { exercise } from '../observe/exercise.ts';
import { observe } from '../observe/observe.ts';
import { formatItems } from '../report/format.ts';
import type { BuildSession } from './build-session.ts';
import { checkObservedImage, mergeObservations } from './saved-observations.ts';

type FatRun = Pick<
  BuildSession,
  'engine' | 'facts' | 'image' | 'input' | 'sensor' | 'user' | 'run' | 'ports' | 'cleanup'
> & { readonly signal: AbortSignal; readonly onStarted: () => void; readonly onAnswered: () => void };

/**
 * What the fat image uses and answers: observed now, or, where the user gave observations, what those say, with answers of a plain run
 * of now, because verification asks the same questions of the slim image. Throws PareError, `usage` for an observation of
 * another image.
 */
export async function observeFat(base: FatRun): Promise<Observation> {
  const saved = base.input.observations ?? [];
  const image = { reference: base.input.reference, id: base.facts.id };
  for (const { observation } of saved) checkObservedImage(observation, image);
  if (saved.length === 0) return observeNow(base);
  if (base.input.observeToo === true) {
    return mergeObservations([{ source: 'this run', observation: await observeNow(base) }, ...saved]);
  }
  const { failure: _, runs: __, timings: ___, ...united } = mergeObservations(saved);
  return { ...united, ...(await answersNow(base)) };
}

function observeNow(base: FatRun): Promise<Observation> {
  const { ports } = base;
  return observe({
    engine: base.engine,
    image: base.facts,
    reference: base.input.reference,
    config: base.image.config,
    user: base.user,
    scenario: base.input.scenario,
    sensor: base.sensor,
    sensorOptions: base.input.sensorOptions ?? {},
    temporaryDirectory: base.run.directory,
    progress: ports.progress,
    signal: base.signal,
    deferCleanup: base.cleanup.defer,
    onStarted: base.onStarted,
    onAnswered: base.onAnswered,
    ...(ports.waitForContinue === undefined ? {} : { waitForContinue: ports.waitForContinue }),
  });
}

async function answersNow({
  cleanup,
  engine,
  facts,
  image,
  input,
  ports,
  signal,
}: FatRun): Promise<Exercise> {
  const answers = await exercise({
    engine,
    image: facts.id,
    config: image.config,
    scenario: input.scenario,
    askTwice: true,
    progress: ports.progress,
    signal,
    deferCleanup: cleanup.defer,
  });
  const { failure } = answers;
  if (failure === undefined) return answers;
  throw new PareError(failure.code, `${input.reference}: ${failure.message}`, {
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    details: failure.details,
  });
}

/** Words the end of observing for the user. */
export function summarizeObservation({ files, syscalls, answers }: Observation): string {
  return [
    formatItems(files.length, 'path'),
    formatItems(syscalls.length, 'rare system call'),
    formatItems(answers.length, 'answer'),
  ].join(', ');
}
