import { createTurns } from '../model/event-loop-turn.ts';
import { findUser, readUserFiles, type UserFiles } from '../observe/container/find-user.ts';
import { aborted } from './aborted.ts';
import { acquireImage, engineFor } from './acquire-image.ts';
import type { BuildInput, BuildSession, CallerPorts } from './build-session.ts';
import { checkCommand } from './check-image.ts';
import { checkRunOptions } from './check-run-options.ts';
import { openCleanup } from './cleanup.ts';
import type { BuildResult } from './conclude-build.ts';
import { connectEngine } from './connect-engine.ts';
import { checkSinks, tagsAmong } from './deliver-image.ts';
import { type ImageMemories, openImageMemories, ownCodeIdentity } from './image-memories.ts';
import { checkImageName, slimName } from './image-name.ts';
import { inParallel } from './in-parallel.ts';
import { observeFat, summarizeObservation } from './observe-fat.ts';
import { openRun } from './run-context.ts';
import { locateSensorFor } from './sensor.ts';
import { openStageAhead } from './stage-ahead.ts';
import { startStopwatch } from './stopwatch.ts';

/**
 * Makes a slim image of `reference`, proves that it answers as the fat one does, and only then tags it. A failed
 * verification is not thrown: it is the report's verdict, and nothing is tagged. Everything made on the way is removed,
 * whatever ends the run. Throws PareError.
 */
export async function buildSlimImage(input: BuildInput, ports: CallerPorts): Promise<BuildResult> {
  const {
    sinks = [],
    access = { insecureHosts: [] },
    source = { kind: 'named', reference: input.reference },
  } = input;
  for (const tag of input.tags) checkImageName(tag);
  await checkSinks(sinks);
  await using run = await openRun();
  await using engine = await connectEngine(
    engineFor(source, input.engine),
    run,
    ports.signal,
    ports.progress,
  );
  await checkRunOptions(engine, input.scenario, ports.signal);
  // To observe, and to verify.
  engine.expectContainers?.(2);
  const watch = startStopwatch(ports.progress);
  await using acquired = await acquireImage(engine, { source, choice: input.engine, access, run, ports });
  // Disposed of after the removals that `cleanup` waits for.
  await using ahead = openStageAhead(engine);
  await using cleanup = openCleanup();
  const { image, facts } = acquired;
  const named = [...input.tags, ...tagsAmong(sinks, engine)];
  const unnamed = named.length === 0 && sinks.length === 0;
  const tags = unnamed ? [slimName(acquired.name ?? input.reference, facts.tags)] : named;
  checkCommand(image.config, input.scenario, input.reference, input.force);
  const sensor = locateSensorFor(engine.info.architecture);
  const memories = openImageMemories(run.cacheDirectory, await ownCodeIdentity());
  const user = await findUser(image, input.scenario.run, ports.signal, () =>
    userFilesOf(acquired, memories, ports.signal),
  );
  const base = { input, ports, run, engine, watch, cleanup, ahead, sensor, image, user, facts };

  const observed = new AbortController();
  const started = new AbortController();
  // What goes on beside the observation must not keep it waiting.
  const turn = createTurns(() => !observed.signal.aborted);
  // The engine is asked first: reading keeps this thread busy while it works.
  const [observation, { prepared, concludeBuild }] = await inParallel(ports.signal, [
    async (signal) => {
      const seen = await watch
        .time(
          'observe',
          'observing the application',
          () =>
            observeFat({
              ...base,
              signal,
              onStarted: () => started.abort(),
              onAnswered: () => engine.expectImage?.(),
            }),
          summarizeObservation,
        )
        .finally(() => started.abort());
      observed.abort();
      return seen;
    },
    async (signal) => {
      // An engine without a daemon needs this thread for every step of the start; another works meanwhile.
      if (engine.info.kind === 'embedded') await aborted(started.signal);
      // What plans and reports are made with is loaded only now: the application starts the sooner.
      const [{ preparePlan }, { concludeBuild }] = await Promise.all([
        import('./prepare-plan.ts'),
        import('./conclude-build.ts'),
      ]);
      const prepared = await preparePlan(base, { memories, signal, observed: observed.signal, turn });
      return { prepared, concludeBuild };
    },
  ]);
  const { knownInput, packages, ...read } = prepared;
  const session: BuildSession = {
    ...base,
    ...read,
    memories,
    observation,
    planInput: { ...knownInput, observation },
  };
  return await concludeBuild(session, { packages, tags });
}

/** As they were found the last time, without a look at the layers. */
async function userFilesOf(
  { image, facts }: Pick<BuildSession, 'image' | 'facts'>,
  { userFiles }: ImageMemories,
  signal: AbortSignal,
): Promise<UserFiles> {
  const known = await userFiles.recall(facts.id);
  if (known !== undefined) return known;
  const files = await readUserFiles(image, signal);
  await userFiles.keep(facts.id, files);
  return files;
}
