import { readFile } from 'node:fs/promises';
import { buildFileTree, type Image } from '@pare/oci';
import type { SeccompProfile } from '../model/hardening-profile.ts';
import type { ImageSource } from '../model/image-place.ts';
import type { Exercise } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Verification } from '../model/verification.ts';
import { findUser } from '../observe/container/find-user.ts';
import { exercise } from '../observe/exercise.ts';
import { observe } from '../observe/observe.ts';
import type { ContainerEngine, ImageFacts } from '../ports/container-engine.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import { compareExercises } from '../verify/compare.ts';
import {
  lackingPaths,
  type RemovedPathsOf,
  removedInReport,
  removedInTree,
} from '../verify/removed-paths.ts';
import { acquireImage, engineFor } from './acquire-image.ts';
import type { CallerPorts } from './build-session.ts';
import { checkRunOptions } from './check-run-options.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { type FatImage, openFatImage } from './fat-image.ts';
import { type FoundReport, findReport, findReportOfImage } from './find-report.ts';
import { openRun } from './run-context.ts';
import { locateSensorFor } from './sensor.ts';

/** What `pare verify` is asked for. */
export interface VerifyRequest {
  /** What the user calls the image. */
  readonly reference: string;
  /** Where it is; the engine's image of that name where it is left out. */
  readonly source?: ImageSource;
  /** How registries are reached. */
  readonly access?: RegistryAccess;
  readonly engine: EngineChoice;
  readonly scenario: Scenario;
  /** Whose answers are right; undefined: those that the report has. */
  readonly fat?: string;
  /** Where that one is; the engine's image of that name where it is left out. */
  readonly fatSource?: ImageSource;
  /** Undefined: the one in `pare-artifacts/`. */
  readonly report?: string;
  /** File of a seccomp profile to run it under; undefined: the report's. */
  readonly seccomp?: string;
}

/** What the verification of one image is made of. */
interface VerifySession {
  readonly input: VerifyRequest;
  readonly ports: CallerPorts;
  readonly engine: ContainerEngine;
  readonly facts: ImageFacts;
  readonly image: Image;
  readonly directory: Parameters<typeof observe>[0]['temporaryDirectory'];
  readonly saved: FoundReport | undefined;
  readonly profile: SeccompProfile | undefined;
  readonly fat: FatImage | undefined;
}

/**
 * Runs an image under its hardening profile with the whole scenario and compares its answers with the fat image's, or with those of a saved
 * report. Makes no image and changes none. What it lacks is found out when it answers differently. Throws PareError.
 */
export async function verifyImage(input: VerifyRequest, ports: CallerPorts): Promise<Verification> {
  const { progress, signal } = ports;
  // What was named is read before anything is brought here.
  const named = input.report === undefined ? undefined : await findReport(input.reference, input.report);
  const given = input.seccomp === undefined ? undefined : await readProfile(input.seccomp);
  const { source = { kind: 'named', reference: input.reference }, access = { insecureHosts: [] } } = input;
  await using run = await openRun();
  await using engine = await connectEngine(engineFor(source, input.engine), run, signal, progress);
  await checkRunOptions(engine, input.scenario, signal);
  const context = { source, choice: input.engine, access, run, ports };
  await using acquired = await acquireImage(engine, context);
  const { facts, image } = acquired;
  const saved = named ?? (await savedReport(input, facts));
  const profile = given ?? saved?.report.hardening.seccomp;
  if (profile === undefined)
    progress.warn('no seccomp profile is known: it is run under the usual one of the engine');
  await using fat = await openFatImage(engine, input, saved, context);
  if (saved?.report.slim !== undefined && saved.report.slim.id !== facts.id)
    progress.warn(
      `${input.reference} is not the image that ${saved.path} is about, but a later or another one`,
    );
  const session = { input, ports, engine, facts, image, directory: run.directory, saved, profile, fat };

  const right = await rightAnswers(session);
  const answers = await exerciseImage(session, facts.id, profile, right);
  let verdict = compareExercises(right, answers);
  if (!verdict.passed && fat !== undefined) {
    // What differs between two runs of the fat image says nothing.
    verdict = compareExercises(right, answers, {
      fatAgain: await exerciseImage(session, fat.id, undefined, right),
    });
  }
  const lacking = verdict.passed ? [] : await findLacking(session);
  const profileAtFault =
    !verdict.passed &&
    lacking.length === 0 &&
    profile !== undefined &&
    compareExercises(right, await exerciseImage(session, facts.id, undefined, right)).passed;
  return {
    schema: 'pare.verification/1',
    image: { reference: input.reference, id: facts.id },
    against: againstOf(session),
    profile: profile === undefined ? 'none' : input.seccomp === undefined ? 'report' : 'file',
    verdict,
    lacking,
    profileAtFault,
  };
}

