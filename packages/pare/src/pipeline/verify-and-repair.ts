import type { ImagePath } from '@pare/oci';
import { hardenImage } from '../harden/harden.ts';
import { createTurns, inTurns } from '../model/event-loop-turn.ts';
import type { HardeningProfile } from '../model/hardening-profile.ts';
import type { Exercise } from '../model/observation.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { Verdict } from '../model/verdict.ts';
import { exercise } from '../observe/exercise.ts';
import { observe } from '../observe/observe.ts';
import type { PlanInput, PutBack } from '../plan/plan-input.ts';
import type { SlimParts } from '../ports/container-engine.ts';
import { formatBytes, formatItems } from '../report/format.ts';
import { compareExercises } from '../verify/compare.ts';
import { lackingPaths, removedInTree } from '../verify/removed-paths.ts';
import { aborted } from './aborted.ts';
import type { BuildSession } from './build-session.ts';
import { closePlan } from './closure.ts';
import { describePlan, type PlanDescription } from './describe-plan.ts';
import { inParallel } from './in-parallel.ts';
import { assumedSyscallsOf } from './sensor.ts';
import { discardSlimImage, type StoredSlimImage, slimConfig, writeSlimImage } from './write-slim-image.ts';

/** How the last slim image fared. It is in the engine, untagged, when it passed, and gone when it did not. */
export interface VerifiedOutcome {
  readonly slim: StoredSlimImage;
  readonly plan: ReductionPlan;
  readonly hardening: HardeningProfile;
  readonly verdict: Verdict;
  readonly description: PlanDescription;
  /** How often something was put back. */
  readonly rounds: number;
  /** What the last image asked for in vain though the fat one has it; empty when it passed. */
  readonly lacking: readonly ImagePath[];
  /** Whether the last image failed, lacks nothing, and passes without its seccomp profile. */
  readonly profileAtFault: boolean;
}

type Attempt = Omit<VerifiedOutcome, 'rounds' | 'lacking' | 'profileAtFault'>;

/**
 * Plans, writes and verifies a slim image; while it answers differently, finds what it asked for and lacked, puts that
 * back and tries again, `repairRounds` times at most. Rounds that find nothing to put back end it at once.
 */
export async function verifyAndRepair(session: BuildSession): Promise<VerifiedOutcome> {
  const putBack: PutBack[] = [];
  for (let rounds = 0; ; rounds += 1) {
    const attempt = await attemptSlimImage(session, putBack);
    if (attempt.verdict.passed) return { ...attempt, rounds, lacking: [], profileAtFault: false };
    try {
      const lacking = await findLacking(session, attempt, rounds + 1);
      // What was put back and is still lacking, the user's own rules keep out: trying again would change nothing.
      const tried = new Set(putBack.map(({ path }) => path));
      const fresh = lacking.filter(({ path }) => !tried.has(path));
      if (fresh.length === 0 || rounds >= session.input.repairRounds) {
        const profileAtFault = lacking.length === 0 && (await passesWithoutProfile(session, attempt.slim));
        return { ...attempt, rounds, lacking: lacking.map(({ path }) => path), profileAtFault };
      }
      session.ports.progress.note(`putting back ${describe(fresh)}`);
      putBack.push(...fresh);
    } finally {
      await discardSlimImage(attempt.slim, session);
    }
  }
}

async function attemptSlimImage(session: BuildSession, putBack: readonly PutBack[]): Promise<Attempt> {
  const { watch, ports, observation, tree, input } = session;
  const plan = await watch.time(
    'plan',
    'deciding what to keep',
    () => closePlan(planInputOf(session, putBack), session.analysis, ports.signal),
    ({ kept, keptBytes }) => `${formatItems(kept.length, 'path')}, ${formatBytes(keptBytes)}`,
  );
  const hardening = hardenImage({
    reference: input.reference,
    observation,
    plan,
    tree,
    assumedSyscalls: assumedSyscallsOf(session.sensor),
  });
  return { ...(await writeAndVerify(session, plan, hardening)), plan, hardening };
}

type Checked = Pick<Attempt, 'verdict' | 'description'>;

/**
 * Where the engine can run the image before it is written, making it ready comes first, and writing goes on beside the rest; else the
 * one comes after the other.
 */
