import type { Dependency } from '../../model/scenario.ts';
import { type ComposeProject, loadProject, type ProjectReader } from './load-project.ts';
import { dependencyOfService } from './service.ts';
import type { ServiceContext } from './service-context.ts';

export interface ComposeContext
  extends ProjectReader,
    Pick<ServiceContext, 'privateVolume' | 'readEnvironment' | 'expand'> {
  /**
   * Services that are wanted; those that they depend on come with them. Undefined: all that have no profile, or one of
   * `profiles`.
   */
  readonly services: readonly string[] | undefined;
  readonly profiles: readonly string[];
}

/**
 * Reads a compose file's services as dependencies, those that it includes first, else in the order of the file. `path` is
 * absolute, `name` is what errors call it. Throws PareError `usage` that names file, line and key, also of what the
 * specification has and Pare cannot do.
 */
export async function parseCompose(
  path: string,
  name: string,
  context: ComposeContext,
): Promise<readonly Dependency[]> {
  const project = await loadProject(path, name, context);
  const wanted = wantedServices(project, context);
  const completed = completedServices(project);
  const dependencies: Dependency[] = [];
  for (const [service, { fault, form }] of project.services) {
    if (!wanted.has(service)) continue;
    const { configs, secrets, volumes } = project;
    const { expand, privateVolume, readEnvironment } = context;
    const shared = { configs, secrets, volumes, expand, privateVolume, readEnvironment };
    const dependency = await dependencyOfService(service, form, { ...shared, fault });
    const after = dependency.after.filter((other) => wanted.has(other));
    dependencies.push({ ...dependency, after, untilExit: completed.has(service) });
  }
  return dependencies;
}

/** Those whose end somebody waits for, be it the application's own service, which is not among the wanted ones. */
function completedServices({ services }: ComposeProject): ReadonlySet<string> {
  return new Set(
    [...services.values()].flatMap(({ form }) =>
      Object.entries(form.depends_on ?? {}).flatMap(([name, { condition }]) =>
        condition === 'service_completed_successfully' ? [name] : [],
      ),
    ),
  );
}

function wantedServices(
  { fault, services }: ComposeProject,
  { profiles, services: named }: ComposeContext,
): ReadonlySet<string> {
  const active = ({ profiles: own = [] }: { readonly profiles?: readonly string[] | undefined }) =>
    own.length === 0 || own.some((profile) => profile === '*' || profiles.includes(profile));
  const all = [...services].flatMap(([name, { form }]) =>
    active(form) || profiles.includes('*') ? [name] : [],
  );
  const wanted = new Set<string>();
  const pending = [...(named ?? all)];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (wanted.has(name)) continue;
    const service = services.get(name);
    if (service === undefined)
      throw fault(
        ['services'],
        `has no service ${name}`,
        `it has: ${[...services.keys()].join(', ') || 'none'}`,
      );
    wanted.add(name);
    for (const [other, { required }] of Object.entries(service.form.depends_on ?? {})) {
      const there = services.get(other);
      // One that need not be there comes only where its profile is active.
      if (required || (there !== undefined && active(there.form))) pending.push(other);
    }
  }
  return wanted;
}
