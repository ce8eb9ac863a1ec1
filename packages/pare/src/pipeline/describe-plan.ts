import type { FileTree } from '@pare/oci';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { RunReport } from '../model/run-report.ts';
import { directorySizes } from '../report/directory-sizes.ts';
import { removedLinks, reportedFiles } from '../report/reported-files.ts';

/** The parts of a report that follow from the plan alone. */
export type PlanDescription = Pick<RunReport, 'files' | 'removedLinks' | 'directories'>;

/** Works them out, which takes this thread some tens of milliseconds. */
export function describePlan(tree: FileTree, plan: ReductionPlan): PlanDescription {
  return {
    files: reportedFiles(tree, plan),
    removedLinks: removedLinks(tree, plan),
    directories: directorySizes(tree, plan),
  };
}