async function writeAndVerify(
  session: BuildSession,
  plan: ReductionPlan,
  hardening: HardeningProfile,
): Promise<Checked & { readonly slim: StoredSlimImage }> {
  const { cleanup, engine, image, ports, tree } = session;
  const parts = { image, tree, paths: plan.kept.map(({ path }) => path), config: slimConfig(image.config) };
  const check = (id: string, signal: AbortSignal) =>
    verifyAndDescribe(session, id, { plan, hardening }, signal);
  let slim: StoredSlimImage | undefined;
  const write = async (signal: AbortSignal) => {
    slim = await timedWrite(session, parts, signal);
    return slim;
  };
  const handedOver = new AbortController();
  const onHandedOver = () => handedOver.abort();
  const stage = async (signal: AbortSignal) => engine.stageImage?.(parts, { onHandedOver, signal });
  try {
    const [early, written] = await inParallel(ports.signal, [
      async (signal) => {
        const staged = await stage(signal).finally(onHandedOver);
        if (staged === undefined) return undefined;
        try {
          return await check(staged.id, signal);
        } finally {
          // Its containers go at their leisure.
          cleanup.defer(cleanup.settled().then(() => staged[Symbol.asyncDispose]()));
        }
      },
      async (signal) => {
        await aborted(handedOver.signal);
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
  id: string,
  { plan, hardening }: Pick<Attempt, 'plan' | 'hardening'>,
  within: AbortSignal,
): Promise<Checked> {
  const started = new AbortController();
  const [verdict, description] = await inParallel(within, [
    (signal) =>
      timedVerify(session, id, { hardening, signal, onStarted: () => started.abort() }).finally(() =>
        started.abort(),
      ),
    async (signal) => {
      await aborted(started.signal);
      const work = describePlan(session.tree, plan, session.observation);
      return inTurns(
        work,
        createTurns(() => true),
        signal,
      );
    },
  ]);
  return { verdict, description };
}

function timedWrite(session: BuildSession, parts: SlimParts, signal: AbortSignal): Promise<StoredSlimImage> {
  const { engine, run, watch } = session;
  return watch.time('write', 'writing the slim image', () => writeSlimImage({ parts, engine, run }, signal));
}

interface RestrictedRun {
  readonly hardening: HardeningProfile;
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

function planInputOf({ input, planInput }: BuildSession, putBack: readonly PutBack[]): PlanInput {
  const back = new Set<string>(putBack.map(({ path }) => path));
  const overlooked = (input.overlook ?? []).filter((path) => !back.has(path));
  return { ...planInput, exclude: [...planInput.exclude, ...overlooked], putBack: [...putBack] };
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

async function passesWithoutProfile(session: BuildSession, slim: StoredSlimImage): Promise<boolean> {
  return compareExercises(session.observation, await exerciseImage(session, slim.id, {})).passed;
}

function exerciseImage(
  session: BuildSession,
  image: string,
  { hardening, onStarted, signal = session.ports.signal }: Partial<RestrictedRun>,
): Promise<Exercise> {
  const { engine, input, observation, ports, cleanup } = session;
  return exercise({
    engine,
    image,
    config: session.image.config,
    scenario: { ...input.scenario, readinessTimeoutMs: patience(session) },
    restrictions: hardening === undefined ? {} : { seccomp: hardening.seccomp },
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
function patience({ input, observation }: BuildSession): number {
  return Math.min(input.scenario.readinessTimeoutMs, 5000 + 5 * observation.readyAfterMs);
}

/** Runs the slim image under the sensor: what it asked for in vain, that the fat image has and the plan left out. */
async function findLacking(
  session: BuildSession,
  attempt: Attempt,
  round: number,
): Promise<readonly PutBack[]> {
  const { watch, ports, engine, input } = session;
  const seen = await watch.time('diagnose', 'finding what the slim image lacks', async () =>
    observe({
      engine,
      image: await engine.inspectImage(attempt.slim.id, ports.signal),
      config: session.image.config,
      user: session.user,
      scenario: { ...input.scenario, readinessTimeoutMs: patience(session) },
      sensor: session.sensor,
      temporaryDirectory: session.run.directory,
      progress: ports.progress,
      signal: ports.signal,
      tolerateFailure: true,
    }),
  );
  const kept = new Set(attempt.plan.kept.map(({ path }) => path));
  return lackingPaths(seen, removedInTree(session.tree, kept)).map((path) => ({
    path,
    round,
    probe: attempt.verdict.differences[0]?.probe ?? 'start',
  }));
}

function describe(putBack: readonly PutBack[]): string {
  const names = putBack.slice(0, 3).map(({ path }) => path);
  const more = putBack.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
