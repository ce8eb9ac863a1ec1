import type { PareError } from '../../model/pare-error.ts';
import type { KeyPath } from '../yaml-source.ts';
import type { ComposeForm } from './compose-form.ts';

/** Where the bytes of a secret or a config are. */
export type ProjectFile =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'content'; readonly content: string }
  /** Its bytes cannot be had here: an error only for a service that wants them. */
  | { readonly kind: 'not-here'; readonly why: string };

/** What the services of one compose file share. */
export interface ServiceContext {
  /** An error that names the file, the line and the key. */
  readonly fault: (path: KeyPath, problem: string, hint?: string) => PareError;
  readonly volumes: NonNullable<ComposeForm['volumes']>;
  readonly secrets: Readonly<Record<string, ProjectFile>>;
  readonly configs: Readonly<Record<string, ProjectFile>>;
  /** Makes the name of a volume that this file declares one of this run's own. */
  readonly privateVolume: (name: string) => string;
  /** Undefined for a file that is not there. */
  readonly readEnvironment: (path: string) => Promise<readonly string[] | undefined>;
  readonly expand: (variable: string) => readonly string[];
}
