import type { RunConfig } from '@pare/oci';
import type { RunOptions } from '../model/scenario.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
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

/**
 * Who the application runs as: the run options' user, else the image's, looked up in the image's own files. Undefined
 * when neither says so: then it is root, as the sensor is. Makes and removes a container that is never started.
 */
export async function findUser(
  engine: ContainerEngine,
  image: string,
  config: RunConfig,
  run: RunOptions,
  signal: AbortSignal,
): Promise<ApplicationUser | undefined> {
  const spec = run.user ?? config.User ?? '';
  if (spec === '') return undefined;
  await using container = await engine.createContainer(
    {
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
    },
    signal,
  );
  const [passwd, group] = await Promise.all(
    ['/etc/passwd', '/etc/group'].map((path) => readContainerFile(container, path, signal)),
  );
  return resolveUser(spec, passwd ?? '', group ?? '');
}
