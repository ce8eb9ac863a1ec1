import type { HostPath, ImageConfig } from '@pare/oci';
import { type ApplicationUser, resolveUser } from '../../model/application-user.ts';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { EmbeddedHost } from './host.ts';
import { readTextInRoot } from './open-in-root.ts';

/** Who a container runs as. Throws PareError `image-invalid` for a user that the image, or the user namespace, does not have. */
export function userOf(
  spec: ContainerSpec,
  config: ImageConfig,
  root: HostPath,
  host: EmbeddedHost,
): ApplicationUser {
  const wanted = spec.user ?? spec.run.user ?? config.config.User ?? '';
  const user = resolveUser(wanted, readTextInRoot(root, 'etc/passwd'), readTextInRoot(root, 'etc/group'));
  const highest = Math.max(user.uid, user.gid);
  if (highest <= host.highestId) return user;
  throw new PareError('image-invalid', `user ${user.uid}:${user.gid} is not in Pare's user namespace`, {
    hint: 'install uidmap (newuidmap) and give your user a range in /etc/subuid and /etc/subgid, or run as root',
  });
}
