import type {
  Account,
  ArgumentUse,
  CapabilityUse,
  DirectoryWrites,
  Exercise,
  FileUse,
  NamedExercise,
  Observation,
  ObservedProcess,
  Phase,
  SocketUse,
  SyscallUse,
} from '../../model/observation.ts';

/** What one run used, and what the run is called. */
export interface NamedObservation {
  readonly name: string;
  readonly observation: Observation;
}

/** Ways of asking with `..` that a use keeps, as when it was observed. */
const askedLimit = 8;

/**
 * Unites what several runs of one image used. Answers, listening ports and the end are those of the first; the other runs
 * have theirs in `runs`, by name, and their probes' titles begin with it. Processes and probes are numbered anew, those
 * of the first run first. Pure; equal for equal input. `first` alone is given back as it is.
 */
export function uniteObservations(first: Observation, others: readonly NamedObservation[]): Observation {
  if (others.length === 0) return first;
  const united = [{ name: '', observation: first }, ...others];
  const processes: ObservedProcess[] = [];
  const probes: string[] = [];
  const files = new Map<string, FileUse>();
  const syscalls = new Map<string, SyscallUse>();
  const sockets = new Map<string, SocketUse>();
  const calls = new Map<string, ArgumentUse>();
  const capabilities = new Map<string, CapabilityUse>();
  const writes = new Map<string, DirectoryWrites>();
  for (const { name, observation } of united) {
    const from = { process: processes.length, probe: probes.length };
    for (const one of observation.processes) processes.push(shiftProcess(one, from.process));
    probes.push(...observation.probes.map((title) => (name === '' ? title : `${name}: ${title}`)));
    for (const use of observation.files) {
      const moved = { ...use, process: use.process + from.process, probe: shift(use.probe, from.probe) };
      files.set(use.path, uniteUses(files.get(use.path), moved));
    }
    addPhased(syscalls, observation.syscalls, (one) => `${one.arch} ${one.name}`);
    addPhased(
      calls,
      observation.arguments ?? [],
      (one) => `${one.arch} ${one.syscall} ${one.argument} ${one.value}`,
    );
    for (const use of observation.sockets) {
      const moved = { ...use, process: use.process + from.process };
      sockets.set(JSON.stringify(moved), moved);
    }
    for (const use of observation.capabilities ?? []) {
      const moved = { ...use, process: use.process + from.process };
      capabilities.set(`${use.capability} ${moved.process}`, moved);
    }
    for (const one of observation.writes ?? [])
      writes.set(one.directory, uniteWrites(writes.get(one.directory), one));
  }
  const runs: readonly NamedExercise[] = others.flatMap(({ name, observation }) => [
    { name, exercise: exerciseOf(observation) },
    ...(observation.runs ?? []).map((run) => ({ ...run, name: `${name}: ${run.name}` })),
  ]);
  return {
    ...first,
    processes,
    files: sorted(files),
    syscalls: sorted(syscalls),
    sockets: sorted(sockets),
    ...(calls.size === 0 ? {} : { arguments: sorted(calls) }),
    ...(capabilities.size === 0 ? {} : { capabilities: sorted(capabilities) }),
    ...(writes.size === 0 ? {} : { writes: sorted(writes) }),
    probes,
    account: uniteAccounts(united.map(({ observation }) => observation.account)),
    runs: [...(first.runs ?? []), ...runs],
  };
}

/** The part of an observation that says how the application answered. */
function exerciseOf(observation: Observation): Exercise {
  const { answers, exitCode, failure, listening, logTail, notProbed, readyAfterMs, timings } = observation;
  return {
    answers,
    listening,
    exitCode,
    logTail,
    readyAfterMs,
    ...(failure === undefined ? {} : { failure }),
    ...(timings === undefined ? {} : { timings }),
    ...(notProbed === undefined ? {} : { notProbed }),
  };
}

function shift(position: number | undefined, by: number): number | undefined {
  return position === undefined ? undefined : position + by;
}

function shiftProcess(process: ObservedProcess, by: number): ObservedProcess {
  return { ...process, id: process.id + by, parent: shift(process.parent, by) };
}

function sorted<T>(map: ReadonlyMap<string, T>): readonly T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}

/** The first use stays the first one; what any run found there was there. */
function uniteUses(known: FileUse | undefined, use: FileUse): FileUse {
  if (known === undefined) return use;
  const askedAs = [...new Set([...(known.askedAs ?? []), ...(use.askedAs ?? [])])]
    .sort()
    .slice(0, askedLimit);
  return {
    ...known,
    ...(askedAs.length === 0 ? {} : { askedAs }),
    accesses: [...new Set([...known.accesses, ...use.accesses])].sort(),
    existed: known.existed || use.existed,
    phase: earlier(known.phase, use.phase),
  };
}

function earlier(a: Phase, b: Phase): Phase {
  return a === 'start-up' || b === 'start-up' ? 'start-up' : 'serving';
}

/** What one run did at its start is needed at the start, also when another did it later. */
function addPhased<T extends { readonly phase: Phase }>(
  into: Map<string, T>,
  uses: readonly T[],
  keyOf: (use: T) => string,
): void {
  for (const use of uses) {
    const known = into.get(keyOf(use));
    into.set(keyOf(use), known === undefined ? use : { ...known, phase: earlier(known.phase, use.phase) });
  }
}

/** Runs may have written the same files: the larger count is the least that is true. */
function uniteWrites(known: DirectoryWrites | undefined, writes: DirectoryWrites): DirectoryWrites {
  if (known === undefined) return writes;
  return {
    directory: known.directory,
    files: Math.max(known.files, writes.files),
    accesses: [...new Set([...known.accesses, ...writes.accesses])].sort(),
    phases: [...new Set([...known.phases, ...writes.phases])].sort(),
  };
}

/** What any run could not see, the union could not. */
function uniteAccounts(accounts: readonly Account[]): Account {
  const sum = (key: 'unreadable' | 'lost') => accounts.reduce((total, account) => total + account[key], 0);
  const deaths = accounts.reduce((total, { supervisorDeaths = 0 }) => total + supervisorDeaths, 0);
  const spots = new Map(
    accounts.flatMap(({ blindSpots = [] }) => blindSpots.map((spot) => [spot.kind, spot])),
  );
  const [first] = accounts;
  return {
    ...first,
    mode: accounts.some(({ mode }) => mode === 'fanotify') ? 'fanotify' : 'notify',
    unreadable: sum('unreadable'),
    lost: sum('lost'),
    complete: accounts.every(({ complete }) => complete),
    notes: [...new Set(accounts.flatMap(({ notes }) => notes))],
    ...(deaths === 0 ? {} : { supervisorDeaths: deaths }),
    ...(spots.size === 0 ? {} : { blindSpots: [...spots.values()] }),
  };
}
