import { readFile } from 'node:fs/promises';
import { buildFileTree, type Image } from '@pare/oci';
import type { SeccompProfile } from '../model/hardening-profile.ts';
import type { Exercise } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Verification } from '../model/verification.ts';
import { findUser } from '../observe/container/find-user.ts';
import { exercise } from '../observe/exercise.ts';
import { observe } from '../observe/observe.ts';
import type { ContainerEngine, ImageFacts } from '../ports/container-engine.ts';
import { compareExercises } from '../verify/compare.ts';
import {
  lackingPaths,
  type RemovedPathsOf,
  removedInReport,
  removedInTree,
} from '../verify/removed-paths.ts';
import type { CallerPorts } from './build-session.ts';
import { checkArchitecture } from './check-image.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { type FoundReport, findReport } from './find-report.ts';
import { openRun } from './run-context.ts';
import { locateSensorFor } from './sensor.ts';

/** What `pare verify` is asked for. */
export interface VerifyRequest {
  readonly reference: string;
  readonly engine: EngineChoice;
  readonly scenario: Scenario;
  /** Whose answers are right; undefined: those that the report has. */
  readonly fat?: string;
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
  readonly fat: { readonly reference: string; readonly id: string } | undefined;
}

/**
 * Runs an image under its hardening profile with the whole scenario and compares its answers with the fat image's, or with those of a saved
 * report. Makes no image and changes none. What it lacks is found out when it answers differently. Throws PareError.
 */
export async function verifyImage(input: VerifyRequest, ports: CallerPorts): Promise<Verification> {
  const { progress, signal } = ports;
  const saved = await savedReport(input);
  const profile =
    input.seccomp === undefined ? saved?.report.hardening.seccomp : await readProfile(input.seccomp);
  await using run = await openRun();
  await using engine = await connectEngine(input.engine, run, signal, progress);
  const facts = await engine.inspectImage(input.reference, signal);
  checkArchitecture(facts, engine.info, input.reference);
  await using image = await engine.openImage(input.reference, signal);
  if (profile === undefined)
    progress.warn('no seccomp profile is known: it is run under the usual one of the engine');
  const fat = await findFat(input, saved, engine, signal);
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
async function savedReport({ fat, reference, report }: VerifyRequest): Promise<FoundReport | undefined> {
  try {
    return await findReport(reference, report);
  } catch (error) {
    if (fat !== undefined && report === undefined && error instanceof PareError) return undefined;
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

/** The fat image that was named, or the report's where the engine has it. */
async function findFat(
  { fat }: VerifyRequest,
  saved: FoundReport | undefined,
  engine: ContainerEngine,
  signal: AbortSignal,
): Promise<VerifySession['fat']> {
  if (fat !== undefined) return { reference: fat, id: (await engine.inspectImage(fat, signal)).id };
  if (saved === undefined || !(await engine.hasImage(saved.report.fat.id, signal))) return undefined;
  return { reference: saved.report.fat.reference, id: saved.report.fat.id };
}

function againstOf({ fat, input, saved }: VerifySession): Verification['against'] {
  if (input.fat !== undefined && fat !== undefined) return { kind: 'image', ...fat };
  return { kind: 'report', path: saved?.path ?? '', reference: saved?.report.fat.reference ?? '' };
}

async function rightAnswers(session: VerifySession): Promise<Exercise> {
  const { engine, fat, input, ports, saved } = session;
  if (input.fat === undefined && saved !== undefined) return saved.report.observation;
  if (fat === undefined) throw new PareError('usage', 'there are no answers to compare with');
  await using image = await engine.openImage(fat.reference, ports.signal);
  const answers = await exercise({
    engine,
    image: fat.id,
    config: image.config,
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
  const { engine, fat, image, ports, saved } = session;
  const { signal } = ports;
  if (fat === undefined) return saved === undefined ? undefined : removedInReport(saved.report);
  await using fatImage = await engine.openImage(fat.id, signal);
  const fatTree = await buildFileTree(fatImage, { signal });
  const slimTree = await buildFileTree(image, { signal });
  return removedInTree(fatTree, { has: (path) => slimTree.get(path) !== undefined });
}