/** With a fat image to ask, a report is welcome and not needed. */
async function savedReport(
  { fat, reference }: VerifyRequest,
  facts: ImageFacts,
): Promise<FoundReport | undefined> {
  try {
    return await findReportOfImage(reference, facts, undefined);
  } catch (error) {
    if (fat !== undefined && error instanceof PareError) return undefined;
    throw error;
  }
}

async function readProfile(file: string): Promise<SeccompProfile> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as SeccompProfile;
  } catch (cause) {
    throw new PareError(
      'usage',
      `--seccomp ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'give the seccomp profile among the artifacts of pare build',
        cause,
      },
    );
  }
}

function againstOf({ fat, input, saved }: VerifySession): Verification['against'] {
  if (input.fat !== undefined && fat !== undefined)
    return { kind: 'image', reference: fat.reference, id: fat.id };
  return { kind: 'report', path: saved?.path ?? '', reference: saved?.report.fat.reference ?? '' };
}

async function rightAnswers(session: VerifySession): Promise<Exercise> {
  const { engine, fat, input, ports, saved } = session;
  if (input.fat === undefined && saved !== undefined) return saved.report.observation;
  if (fat === undefined) throw new PareError('usage', 'there are no answers to compare with');
  const answers = await exercise({
    engine,
    image: fat.id,
    config: fat.image.config,
    scenario: input.scenario,
    askTwice: true,
    progress: ports.progress,
    signal: ports.signal,
  });
  if (answers.failure === undefined) return answers;
  const { code, details, hint, message } = answers.failure;
  throw new PareError(code, `${fat.reference}: ${message}`, {
    details,
    ...(hint === undefined ? {} : { hint }),
  });
}

function exerciseImage(
  { engine, image, input, ports }: VerifySession,
  id: string,
  seccomp: SeccompProfile | undefined,
  right: Exercise,
): Promise<Exercise> {
  return exercise({
    engine,
    image: id,
    config: image.config,
    scenario: { ...input.scenario, readinessTimeoutMs: patience(input.scenario, right) },
    restrictions: seccomp === undefined ? {} : { seccomp },
    expectPorts: right.listening,
    expectRuns: right.runs ?? [],
    killAtOnce: right.exitCode === undefined,
    progress: ports.progress,
    signal: ports.signal,
  });
}

/** Enough for what is known to have taken less, and not a minute for an image that is broken. */
function patience({ readinessTimeoutMs }: Scenario, { readyAfterMs }: Exercise): number {
  return Math.min(readinessTimeoutMs, 5000 + 5 * readyAfterMs);
}

async function findLacking(session: VerifySession): Promise<Verification['lacking']> {
  const { directory, engine, facts, image, input, ports } = session;
  const removedPathsOf = await removedPaths(session);
  if (removedPathsOf === undefined) return [];
  const seen = await observe({
    engine,
    image: facts,
    reference: input.reference,
    config: image.config,
    user: await findUser(image, input.scenario.run, ports.signal),
    scenario: input.scenario,
    sensor: locateSensorFor(engine.info.architecture),
    temporaryDirectory: directory,
    progress: ports.progress,
    signal: ports.signal,
    tolerateFailure: true,
  });
  return lackingPaths(seen, removedPathsOf);
}

/** From both images where the fat one is here, which is exact; else from the report. */
async function removedPaths(session: VerifySession): Promise<RemovedPathsOf | undefined> {
  const { fat, image, ports, saved } = session;
  const { signal } = ports;
  if (fat === undefined) return saved === undefined ? undefined : removedInReport(saved.report);
  const fatTree = await buildFileTree(fat.image, { signal });
  const slimTree = await buildFileTree(image, { signal });
  return removedInTree(fatTree, { has: (path) => slimTree.get(path) !== undefined });
}
