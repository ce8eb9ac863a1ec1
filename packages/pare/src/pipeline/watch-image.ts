import type { ImagePath } from '@pare/oci';
import type { ImageSource } from '../model/image-place.ts';
import type { LiveEvent } from '../model/live-event.ts';
import type { AccessKind, Observation } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import type { RunOptions, Scenario } from '../model/scenario.ts';
import { findUser } from '../observe/container/find-user.ts';
import { observe } from '../observe/observe.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import { renderIncludePatch } from '../verify/include-patch.ts';
import { type RemovedPathsOf, removedInReport } from '../verify/removed-paths.ts';
import { acquireImage, engineFor } from './acquire-image.ts';
import type { CallerPorts } from './build-session.ts';
import { checkRunOptions } from './check-run-options.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { findReportOfImage } from './find-report.ts';
import { openRun } from './run-context.ts';
import { locateSensorFor } from './sensor.ts';

/** What `pare watch` is asked for. */
export interface WatchRequest {
  /** A container, of which a copy is run, or what the user calls an image. */
  readonly target: string;
  /** Where the image is; a container or the engine's image of that name where it is left out. */
  readonly source?: ImageSource;
  /** How registries are reached. */
  readonly access?: RegistryAccess;
  readonly engine: EngineChoice;
  /** Its run options are put over those of a container. */
  readonly scenario: Scenario;
  /** Undefined: the one in `pare-artifacts/`. */
  readonly report?: string;
}

/** A request for a path that the fat image has and the slim one has not. */
export interface RemovedRequest {
  readonly path: ImagePath;
  /** The path as the application wrote it. */
  readonly askedAs: ImagePath;
  readonly accesses: readonly AccessKind[];
  /** What the process that asked first was run as. */
  readonly process: readonly string[];
}

/** What was asked for in vain while a slim image was watched. Versioned JSON. */
export interface WatchResult {
  readonly schema: 'pare.watch/1';
  readonly image: string;
  /** Sorted by path. */
  readonly requests: readonly RemovedRequest[];
  /** A piece of `pare.yaml` that keeps them. */
  readonly patch: string;
}

/**
 * Runs a slim image under the sensor until the scenario says that it is over, the application ends or the signal is aborted, and tells of
 * each request for a removed path, as it happens where the engine is on this machine. An abort is no error: what was seen until
 * then is the result. Throws PareError.
 */
export async function watchImage(
  input: WatchRequest,
  ports: CallerPorts & { readonly onRequest: (request: RemovedRequest) => void },
): Promise<WatchResult> {
  const { progress, signal } = ports;
  await using run = await openRun();
  const { source = { kind: 'named', reference: input.target }, access = { insecureHosts: [] } } = input;
  await using engine = await connectEngine(engineFor(source, input.engine), run, signal, progress);
  const { image: found, run: options } = await targetOf(source, input.scenario, engine, signal);
  await checkRunOptions(engine, { ...input.scenario, run: options }, signal);
  const reference = found.kind === 'named' ? found.reference : input.target;
  const context = { source: found, choice: input.engine, access, run, ports: { progress, signal } };
  await using acquired = await acquireImage(engine, context);
  const { facts, image } = acquired;
  const { report } = await findReportOfImage(reference, facts, input.report);
  const collected = collectRequests(removedInReport(report), ports.onRequest);
  const scenario = { ...input.scenario, run: options };
  try {
    const observation = await observe({
      engine,
      image: facts,
      reference,
      config: image.config,
      user: await findUser(image, options, signal),
      scenario,
      sensor: locateSensorFor(engine.info.architecture),
      temporaryDirectory: run.directory,
      progress,
      signal,
      tolerateFailure: true,
      onLive: collected.see,
      ...(ports.waitForContinue === undefined ? {} : { waitForContinue: ports.waitForContinue }),
    });
    collected.addAll(observation);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const requests = collected.requests();
  return {
    schema: 'pare.watch/1',
    image: reference,
    requests,
    patch: renderIncludePatch(requests.map(({ path }) => path)),
  };
}

/** A name can be a container's and an image's: docker itself takes it for the container's first. */
async function targetOf(
  source: ImageSource,
  scenario: Scenario,
  engine: ContainerEngine,
  signal: AbortSignal,
): Promise<{ readonly image: ImageSource; readonly run: RunOptions }> {
  const container =
    source.kind === 'named' ? await engine.findContainer?.(source.reference, signal) : undefined;
  if (container === undefined) return { image: source, run: scenario.run };
  if (container.running) {
    throw new PareError('usage', `the container ${container.name} is running`, {
      hint: `watching starts a copy of it, on its ports and volumes: docker stop ${container.name}, then watch it again`,
    });
  }
  const image = { kind: 'named', reference: container.image } as const;
  return { image, run: putOver(container.run, scenario.run) };
}

/** Lists are added, single values are over the container's. */
function putOver(container: RunOptions, asked: RunOptions): RunOptions {
  const merged: Record<string, unknown> = { ...container };
  for (const [key, value] of Object.entries(asked)) {
    const known = merged[key];
    merged[key] =
      Array.isArray(known) && Array.isArray(value) && !isCommand(key) ? [...known, ...value] : value;
  }
  return { ...(merged as unknown as RunOptions), publishAll: container.publishAll || asked.publishAll };
}

function isCommand(key: string): boolean {
  return key === 'entrypoint' || key === 'command';
}

interface RequestCollector {
  see(event: LiveEvent): void;
  /** What was not told while it happened: all of it, where the engine is on another machine. */
  addAll(observation: Observation): void;
  requests(): readonly RemovedRequest[];
}

function collectRequests(
  removedPathsOf: RemovedPathsOf,
  onRequest: (request: RemovedRequest) => void,
): RequestCollector {
  const requests = new Map<ImagePath, RemovedRequest>();
  const commands = new Map<number, readonly string[]>();
  const add = (askedAs: ImagePath, accesses: readonly AccessKind[], process: readonly string[]) => {
    for (const path of removedPathsOf(askedAs)) addPath(path, askedAs, accesses, process);
  };
  const addPath = (
    path: ImagePath,
    askedAs: ImagePath,
    accesses: readonly AccessKind[],
    process: readonly string[],
  ) => {
    const known = requests.get(path);
    const request = known ?? { path, askedAs, accesses: [...accesses], process };
    requests.set(path, {
      ...request,
      accesses: [...new Set([...request.accesses, ...accesses])].sort(),
    });
    if (known === undefined) onRequest(request);
  };
  return {
    see(event) {
      if (event.kind === 'process') commands.set(event.pid, event.argv);
      if (event.kind === 'file' && !event.existed)
        add(event.path, [event.access], commands.get(event.pid) ?? []);
    },
    addAll({ files, processes }) {
      const argv = new Map(processes.map((process) => [process.id, process.argv]));
      for (const use of files) if (!use.existed) add(use.path, use.accesses, argv.get(use.process) ?? []);
    },
    requests: () => [...requests.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}
