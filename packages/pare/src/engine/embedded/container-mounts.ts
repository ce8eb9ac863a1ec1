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
  const inherited = inheritedMounts(spec.run.volumesFrom, context);
  const planned = planMounts(spec, Object.keys(config.config.Volumes ?? {}), context.directory, inherited);
  return prepareMounts(planned, root, {
    directory: context.volumes,
    runId: context.runId,
    path: context.host.path,
  });
}

/** What `--volumes-from` takes over. Throws PareError `usage` for a container that is not of this run. */
export function inheritedMounts(
  volumesFrom: readonly string[],
  { findContainer }: Pick<CreateContext, 'findContainer'>,
): readonly PlannedMount[] {
  return volumesFrom.flatMap((reference) => {
    const [name = '', mode] = reference.split(':');
    const other = findContainer(name);
    if (other === undefined) {
      throw new PareError('usage', `--volumes-from ${reference}: the embedded engine has no such container`, {
        hint: 'only containers of the same run lend their volumes; for one of docker use --engine docker',
      });
    }
    return other.shared.map(
      (mount): PlannedMount =>
        mount.kind === 'tmpfs' ? mount : { ...mount, readOnly: mount.readOnly || mode === 'ro' },
    );
  });
}
