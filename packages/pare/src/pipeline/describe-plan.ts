import { hardenImage } from '../harden/harden.ts';
import type { SeccompResult } from '../harden/seccomp.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { RunReport } from '../model/run-report.ts';
import { directorySizes } from '../report/directory-sizes.ts';
import { renderPageData } from '../report/html.ts';
import { type RenderedMembers, renderMember } from '../report/json.ts';
import { removedLinks, reportedFiles } from '../report/reported-files.ts';
import type { BuildSession } from './build-session.ts';
import { assumedSyscallsOf } from './sensor.ts';

/** What is known of a report before there is a verdict: most of it. */
export interface PlanDescription {
  /** The parts that follow from the observation and the plan. */
  readonly parts: Pick<RunReport, 'files' | 'removedLinks' | 'directories' | 'hardening'>;
  /** Texts of the long ones, for whoever writes the report. */
  readonly rendered: RenderedMembers;
  readonly pageData: string;
}

/** Works it out, which takes this thread some tens of milliseconds. Yields wherever it may be left alone for a while. */
export function* describePlan(
  { input, observation, sensor, tree }: BuildSession,
  plan: ReductionPlan,
  seccomp: SeccompResult,
): Generator<undefined, PlanDescription> {
  const files = reportedFiles(tree, plan);
  yield;
  const links = removedLinks(tree, plan);
  yield;
  const directories = directorySizes(tree, plan);
  yield;
  const { reference } = input;
  const assumedSyscalls = assumedSyscallsOf(sensor);
  const hardening = hardenImage({ reference, observation, plan, tree, assumedSyscalls }, seccomp);
  const rendered = new Map<unknown, string>();
  for (const member of [files, links, directories, plan, observation]) {
    yield;
    rendered.set(member, renderMember(member));
  }
  yield;
  const pageData = renderPageData({ plan, files });
  return { parts: { files, removedLinks: links, directories, hardening }, rendered, pageData };
}
