import type { HostPath } from '@pare/oci';
import type { SeccompProfile } from '../../model/hardening-profile.ts';
import type { ImageStore } from '../../ports/image-store.ts';
import type { NetworkContext } from './container-network.ts';
import type { EmbeddedHost } from './host.ts';

/** What all containers of one engine share. */
export interface CreateContext extends NetworkContext {
  readonly host: EmbeddedHost;
  readonly store: ImageStore;
  readonly runId: string;
  /** Where bundles and volumes are. */
  readonly containers: HostPath;
  readonly volumes: HostPath;
  /** Directory that relative bind sources are below. */
  readonly directory: string;
  readonly defaultSeccomp: (capabilities: readonly string[]) => SeccompProfile;
  readonly onDisposed: (container: { readonly id: string }) => void;
}
