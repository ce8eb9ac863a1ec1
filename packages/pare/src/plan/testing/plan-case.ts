import type { FileTree, ImageConfig, ImagePath } from '@pare/oci';
import { runToEnd } from '../../model/event-loop-turn.ts';
import type { Fact } from '../../model/fact.ts';
import type { KeepReason } from '../../model/keep-reason.ts';
import type { AccessKind, FileUse } from '../../model/observation.ts';
import type { Ecosystem, Package } from '../../model/package.ts';
import type { ReductionPlan } from '../../model/reduction-plan.ts';
import type { PlanInput } from '../plan-input.ts';
import { createPlanner } from '../planner.ts';
import { surveyImage } from '../survey.ts';

/** One path that a made-up run used: a path that was read, or a path with what was done to it. */
export type Use = string | readonly [path: string, ...accesses: AccessKind[]];

/** What a test says of a plan's input; everything else is empty, and nothing was lost. */
export type PlanCase = Partial<Omit<PlanInput, 'tree' | 'observation' | 'config'>> & {
  readonly uses?: readonly Use[];
  readonly run?: ImageConfig['config'];
  readonly history?: ImageConfig['history'];
  readonly layers?: number;
  readonly facts?: readonly Fact[];
  readonly lost?: number;
};

/** Makes a plan's input of a tree and a case. */
export function planInput(tree: FileTree, given: PlanCase): PlanInput {
  const { uses = [], run = {}, history = [], layers = 1, facts: _, lost = 0, ...rest } = given;
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: run,
    rootfs: {
      type: 'layers',
      diff_ids: Array.from({ length: layers }, () => `sha256:${'0'.repeat(64)}` as const),
    },
    history,
  };
  const input: Omit<PlanInput, 'survey'> = {
    tree,
    config,
    observation: {
      files: uses.map(fileUse),
      processes: [{ id: 0, pid: 1, parent: undefined, executable: '/app/run' as ImagePath, argv: ['run'] }],
      probes: ['GET /'],
      account: { mode: 'notify', unreadable: 0, lost, complete: true, notes: [] },
      syscalls: [],
      sockets: [],
    },
    configRoots: [],
    packages: [],
    level: 'used',
    include: [],
    exclude: [],
    putBack: [],
    ...rest,
  };
  return { ...input, survey: given.survey ?? runToEnd(surveyImage(input)) };
}

function fileUse(use: Use): FileUse {
  const [path, ...accesses] = typeof use === 'string' ? [use, 'read' as const] : use;
  return { path: path as ImagePath, accesses, existed: true, process: 0, phase: 'serving', probe: 0 };
}

/** Plans a case, answering the planner's questions from the case's facts. */
export function planCase(tree: FileTree, given: PlanCase): ReductionPlan {
  const planner = createPlanner(planInput(tree, given));
  const facts = new Map<ImagePath, Fact[]>();
  for (const fact of given.facts ?? []) facts.set(fact.from, [...(facts.get(fact.from) ?? []), fact]);
  let answers = new Map<ImagePath, readonly Fact[]>();
  for (let round = 0; round < 1000; round++) {
    const step = runToEnd(planner.next(answers));
    if (step.kind === 'closed') return step.assemble();
    answers = new Map(step.paths.map((path) => [path, facts.get(path) ?? []]));
  }
  throw new Error('the planner asks without end');
}

/** The kept paths below any of some directories, without the skeleton's own. */
export function keptIn(plan: ReductionPlan, ...directories: readonly string[]): readonly string[] {
  return plan.kept
    .map(({ path }) => path as string)
    .filter((path) =>
      directories.some((directory) => path === directory || path.startsWith(`${directory}/`)),
    );
}

/** The kinds of reasons that one path has. */
export function reasonsOf(plan: ReductionPlan, path: string): readonly KeepReason[] {
  return plan.kept.find((kept) => kept.path === path)?.reasons ?? [];
}

/** `from` links to `to`. */
export function linksTo(from: string, to: string): Fact {
  const of = from as ImagePath;
  const soname = to.slice(to.lastIndexOf('/') + 1);
  const reason: KeepReason = { kind: 'elf-needed', of, soname, through: 'default-directory' };
  return { kind: 'needs', from: of, to: to as ImagePath, reason };
}

/** Some need of `from`. */
export function needs(
  from: string,
  to: string,
  kind: 'import' | 'shebang' | 'elf-dlopen' | 'script-command',
): Fact {
  const of = from as ImagePath;
  const name = to;
  const reason: KeepReason =
    kind === 'shebang'
      ? { kind, of }
      : kind === 'script-command'
        ? { kind, of, command: name }
        : { kind, of, name };
  return { kind: 'needs', from: of, to: to as ImagePath, reason };
}

/** An installed package. */
export function installed(
  ecosystem: Ecosystem,
  name: string,
  files: readonly string[],
  more: Partial<Package> = {},
): Package {
  return {
    id: `${ecosystem}:${name}`,
    ecosystem,
    name,
    version: '1.0',
    files: [...files].sort() as ImagePath[],
    dependsOn: [],
    base: false,
    ...more,
  };
}
