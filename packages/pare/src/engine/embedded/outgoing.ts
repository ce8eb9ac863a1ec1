import type { HostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { OutgoingNetwork } from './container-network.ts';
import { findProgram } from './find-program.ts';
import type { EmbeddedHost } from './host.ts';
import { mustRun } from './run-program.ts';

/**
 * Gives a keeper's network namespace a way to the world by pasta or slirp4netns. Throws PareError `usage` where neither is
 * there.
 */
export async function startOutgoing(
  wanted: OutgoingNetwork | undefined,
  keeper: number,
  host: EmbeddedHost,
  bundle: HostPath,
): Promise<void> {
  if (wanted === undefined) return;
  for (const name of wanted === 'any' ? (['pasta', 'slirp4netns'] as const) : [wanted]) {
    const program = await findProgram(name, host.path);
    if (program === undefined) continue;
    await mustRun(inKeeper(keeper, commandOf(name, program, bundle)), `starting ${name}`, {
      path: host.path,
    });
    return;
  }
  throw new PareError(
    'usage',
    `${wanted === 'any' ? 'neither pasta nor slirp4netns' : `no ${wanted}`} is on PATH`,
    {
      hint: 'install passt (which brings pasta) or slirp4netns, or use --network host',
    },
  );
}

function commandOf(name: 'pasta' | 'slirp4netns', program: string, bundle: HostPath): readonly string[] {
  return name === 'pasta' ? [program] : [program, bundle];
}

function inKeeper(keeper: number, command: readonly string[]): [string, ...string[]] {
  return ['nsenter', '--target', String(keeper), '--pid', '--', ...command];
}
