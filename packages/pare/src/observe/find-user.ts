import type { RunConfig } from '@pare/oci';
import type { RunOptions } from '../model/scenario.ts';
import type { ContainerEngine, ContainerSpec } from '../ports/container-engine.ts';
import { type ApplicationUser, resolveUser } from './application-user.ts';
import { readContainerFile } from './container-file.ts';

const noOptions: Omit<RunOptions, 'user'> = {
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

export interface UserQuestion {
  readonly engine: ContainerEngine;
  readonly image: string;
  readonly config: RunConfig;
  readonly run: RunOptions;
  readonly signal: AbortSignal;
  readonly deferCleanup?: (cleanup: Promise<void>) => void;
}

/**
 * Who the application runs as: the run options' user, else the image's, looked up in the image's own files. Undefined
 * when neither says so: then it is root, as the sensor is. Makes and removes a container that is never started.
 */
export async function findUser(question: UserQuestion): Promise<ApplicationUser | undefined> {
  const { config, deferCleanup, engine, run, signal } = question;
  const spec = run.user ?? config.User ?? '';
  if (spec === '') return undefined;
  const container = await engine.createContainer(lookupSpec(question.image), signal);
  try {
    const files = ['/etc/passwd', '/etc/group'].map((path) => readContainerFile(container, path, signal));
    const [passwd, group] = await Promise.all(files);
    return resolveUser(spec, passwd ?? '', group ?? '');
  } finally {
    const removal = Promise.resolve(container[Symbol.asyncDispose]());
    if (deferCleanup === undefined) await removal;
    else deferCleanup(removal);
  }
}

function lookupSpec(image: string): ContainerSpec {
  return {
    image,
    run: noOptions,
    publishLoopback: [],
    argv: ['/'],
    user: '0',
    binds: [],
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: false,
    disableHealthcheck: true,
  };
}
