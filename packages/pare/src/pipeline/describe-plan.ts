import { syscallNumber } from '@pare/sensor';
import { hardenImage } from '../harden/harden.ts';
import type { SeccompResult } from '../harden/seccomp.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { RunReport } from '../model/run-report.ts';
import { renderContainerReport } from '../report/container-report.ts';
import { directorySizes } from '../report/directory-sizes.ts';
import { renderPageData } from '../report/html.ts';
import { renderMember } from '../report/json.ts';
import { removedLinks, reportedFiles } from '../report/reported-files.ts';
import type { BuildSession } from './build-session.ts';
import { assumedSyscallsOf } from './sensor.ts';

/** What is known of a report before there is a verdict: most of it. */
export interface PlanDescription {
  /** The parts that follow from the observation and the plan. */
  readonly parts: Pick<RunReport, 'files' | 'removedLinks' | 'directories' | 'hardening'>;
  /** Texts of the long ones, in UTF-8, for whoever writes the report: members of report.json, the data of report.html and creport.json. */
  readonly rendered: ReadonlyMap<unknown, Uint8Array>;
  readonly pageData: Uint8Array;
  readonly containerReport: Uint8Array;
}

/** Works it out, which takes this thread some tens of milliseconds. Yields wherever it may be left alone for a while. */
export function* describePlan(
  { engine, facts, image, input, observation, sensor, tree }: BuildSession,
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
  const rendered = new Map<unknown, Uint8Array>();
  for (const member of [files, links, directories, plan, observation]) {
    yield;
    rendered.set(member, Buffer.from(renderMember(member)));
  }
  yield;
  const pageData = Buffer.from(renderPageData({ plan, files }));
  yield;
  const fat = { id: facts.id, config: image.config };
  const told = { observation, engine: engine.info, fat, files };
  const containerReport = Buffer.from(renderContainerReport(told, syscallNumber));
  return {
    parts: { files, removedLinks: links, directories, hardening },
    rendered,
    pageData,
    containerReport,
  };
}
