import type { Dependency } from '../model/scenario.ts';

/**
 * The order in which dependencies are started: each after those that it names, else as given. `fault` makes the error for
 * a name that is missing, given twice, or waits for itself.
 */
export function orderDependencies(
  dependencies: readonly Dependency[],
  fault: (name: string, problem: string) => Error,
): readonly Dependency[] {
  const byName = new Map<string, Dependency>();
  for (const dependency of dependencies) {
    if (byName.has(dependency.name)) throw fault(dependency.name, 'is there twice');
    byName.set(dependency.name, dependency);
  }
  const ordered = new Set<Dependency>();
  const visit = (dependency: Dependency, waiting: readonly string[]): void => {
    if (ordered.has(dependency)) return;
    if (waiting.includes(dependency.name)) {
      throw fault(dependency.name, `waits for itself: ${[...waiting, dependency.name].join(' after ')}`);
    }
    for (const name of dependency.after) {
      const before = byName.get(name);
      if (before === undefined) throw fault(dependency.name, `waits for ${name}, which is no dependency`);
      visit(before, [...waiting, dependency.name]);
    }
    ordered.add(dependency);
  };
  for (const dependency of dependencies) visit(dependency, []);
  return [...ordered];
}
