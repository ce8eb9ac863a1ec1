import type { HostPath, ImageConfig } from '@pare/oci';
import type { SeccompProfile } from '../../model/hardening-profile.ts';
import type { ImageStore, LinkedDirectories } from '../../ports/image-store.ts';
import type { NetworkContext } from './container-network.ts';
import type { EmbeddedHost } from './host.ts';
import type { SpareKeepers } from './spare-keepers.ts';

/** What a container of a staged image is made of. */
export interface StagedContent {
  readonly config: ImageConfig;
  readonly layers: LinkedDirectories;
}

/** What all containers of one engine share. */
export interface CreateContext extends NetworkContext {
  readonly host: EmbeddedHost;
  readonly store: ImageStore;
  /** Images that are not in the store, by ID. */
  readonly staged: ReadonlyMap<string, StagedContent>;
  readonly runId: string;
  readonly spares: SpareKeepers;
  /** Where bundles and volumes are. */
  readonly containers: HostPath;
  readonly volumes: HostPath;
  /** Directory that relative bind sources are below. */
  readonly directory: string;
  readonly defaultSeccomp: (capabilities: readonly string[]) => SeccompProfile;
  readonly onDisposed: (container: { readonly id: string }) => void;
}
