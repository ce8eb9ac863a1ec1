import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec, EngineInfo } from '../../ports/container-engine.ts';

/**
 * The `seccomp=` option of a container: Docker's API takes the profile itself, Podman's takes the path of a file on the engine's machine
 * (seen in 4.3: it is opened while the container is created). The file is one of the run's directory. Throws PareError `engine-failed`
 * where Podman is on another machine.
 */
export async function seccompOption(
  profile: NonNullable<ContainerSpec['seccomp']>,
  {
    info,
    name,
    temporaryDirectory,
  }: { readonly info: EngineInfo; readonly name: string; readonly temporaryDirectory: HostPath },
): Promise<string> {
  const text = JSON.stringify(profile);
  if (info.kind !== 'podman') return `seccomp=${text}`;
  if (!info.local) {
    throw new PareError('engine-failed', 'Podman on another machine cannot be given a seccomp profile', {
      hint: 'run Pare on the machine of that Podman',
    });
  }
  const file = join(temporaryDirectory, `seccomp-${name}.json`);
  await writeFile(file, text);
  return `seccomp=${file}`;
}
