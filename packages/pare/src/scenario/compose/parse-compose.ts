import type { Dependency } from '../../model/scenario.ts';
import { parseForm } from '../validate.ts';
import { type KeyPath, parseYamlSource, type YamlSource } from '../yaml-source.ts';
import { composeForm } from './compose-form.ts';
import { InterpolationError, interpolate } from './interpolate.ts';
import { dependencyOfService } from './service.ts';
import type { ServiceContext } from './service-context.ts';

export interface ComposeContext extends Omit<ServiceContext, 'source' | 'volumes'> {
  /** Variables that `${NAME}` stands for. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Services that are wanted; those that they depend on come with them. Undefined: all. */
  readonly services: readonly string[] | undefined;
}

/**
 * Reads a compose file's services as dependencies, in the order of the file. Throws PareError `usage` that names file, line
 * and key, also of what the specification has and Pare cannot do.
 */
export async function parseCompose(
  text: string,
  file: string,
  context: ComposeContext,
): Promise<readonly Dependency[]> {
  const raw = parseYamlSource(text, file);
  const source: YamlSource = { ...raw, value: withVariables(withoutExtensions(raw.value), [], raw, context) };
  const form = parseForm(source, composeForm);
  const wanted = wantedServices(form.services, context.services, source);
  const serviceContext: ServiceContext = { ...context, source, volumes: form.volumes ?? {} };
  const completed = new Set(
    Object.values(form.services).flatMap((service) =>
      Object.entries(Array.isArray(service.depends_on) ? {} : (service.depends_on ?? {})).flatMap(
        ([name, { condition }]) => (condition === 'service_completed_successfully' ? [name] : []),
      ),
    ),
  );
  const dependencies: Dependency[] = [];
  for (const [name, service] of Object.entries(form.services)) {
    if (!wanted.has(name)) continue;
    const dependency = await dependencyOfService(name, service, serviceContext);
    dependencies.push({ ...dependency, untilExit: completed.has(name) });
  }
  return dependencies;
}

type Services = Readonly<
  Record<string, { readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>> | undefined }>
>;

function wantedServices(
  services: Services,
  names: readonly string[] | undefined,
  source: YamlSource,
): ReadonlySet<string> {
  const wanted = new Set<string>();
  const pending = [...(names ?? Object.keys(services))];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (wanted.has(name)) continue;
    const service = services[name];
    if (service === undefined) {
      const known = Object.keys(services).join(', ');
      throw source.fault(['services'], `has no service ${name}`, `it has: ${known}`);
    }
    wanted.add(name);
    pending.push(...serviceNames(service.depends_on));
  }
  return wanted;
}

/** Names in either form of `depends_on`. */
function serviceNames(dependsOn: Services[string]['depends_on']): readonly string[] {
  return Array.isArray(dependsOn) ? dependsOn : Object.keys(dependsOn ?? {});
}

/** Keys that begin with `x-` are the user's own, at the top and in services. */
function withoutExtensions(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const top = dropExtensions(value);
  if (!isMapping(top.services)) return top;
  const services = Object.entries(top.services).map(([name, service]) => [
    name,
    isMapping(service) ? dropExtensions(service) : service,
  ]);
  return { ...top, services: Object.fromEntries(services) };
}

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dropExtensions(value: Mapping): Mapping {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')));
}

function withVariables(value: unknown, path: KeyPath, source: YamlSource, context: ComposeContext): unknown {
  if (typeof value === 'string') {
    try {
      return interpolate(value, context.variables);
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      throw source.fault(path, error.message);
    }
  }
  if (Array.isArray(value))
    return value.map((one, index) => withVariables(one, [...path, index], source, context));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withVariables(inner, [...path, key], source, context)]),
  );
}
