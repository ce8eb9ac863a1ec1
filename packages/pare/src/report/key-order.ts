import type { KeepReason } from '../model/keep-reason.ts';
import type { FileUse, Observation } from '../model/observation.ts';
import type { KeptPath, ReductionPlan } from '../model/reduction-plan.ts';
import { madeList } from './json-pieces.ts';

/** Keys that say what an object is, before all others. */
const leading: readonly string[] = ['schema', 'kind', 'path', 'id', 'name'];

/** Equal values with one order of keys: what says what an object is comes first. */
export function withSortedKeys(value: unknown): unknown {
  return keySorter()(value);
}

/** What as JSON is `withSortedKeys` of a plan, many times as fast: of the paths and reasons, of which there are thousands, it knows the keys. */
export function planInOrder(plan: ReductionPlan): unknown {
  const { kept, removed, ...rest } = plan;
  // The lists take the places of these.
  const sorted = withSortedKeys({ ...rest, kept: [], removed: [] }) as object;
  return { ...sorted, kept: madeList(kept, keptInOrder), removed };
}

/** What as JSON is `withSortedKeys` of an observation, many times as fast: of the uses of files, of which there are thousands, it knows the keys. */
export function observationInOrder(observation: Observation): unknown {
  const { files, ...rest } = observation;
  const sorted = withSortedKeys({ ...rest, files: [] }) as object;
  return { ...sorted, files: madeList(files, useInOrder) };
}

/** An object with all the keys that one of this type may have; what is undefined does not become JSON. */
type Whole<Type> = Type extends unknown
  ? { readonly [Key in keyof Required<Type>]: Type[Key] | undefined }
  : never;

function keptInOrder({ path, reasons }: KeptPath): unknown {
  return { path, reasons: reasons.map(reasonInOrder) };
}

function useInOrder(use: FileUse): Whole<FileUse> {
  const { path, accesses, askedAs, existed, observedIn, phase, probe, process } = use;
  return { path, accesses, askedAs, existed, observedIn, phase, probe, process };
}

function reasonInOrder(reason: KeepReason): Whole<KeepReason> {
  const { kind } = reason;
  switch (kind) {
    case 'observed':
      return { kind, accesses: reason.accesses, probe: reason.probe, process: reason.process };
    case 'symlink-on-the-way':
      return { kind, to: reason.to };
    case 'parent-directory':
    case 'symlink-target':
    case 'hardlink-peer':
    case 'elf-interpreter':
    case 'shebang':
    case 'shell':
      return { kind, of: reason.of };
    case 'elf-needed':
      return { kind, of: reason.of, soname: reason.soname, through: reason.through };
    case 'elf-dlopen':
    case 'named-in-settings':
    case 'import':
      return { kind, name: reason.name, of: reason.of };
    case 'script-command':
      return { kind, command: reason.command, of: reason.of };
    case 'image-config':
      return { kind, field: reason.field };
    case 'package-file':
      return { kind, because: reason.because, ecosystem: reason.ecosystem, package: reason.package };
    case 'runtime-family':
      return { kind, family: reason.family, rule: reason.rule };
    case 'empty-directory':
      return { kind, package: reason.package };
    case 'application-file':
    case 'directory-skeleton':
      return { kind };
    case 'include-rule':
      return { kind, pattern: reason.pattern };
    case 'put-back':
      return { kind, probe: reason.probe, round: reason.round };
    default:
      // A report that a newer Pare wrote may have kinds that this one does not know.
      return withSortedKeys(reason) as never;
  }
}

/** `withSortedKeys` that sorts the keys of like objects once. */
function keySorter(): (value: unknown) => unknown {
  const orders = new Map<string, readonly string[]>();
  const rank = (key: string) => (leading.includes(key) ? leading.indexOf(key) : leading.length);
  const orderOf = (keys: readonly string[]): readonly string[] => {
    const kind = keys.join('\0');
    const known = orders.get(kind);
    if (known !== undefined) return known;
    const order = keys.toSorted(
      (left, right) => rank(left) - rank(right) || (left < right ? -1 : Number(left > right)),
    );
    orders.set(kind, order);
    return order;
  };
  const sorted = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(sorted);
    const fields = value as Readonly<Record<string, unknown>>;
    const copy: [string, unknown][] = orderOf(Object.keys(fields)).map((key) => [key, sorted(fields[key])]);
    return Object.fromEntries(copy);
  };
  return sorted;
}
