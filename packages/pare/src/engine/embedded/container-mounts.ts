import type { HostPath, ImageConfig } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { CreateContext } from './create-context.ts';
import { type PlannedMount, planMounts } from './planned-mount.ts';
import { type PreparedMounts, prepareMounts } from './volumes.ts';

/** Makes the mounts that a container is given, with those that it takes over. Throws PareError `usage`. */
export function mountsOf(
  spec: ContainerSpec,
  config: ImageConfig,
  root: HostPath,
  context: CreateContext,
): Promise<PreparedMounts> {
  const inherited = spec.run.volumesFrom.flatMap((reference) => {
    const [name = '', mode] = reference.split(':');
    const other = context.findContainer(name);
    if (other === undefined) {
      throw new PareError('usage', `--volumes-from ${reference}: the embedded engine has no such container`);
    }
    return other.shared.map(
      (mount): PlannedMount =>
        mount.kind === 'tmpfs' ? mount : { ...mount, readOnly: mount.readOnly || mode === 'ro' },
    );
  });
  const planned = planMounts(spec, Object.keys(config.config.Volumes ?? {}), context.directory, inherited);
  return prepareMounts(planned, root, {
    directory: context.volumes,
    runId: context.runId,
    path: context.host.path,
  });
}
