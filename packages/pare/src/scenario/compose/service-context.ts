import type { YamlSource } from '../yaml-source.ts';
import type { ComposeForm } from './compose-form.ts';

/** What the services of one compose file share. */
export interface ServiceContext {
  readonly source: YamlSource;
  readonly volumes: NonNullable<ComposeForm['volumes']>;
  /** Directory of the compose file, absolute. */
  readonly directory: string;
  /** Makes the name of a volume that this file declares one of this run's own. */
  readonly privateVolume: (name: string) => string;
  readonly readEnvironment: (path: string) => Promise<readonly string[] | undefined>;
  readonly expand: (variable: string) => readonly string[];
}
