import { chooseFirst, matchName, parseSegment } from './glob-segments.ts';

/** A place in the globs: what may come next, and which tables a path matches that ends here. */
interface Place {
  readonly order: number;
  /** Undefined where nothing comes, as behind most globs. */
  names: Map<string, Place> | undefined;
  patterns: Map<string, Pattern> | undefined;
  /** Behind `**`: stays where it is whatever comes. */
  readonly isDeep: boolean;
  deep: Place | undefined;
  tables: number[] | undefined;
}

interface Pattern {
  readonly text: string;
  readonly matches: (name: string) => boolean;
  readonly to: Place;
}

/** All places that a directory leads to. What follows from it is found out once for each of the names that the globs tell apart. */
interface State {
  readonly places: readonly Place[];
  /** The tables that a path matches which ends here. */
  readonly tables: readonly number[];
  readonly patterns: readonly Pattern[];
  /** The next states by the names that globs spell out. */
  readonly named: Map<string, State | 'not known yet'>;
  /** The next states of all other names, by the patterns that they fit. */
  readonly fitting: Map<string, State>;
}

/**
 * Answers which of several tables of globs match a whole path, by their places in the list, in order. The globs become one automaton that
 * goes from segment to segment: its size depends on them alone. A path that shares directories with the one before begins behind them.
 */
export function matchTables(tables: readonly (readonly string[])[]): (path: string) => readonly number[] {
  const { start, step } = createAutomaton(tables);
  /** The directory of the path before, with its last slash, and the states behind each slash as far as anything can match. */
  let directory = '';
  const trail: { readonly end: number; readonly state: State }[] = [];

  function goTo(path: string, length: number): void {
    for (let last = trail.at(-1); last !== undefined; last = trail.at(-1)) {
      if (path.startsWith(directory.slice(0, last.end))) break;
      trail.pop();
    }
    let { end, state } = trail.at(-1) ?? { end: 0, state: start };
    while (end < length && state.places.length > 0) {
      const slash = path.indexOf('/', end);
      state = step(state, path.slice(end, slash));
      end = slash + 1;
      trail.push({ end, state });
    }
    directory = path.slice(0, length);
  }

  return (path) => {
    const length = path.lastIndexOf('/') + 1;
    if (length !== directory.length || !path.startsWith(directory)) goTo(path, length);
    const state = trail.at(-1)?.state ?? start;
    return state.places.length === 0 ? state.tables : step(state, path.slice(length)).tables;
  };
}

interface Automaton {
  readonly start: State;
  step(state: State, name: string): State;
}

function createAutomaton(tables: readonly (readonly string[])[]): Automaton {
  const states = new Map<string, State>();

  function stateOf(reached: ReadonlySet<Place>): State {
    const places = [...reached].sort((a, b) => a.order - b.order);
    const key = places.map(({ order }) => order).join();
    const known = states.get(key);
    if (known !== undefined) return known;
    const state = createState(places);
    states.set(key, state);
    return state;
  }

  function next(state: State, name: string, fits: ReadonlySet<string>): State {
    const reached = new Set<Place>();
    for (const place of state.places) {
      if (place.isDeep) reach(reached, place);
      reach(reached, place.names?.get(name));
      for (const { text, to } of place.patterns?.values() ?? []) if (fits.has(text)) reach(reached, to);
    }
    return stateOf(reached);
  }

  function step(state: State, name: string): State {
    if (state.places.length === 0) return state;
    const named = state.named.size === 0 ? undefined : state.named.get(name);
    if (named !== undefined && named !== 'not known yet') return named;
    let key = '';
    for (let at = 0; at < state.patterns.length; at += 1) {
      const pattern = state.patterns[at];
      if (pattern?.matches(name) === true) key += `${pattern.text}/`;
    }
    const fitting = named === undefined ? state.fitting.get(key) : undefined;
    if (fitting !== undefined) return fitting;
    const found = next(state, name, new Set(key.split('/')));
    if (named === undefined) state.fitting.set(key, found);
    else state.named.set(name, found);
    return found;
  }

  return { start: stateOf(placesOf(tables)), step };
}

function createState(places: readonly Place[]): State {
  const tables = new Set<number>();
  const patterns = new Map<string, Pattern>();
  const named: State['named'] = new Map();
  for (const place of places) {
    for (const table of place.tables ?? []) tables.add(table);
    for (const pattern of place.patterns?.values() ?? []) patterns.set(pattern.text, pattern);
    for (const name of place.names?.keys() ?? []) named.set(name, 'not known yet');
  }
  return {
    places,
    tables: [...tables].sort((a, b) => a - b),
    patterns: [...patterns.values()],
    named,
    fitting: new Map(),
  };
}

/** Adds a place, and what it leads to without a further segment: `**` may be none. */
function reach(reached: Set<Place>, place: Place | undefined): void {
  for (let at = place; at !== undefined; at = at.deep) reached.add(at);
}

/** Where paths begin in a trie of the globs of all tables. */
function placesOf(tables: readonly (readonly string[])[]): ReadonlySet<Place> {
  let count = 0;
  const create: CreatePlace = (isDeep) => ({
    order: count++,
    names: undefined,
    patterns: undefined,
    isDeep,
    deep: undefined,
    tables: undefined,
  });
  const root = create(false);
  for (const [table, globs] of tables.entries()) for (const glob of globs) addGlob(root, glob, table, create);
  const reached = new Set<Place>();
  reach(reached, root);
  return reached;
}

type CreatePlace = (isDeep: boolean) => Place;

/** Adds a glob behind a place. What comes before a choice in braces is followed once for all that can be chosen. */
function addGlob(at: Place, glob: string, table: number, create: CreatePlace): void {
  const slash = glob.indexOf('/');
  const segment = slash === -1 ? glob : glob.slice(0, slash);
  const choices = segment.includes('{') ? chooseFirst(glob) : undefined;
  if (choices !== undefined) {
    for (const choice of choices) addGlob(at, choice, table, create);
    return;
  }
  const to = follow(at, parseSegment(segment), create);
  if (slash !== -1) addGlob(to, glob.slice(slash + 1), table, create);
  else if (to.tables === undefined) to.tables = [table];
  else to.tables.push(table);
}

function follow(at: Place, segment: ReturnType<typeof parseSegment>, create: CreatePlace): Place {
  switch (segment.kind) {
    case 'any-depth': {
      at.deep ??= create(true);
      return at.deep;
    }
    case 'name': {
      at.names ??= new Map();
      const known = at.names.get(segment.name);
      if (known !== undefined) return known;
      const to = create(false);
      at.names.set(segment.name, to);
      return to;
    }
    case 'pattern': {
      at.patterns ??= new Map();
      const { text } = segment;
      const known = at.patterns.get(text);
      if (known !== undefined) return known.to;
      const to = create(false);
      at.patterns.set(text, { text, matches: matchName(text), to });
      return to;
    }
  }
}
