import type { ServiceForm } from './compose-form.ts';

/**
 * A service over the one that it extends, by the rules of the Compose specification ("Merge and override"): what is named is
 * merged by name, lists are put together, anything else is the extending service's where it has it.
 */
export function mergeService(base: ServiceForm, over: ServiceForm): ServiceForm {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const known = merged[key];
    merged[key] = known === undefined || known === null ? value : mergeValue(key, known, value);
  }
  // It has been followed.
  const { extends: _, ...rest } = merged;
  return rest as ServiceForm;
}

function mergeValue(key: string, base: unknown, over: unknown): unknown {
  if (isMapping(base) && isMapping(over)) return { ...base, ...over };
  const nameOf = names[key];
  if (nameOf === undefined || !Array.isArray(base) || !Array.isArray(over)) return over;
  const byName = new Map([...base, ...over].map((one: unknown) => [nameOf(one), one]));
  return [...byName.values()];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const itself = (one: unknown) => JSON.stringify(one);
const before =
  (sign: RegExp) =>
  (one: unknown): string =>
    String(one).split(sign, 1)[0] ?? '';
const targetOf = (one: unknown) => {
  const { source, target } = one as { readonly source?: string; readonly target?: string };
  return target ?? source ?? '';
};

/** What tells two elements of a list apart. A list that is not here, as a command, is replaced as a whole. */
const names: Readonly<Record<string, (one: unknown) => string>> = {
  environment: before(/=/),
  sysctls: before(/=/),
  extra_hosts: before(/[=:]/),
  volumes: (one) => (typeof one === 'string' ? (one.split(':')[1] ?? one) : targetOf(one)),
  secrets: targetOf,
  configs: targetOf,
  ports: itself,
  expose: itself,
  env_file: itself,
  tmpfs: itself,
  dns: itself,
  dns_search: itself,
  links: itself,
  networks: itself,
  profiles: itself,
};
