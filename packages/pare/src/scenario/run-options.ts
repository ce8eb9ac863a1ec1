import type { RunOptions } from '../model/scenario.ts';
import type { RunForm } from './run-form.ts';

/** Run options that change nothing. */
export const plainRun: RunOptions = {
  env: [],
  volumes: [],
  mounts: [],
  volumesFrom: [],
  links: [],
  publish: [],
  expose: [],
  publishAll: false,
  addHosts: [],
};

/** Adds `over` to `base`: lists one after the other, single values of `over` first. */
export function mergeRunOptions(base: RunOptions, over: RunOptions): RunOptions {
  const joined = (key: ListKey): readonly string[] => [...(base[key] ?? []), ...(over[key] ?? [])];
  return {
    ...base,
    ...over,
    env: joined('env'),
    volumes: joined('volumes'),
    mounts: joined('mounts'),
    volumesFrom: joined('volumesFrom'),
    links: joined('links'),
    publish: joined('publish'),
    expose: joined('expose'),
    addHosts: joined('addHosts'),
    publishAll: base.publishAll || over.publishAll,
    ...optionalList('tmpfs', joined('tmpfs')),
    ...optionalList('dns', joined('dns')),
    ...optionalList('dnsSearch', joined('dnsSearch')),
    ...optionalList('sysctls', joined('sysctls')),
  };
}

type ListKey = {
  [K in keyof RunOptions]-?: NonNullable<RunOptions[K]> extends readonly string[] ? K : never;
}[keyof RunOptions];

function optionalList<K extends 'tmpfs' | 'dns' | 'dnsSearch' | 'sysctls'>(
  key: K,
  list: readonly string[],
): Partial<Pick<RunOptions, K>> {
  return list.length === 0 ? {} : ({ [key]: list } as Partial<Pick<RunOptions, K>>);
}

/**
 * The run options of a form. `env` is what came of `env` and `envFile`; relative sources of bind mounts must be absolute
 * already. Empty texts and lists mean that the image's own value stays.
 */
export function runOptionsOf(form: RunForm, env: readonly string[]): RunOptions {
  const { command, entrypoint, hostname, network, readOnly, shmSize, stopSignal, workdir } = form;
  const user = form.user === undefined ? '' : String(form.user);
  const ports = (form.ports ?? []).map(String);
  return {
    env,
    volumes: form.volumes ?? [],
    mounts: form.mounts ?? [],
    volumesFrom: form.volumesFrom ?? [],
    links: form.links ?? [],
    publish: ports.filter((port) => port.includes(':')),
    expose: ports.filter((port) => !port.includes(':')),
    publishAll: form.publishAll ?? false,
    addHosts: form.addHosts ?? [],
    ...(network ? { network } : {}),
    ...(user === '' ? {} : { user }),
    ...(hostname ? { hostname } : {}),
    ...(workdir ? { workdir } : {}),
    ...(entrypoint === undefined || entrypoint.length === 0 ? {} : { entrypoint }),
    ...(command === undefined || command.length === 0 ? {} : { command }),
    ...(shmSize === undefined ? {} : { shmSizeBytes: shmSize }),
    ...(form.memory === undefined ? {} : { memoryBytes: form.memory }),
    ...(form.cpus === undefined ? {} : { cpus: form.cpus }),
    ...(form.pidsLimit === undefined ? {} : { pidsLimit: form.pidsLimit }),
    ...(stopSignal ? { stopSignal } : {}),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...optionalList('tmpfs', listOf(form.tmpfs)),
    ...optionalList('dns', form.dns ?? []),
    ...optionalList('dnsSearch', form.dnsSearch ?? []),
    ...optionalList('sysctls', form.sysctls ?? []),
  };
}

/** A text alone is a list of one. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
