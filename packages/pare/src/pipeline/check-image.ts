import type { ImageConfig } from '@pare/oci';
import { commandLine } from '../model/command-line.ts';
import { PareError } from '../model/pare-error.ts';
import type { Scenario } from '../model/scenario.ts';
import type { EngineInfo, ImageFacts } from '../ports/container-engine.ts';

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'fish', 'busybox']);

/** Refuses an image that this engine cannot run. Throws PareError `image-foreign-architecture`. */
export function checkArchitecture(
  facts: Pick<ImageFacts, 'architecture' | 'os'>,
  engine: EngineInfo,
  reference: string,
): void {
  if (facts.os === 'linux' && facts.architecture === engine.architecture) return;
  throw new PareError(
    'image-foreign-architecture',
    `${reference} is built for ${facts.os}/${facts.architecture}, and the engine runs linux/${engine.architecture}`,
    { hint: `use an engine of that architecture, or an image for linux/${engine.architecture}` },
  );
}

/**
 * Refuses an image without anything to observe. Throws PareError `image-without-command`, and, unless `force` is set or
 * the scenario runs commands of its own, `image-is-a-shell`.
 */
export function checkCommand(
  config: ImageConfig,
  scenario: Scenario,
  reference: string,
  force: boolean,
): void {
  const runsCommands = scenario.probes.some((probe) => probe.kind === 'exec');
  const argv = commandLine(config.config, scenario.run);
  const [program, ...rest] = argv;
  if (program === undefined) {
    if (runsCommands) return;
    throw new PareError('image-without-command', `${reference} has no entrypoint and no command`, {
      hint: "say what to run: --cmd 'program argument', --entrypoint, or --exec 'command'",
    });
  }
  const name = program.slice(program.lastIndexOf('/') + 1);
  const bare = shells.has(name) && rest.every((word) => word.startsWith('-') && !/c$/.test(word));
  if (!bare || runsCommands || force) return;
  throw new PareError(
    'image-is-a-shell',
    `${reference} starts only a shell (${argv.join(' ')}), as base and builder images do`,
    {
      hint: "say what to run: --cmd 'program argument' or --exec 'command'; --force slims it for the bare shell",
    },
  );
}
