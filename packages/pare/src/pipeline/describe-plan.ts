import type { ImagePath } from '@pare/oci';
import { syscallNumber } from '@pare/sensor';
import { hardenImage } from '../harden/harden.ts';
import type { SeccompResult } from '../harden/seccomp.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { RiskEstimate } from '../model/risk.ts';
import type { RunReport } from '../model/run-report.ts';
import { containerReportPieces } from '../report/container-report.ts';
import { directorySizes } from '../report/directory-sizes.ts';
import type { DirectoryTotal } from '../report/directory-totals.ts';
import { reverseDockerfile } from '../report/dockerfile.ts';
import { pageDataPieces } from '../report/html/page-data.ts';
import { memberPieces } from '../report/json.ts';
import { observationInOrder, planInOrder } from '../report/key-order.ts';
import { removedLinks, reportedFiles } from '../report/reported-files.ts';
import { estimateRisk } from '../verify/risk/estimate-risk.ts';
import type { BuildSession } from './build-session.ts';
import { assumedSyscallsOf } from './sensor.ts';
import { inUtf8, type Utf8Pieces } from './utf8-pieces.ts';

/** What is known of a report before there is a verdict: most of it. */
export interface PlanDescription {
  /** The parts that follow from the observation and the plan. */
  readonly parts: Pick<RunReport, 'files' | 'removedLinks' | 'directories' | 'hardening'> & {
    /** Without what was held out. */
    readonly risk: RiskEstimate;
  };
  /** Texts of the long ones, for whoever writes the report: members of report.json, the data of report.html and creport.json. */
  readonly rendered: ReadonlyMap<unknown, Utf8Pieces>;
  readonly pageData: Utf8Pieces;
  readonly containerReport: Utf8Pieces;
  /** What the fat image may have been built with. */
  readonly dockerfile: string;
}

/** What of a session a report tells before there is a verdict. */
type ToldSession = Pick<BuildSession, 'observation'> & {
  readonly engine: { readonly info: RunReport['engine'] };
  readonly facts: { readonly id: string };
  readonly image: Pick<BuildSession['image'], 'config'>;
  readonly input: Pick<BuildSession['input'], 'reference'>;
  readonly sensor: Pick<BuildSession['sensor'], 'arch'>;
  readonly tree: Pick<BuildSession['tree'], 'get' | 'ofKind' | 'resolve'>;
};

/**
 * Works it out, which takes this thread some tens of milliseconds. `totals` are the directory totals of the session's tree. Yields wherever
 * it may be left alone for a while.
 */
export function* describePlan(
  { engine, facts, image, input, observation, sensor, tree }: ToldSession,
  plan: ReductionPlan,
  { seccomp, totals }: { readonly seccomp: SeccompResult; readonly totals: readonly DirectoryTotal[] },
): Generator<undefined, PlanDescription> {
  const files = reportedFiles(tree, plan);
  yield;
  const links = removedLinks(tree, plan);
  yield;
  const directories = directorySizes(totals, tree, plan);
  yield;
  const { reference } = input;
  const assumedSyscalls = assumedSyscallsOf(sensor);
  const hardening = yield* hardenImage({ reference, observation, plan, tree, assumedSyscalls }, seccomp);
  yield;
  const rendered = new Map<unknown, Utf8Pieces>([
    [files, yield* inUtf8(memberPieces(files))],
    [links, yield* inUtf8(memberPieces(links))],
    [directories, yield* inUtf8(memberPieces(directories))],
    [plan, yield* inUtf8(memberPieces(planInOrder(plan)))],
    [observation, yield* inUtf8(memberPieces(observationInOrder(observation)))],
  ]);
  const pageData = yield* inUtf8(pageDataPieces({ plan, files }));
  const fat = { id: facts.id, config: image.config };
  const told = { observation, engine: engine.info, fat, files };
  const containerReport = yield* inUtf8(containerReportPieces(told, syscallNumber));
  const isFile = (path: string) => tree.get(path as ImagePath)?.kind === 'file';
  const risk = estimateRisk({ observation, plan, isFile, heldOut: undefined });
  yield;
  return {
    parts: { files, removedLinks: links, directories, hardening, risk },
    rendered,
    pageData,
    containerReport,
    dockerfile: reverseDockerfile(image.config, reference, [reference]),
  };
}
