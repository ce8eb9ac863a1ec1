import type { ImagePath } from '@pare/oci';
import { seccompProfile } from '../harden/seccomp.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { Verdict } from '../model/verdict.ts';
import { observe } from '../observe/observe.ts';
import type { PlanInput, PutBack } from '../plan/plan-input.ts';
import { formatBytes, formatItems } from '../report/format.ts';
import { compareExercises } from '../verify/compare.ts';
import { lackingPaths, removedInTree } from '../verify/removed-paths.ts';
import type { BuildSession } from './build-session.ts';
import { closePlan } from './closure.ts';
import type { PlanDescription } from './describe-plan.ts';
import { assumedSyscallsOf } from './sensor.ts';
import { exerciseImage, patience, writeAndVerify } from './write-and-verify.ts';
import { discardSlimImage, type StoredSlimImage } from './write-slim-image.ts';

/** How the last slim image fared. It is in the engine, untagged, when it passed, and gone when it did not. */
export interface VerifiedOutcome {
  readonly slim: StoredSlimImage;
  readonly plan: ReductionPlan;
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
  const { watch, ports, observation } = session;
  const plan = await watch.time(
    'plan',
    'deciding what to keep',
    () => closePlan(planInputOf(session, putBack), session, ports.signal),
    ({ kept, keptBytes }) => `${formatItems(kept.length, 'path')}, ${formatBytes(keptBytes)}`,
  );
  const seccomp = seccompProfile({ observation, assumedSyscalls: assumedSyscallsOf(session.sensor) });
  return { ...(await writeAndVerify(session, { plan, seccomp })), plan };
}

function planInputOf({ input, planInput }: BuildSession, putBack: readonly PutBack[]): PlanInput {
  const back = new Set<string>(putBack.map(({ path }) => path));
  const overlooked = (input.overlook ?? []).filter((path) => !back.has(path));
  return { ...planInput, exclude: [...planInput.exclude, ...overlooked], putBack: [...putBack] };
}

async function passesWithoutProfile(session: BuildSession, slim: StoredSlimImage): Promise<boolean> {
  return compareExercises(session.observation, await exerciseImage(session, slim.id, {})).passed;
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
