import type { SeccompResult } from '../harden/seccomp.ts';
import { createTurns, inTurns, type Turn } from '../model/event-loop-turn.ts';
import type { SeccompProfile } from '../model/hardening-profile.ts';
import type { Exercise } from '../model/observation.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { Verdict } from '../model/verdict.ts';
import { exercise } from '../observe/exercise.ts';
import type { SlimParts } from '../ports/container-engine.ts';
import { type DirectoryTotal, directoryTotals } from '../report/directory-totals.ts';
import { formatItems } from '../report/format.ts';
import { compareExercises } from '../verify/compare.ts';
import { aborted } from './aborted.ts';
import type { BuildSession } from './build-session.ts';
import { describePlan, type PlanDescription } from './describe-plan.ts';
import { inParallel } from './in-parallel.ts';
import { discardSlimImage, type StoredSlimImage, slimPartsOf, writeSlimImage } from './write-slim-image.ts';

/** How a slim image fared that runs under a profile. */
interface Checked {
  readonly verdict: Verdict;
  readonly description: PlanDescription;
}

/** What is run, and what it may do. */
interface Planned {
  readonly plan: ReductionPlan;
  readonly seccomp: SeccompResult;
}

/**
 * Where the engine can run the image before it is written, making it ready comes first, and writing goes on beside the rest; else the
 * one comes after the other.
 */
export async function writeAndVerify(
  session: BuildSession,
  planned: Planned,
): Promise<Checked & { readonly slim: StoredSlimImage }> {
  const { ahead, cleanup, engine, ports } = session;
  const paths = planned.plan.kept.map(({ path }) => path);
  const parts = slimPartsOf(session, paths);
  const started = new AbortController();
  const onStarted = () => started.abort();
  const check = (id: string, signal: AbortSignal) =>
    verifyAndDescribe(session, { id, onStarted }, planned, signal);
  let slim: StoredSlimImage | undefined;
  const write = async (signal: AbortSignal) => {
    slim = await timedWrite(session, parts, signal);
    return slim;
  };
  const stage = async (signal: AbortSignal) =>
    engine.stageImage?.(parts, { ahead: await ahead.image(), signal });
  const checkEarly = async (signal: AbortSignal) => {
    const staged = await stage(signal);
    if (staged === undefined) return undefined;
    let passed = false;
    try {
      const checked = await check(staged.id, signal);
      passed = checked.verdict.passed;
      return checked;
    } finally {
      // Its containers go at their leisure; where nothing will be repaired, what was staged ahead goes beside the writing, too.
      const gone = cleanup.settled();
      cleanup.defer(gone.then(() => staged[Symbol.asyncDispose]()));
      if (passed) cleanup.defer(gone.then(() => ahead[Symbol.asyncDispose]()));
    }
  };
  try {
    const [early, written] = await inParallel(ports.signal, [
      (signal) => checkEarly(signal).finally(onStarted),
      async (signal) => {
        // Each step of a container's start waits for this thread.
        await aborted(started.signal);
        return write(signal);
      },
    ]);
    // Also what failed is tried as it was written: its files had one link more than they will have.
    const checked = early?.verdict.passed === true ? early : await check(written.id, ports.signal);
    return { slim: written, ...checked };
  } catch (error) {
    if (slim !== undefined) await discardSlimImage(slim, session);
    throw error;
  }
}

/** What the report says of the plan is worked out once the container has been started, and this thread has nothing else to do. */
async function verifyAndDescribe(
  session: BuildSession,
  { id, onStarted }: { readonly id: string; readonly onStarted: () => void },
  { plan, seccomp }: Planned,
  within: AbortSignal,
): Promise<Checked> {
  const started = new AbortController();
  const verified = new AbortController();
  const verifying = async (signal: AbortSignal) => {
    try {
      return await timedVerify(session, id, {
        seccomp: seccomp.profile,
        signal,
        onStarted: () => {
          started.abort();
          onStarted();
        },
      });
    } finally {
      verified.abort();
      started.abort();
    }
  };
  const [verdict, description] = await inParallel(within, [
    verifying,
    async (signal) => {
      await aborted(started.signal);
      const turn = createTurns(() => !verified.signal.aborted);
      const totals = await totalsOf(session, turn, signal);
      return inTurns(describePlan(session, plan, { seccomp, totals }), turn, signal);
    },
  ]);
  return { verdict, description };
}

/** What was found of the image before. */
async function totalsOf(
  { facts, memories, tree }: BuildSession,
  turn: Turn,
  signal: AbortSignal,
): Promise<readonly DirectoryTotal[]> {
  const known = await memories.directoryTotals.recall(facts.id);
  if (known !== undefined) return known;
  const totals = await inTurns(directoryTotals(tree), turn, signal);
  await memories.directoryTotals.keep(facts.id, totals);
  return totals;
}

function timedWrite(session: BuildSession, parts: SlimParts, signal: AbortSignal): Promise<StoredSlimImage> {
  const { engine, run, watch } = session;
  return watch.time('write', 'writing the slim image', () => writeSlimImage({ parts, engine, run }, signal));
}

interface RestrictedRun {
  readonly seccomp: SeccompProfile;
  readonly signal: AbortSignal;
  /** Called once the first of its containers has been started. */
  readonly onStarted?: () => void;
}

function timedVerify(session: BuildSession, image: string, restricted: RestrictedRun): Promise<Verdict> {
  return session.watch.time(
    'verify',
    'verifying the slim image',
    () => verify(session, image, restricted),
    ({ passed, compared, differences }) =>
      passed
        ? `${formatItems(compared, 'answer')} compared, all the same`
        : `${formatItems(differences.length, 'difference')} in ${formatItems(compared, 'answer')}`,
  );
}

/** Compares the answers; before one is held against the slim image, the fat one is asked once more. */
async function verify(session: BuildSession, image: string, restricted: RestrictedRun): Promise<Verdict> {
  const answers = await exerciseImage(session, image, restricted);
  const verdict = compareExercises(session.observation, answers);
  if (verdict.passed) return verdict;
  const { signal } = restricted;
  const fatAgain = await exerciseImage(session, session.facts.id, { signal });
  return compareExercises(session.observation, answers, { fatAgain });
}

/** Asks an image as the fat one was asked, without the sensor. */
export function exerciseImage(
  session: BuildSession,
  image: string,
  { seccomp, onStarted, signal = session.ports.signal }: Partial<RestrictedRun>,
): Promise<Exercise> {
  const { engine, input, observation, ports, cleanup } = session;
  return exercise({
    engine,
    image,
    config: session.image.config,
    scenario: { ...input.scenario, readinessTimeoutMs: patience(session) },
    restrictions: seccomp === undefined ? {} : { seccomp },
    expectPorts: observation.listening,
    expectRuns: observation.runs ?? [],
    // The fat image did not end by its stop signal: there is no exit code to compare.
    killAtOnce: observation.exitCode === undefined,
    progress: ports.progress,
    signal,
    deferCleanup: cleanup.defer,
    ...(onStarted === undefined ? {} : { onStarted }),
  });
}

/** How long an image may take to answer that is known to have taken less: enough, and not a minute for one that is broken. */
export function patience({ input, observation }: BuildSession): number {
  return Math.min(input.scenario.readinessTimeoutMs, 5000 + 5 * observation.readyAfterMs);
}
