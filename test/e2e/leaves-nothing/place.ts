import type { RunAs } from '../pare-command.ts';

/** An engine that builds are run on, and a look at all that it and Pare could leave behind. */
export interface Place extends AsyncDisposable {
  readonly engine: 'docker' | 'embedded';
  /** Environment of every `pare` of this place. */
  readonly environment: NodeJS.ProcessEnv;
  /** Who runs `pare`, where that is not whoever tests. */
  readonly user?: { readonly uid: number; readonly as: RunAs };
  /** An image that is built as it should be, and one whose program ends at once. */
  readonly images: { readonly works: string; readonly fails: string };
  /** The name that a build gives its result. */
  readonly slim: string;
  /** All there is; equal before and after a build that left nothing. */
  look(): Promise<unknown>;
  /** Removes the result of a build that came to its end. */
  forgetSlim(): Promise<void>;
}

/** Image names of one engine's builds. */
export function namesFor(engine: Place['engine'] | 'rootless') {
  const name = `pare-e2e/leaves-nothing-${engine}`;
  return { images: { works: `${name}:test`, fails: `${name}-fails:test` }, slim: `${name}.slim:test` };
}
