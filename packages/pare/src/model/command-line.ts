import type { RunConfig } from '@pare/oci';
import type { RunOptions } from './scenario.ts';

/**
 * What a container of this image runs: entrypoint and command together, as docker joins them (OCI image spec, "config").
 * An entrypoint given to the run drops the image's command. Empty when there is nothing to run.
 */
export function commandLine(
  config: RunConfig,
  run: Pick<RunOptions, 'entrypoint' | 'command'>,
): readonly string[] {
  if (run.entrypoint !== undefined) return [...run.entrypoint, ...(run.command ?? [])];
  return [...(config.Entrypoint ?? []), ...(run.command ?? config.Cmd ?? [])];
}
