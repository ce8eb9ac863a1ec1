import type { HostPath } from '@pare/oci';
import type { Package } from '../model/package.ts';
import type { ImageSummary, RunReport } from '../model/run-report.ts';
import { pareVersion } from '../model/version.ts';
import { writeArtifacts } from './artifacts.ts';
import type { BuildSession } from './build-session.ts';
import { deliverImage, slimImageOf } from './deliver-image.ts';
import { holdOut } from './hold-out.ts';
import { learntPlan } from './plan-memory.ts';
import { type VerifiedOutcome, verifyAndRepair } from './verify-and-repair.ts';
import { discardSlimImage } from './write-slim-image.ts';

export interface BuildResult {
  readonly report: RunReport;
  /** Where the artifacts are; undefined when none were wanted. */
  readonly artifacts: HostPath | undefined;
}

/** From the observation to the end: plans, writes, verifies and repairs; tags with `tags` what passed, and writes the report. */
export async function concludeBuild(
  session: BuildSession,
  { packages, tags }: { readonly packages: readonly Package[]; readonly tags: readonly string[] },
): Promise<BuildResult> {
  const { facts, input, memories, ports } = session;
  const outcome = await verifyAndRepair(session);
  const learnt = await session.analysis.learnt();
  if (learnt !== undefined) await memories.analyses.keep(facts.id, learnt);
  const plan = await learntPlan(session);
  if (plan !== undefined) await memories.plans.keep(facts.id, plan);
  await memories.trees.keep(session.image, session.tree);
  if (outcome.verdict.compared === 0) {
    ports.progress.warn(
      'nothing was compared: no probe was answered, so that the slim image starts is all that is known',
    );
  }
  const report = await conclude(session, packages, outcome, outcome.verdict.passed ? tags : []);
  const artifacts = await writeArtifacts(report, input.artifacts, outcome.description);
  return { report, artifacts };
}

/** Tags the image that passed and sums up; when tagging fails, nothing of it stays. */
async function conclude(
  session: BuildSession,
  packages: readonly Package[],
  outcome: VerifiedOutcome,
  tags: readonly string[],
): Promise<RunReport> {
  const { engine, ports, image, facts, tree, watch } = session;
  const { passed } = outcome.verdict;
  const { plan } = outcome;
  const heldOut = passed ? await holdOut(session) : undefined;
  let slim: ImageSummary | undefined;
  if (passed) {
    try {
      const { sinks = [], access = { insecureHosts: [] }, engine: choice } = session.input;
      const written =
        sinks.length === 0
          ? []
          : await deliverImage(slimImageOf(session, outcome), sinks, { ...session, access, choice });
      // From the first tag on the image is the user's: an abort comes before, or too late.
      ports.signal.throwIfAborted();
      for (const tag of tags) await engine.tagImage(outcome.slim.id, tag);
      const { sizeBytes } = await engine.inspectImage(outcome.slim.id);
      if (tags.length === 0) await discardSlimImage(outcome.slim, session);
      const { id, config } = outcome.slim;
      slim = {
        reference: tags[0] ?? written[0] ?? id,
        id,
        sizeBytes,
        files: outcome.plan.kept.length,
        layers: 1,
        config,
      };
    } catch (error) {
      await discardSlimImage(outcome.slim, session);
      throw error;
    }
  }
  return {
    schema: 'pare.report/1',
    pareVersion,
    engine: engine.info,
    fat: {
      reference: session.input.reference,
      id: facts.id,
      sizeBytes: facts.sizeBytes,
      files: tree.size,
      layers: image.layers.length,
      config: image.config,
    },
    slim,
    tags,
    observation: session.observation,
    packages: packages.map(({ id, ecosystem, name, version }) => ({ id, ecosystem, name, version })),
    plan,
    ...outcome.description.parts,
    risk: { ...outcome.description.parts.risk, ...(heldOut === undefined ? {} : { heldOut }) },
    verdict: outcome.verdict,
    repairRounds: outcome.rounds,
    lacking: outcome.lacking,
    profileAtFault: outcome.profileAtFault,
    timings: watch.timings(),
    totalMs: watch.elapsedMs(),
  };
}
