import type { Command } from 'commander';
import type { RemovedRequest } from '../../pipeline/watch-image.ts';
import { printable } from '../../report/terminal-text.ts';
import { parseImageSource } from '../../sources/parse-place.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { engineChoice } from '../global-options.ts';
import { addRegistryOptions, type RegistryFlags, registryAccessFrom } from '../registry-flags.ts';
import { addScenarioOptions, type ScenarioFlags, scenarioFrom } from '../scenario-options.ts';
import { waitForContinueEvent } from '../wait-for-continue.ts';

interface WatchFlags extends ScenarioFlags, RegistryFlags {
  readonly report?: string;
  readonly output?: string;
}

const examples = `
Examples:
  pare watch -p 8080:80 my/app.slim             until Ctrl-C
  pare watch --observe-for 10m my/app.slim -o more.yaml
  docker stop web && pare watch web             a copy of a container that runs a slim image`;

/** Adds `pare watch`. */
export function addWatchCommand(program: Command, run: CommandRunner): void {
  const command = program
    .command('watch')
    .description('run a slim image in staging and tell what it asks for that was removed')
    .argument(
      '<container|source>',
      'a stopped container, of which a copy is run, or a slim image: its name, or where it is: docker-archive:, oci:, docker:// …',
    )
    .option('--report <file>', 'report of the build (default: the one in pare-artifacts/ of that image)')
    .option('-o, --output <file>', 'write what to add to pare.yaml');
  addRegistryOptions(addScenarioOptions(command))
    .addHelpText('after', examples)
    .action((target: string, flags: WatchFlags, self: Command) =>
      run(self, (context) => runWatch(target, flags, context)),
    );
}

async function runWatch(target: string, flags: WatchFlags, context: CommandContext): Promise<number> {
  const scenario = await scenarioFrom(watchFlags(flags), context.process.env, context.progress.note);
  const { output, report } = flags;
  const { checkWritable, writeWhole } = await import('../../pipeline/write-whole.ts');
  if (output !== undefined) await checkWritable(output);
  const { watchImage } = await import('../../pipeline/watch-image.ts');
  const waitForContinue = waitForContinueEvent(scenario.continueAfter, context);
  const result = await watchImage(
    {
      target,
      source: parseImageSource(target),
      access: registryAccessFrom(flags),
      engine: engineChoice(context.global),
      scenario,
      ...(report === undefined ? {} : { report }),
    },
    {
      progress: context.progress,
      signal: context.signal,
      onRequest: (request) => context.progress.note(requestLine(request)),
      ...(waitForContinue === undefined ? {} : { waitForContinue }),
    },
  );
  if (output !== undefined) await writeWhole(output, result.patch);
  context.progress.close();
  context.stdout.write(context.global.json ? `${JSON.stringify(result, undefined, 2)}\n` : result.patch);
  return 0;
}

/**
 * Nothing is probed that was not asked for: users come when they like. What ends it is the application's end, the time that was given, or
 * Ctrl-C.
 */
function watchFlags(flags: WatchFlags): ScenarioFlags {
  const continueAfter = flags.continueAfter ?? (flags.observeFor === undefined ? 'app-exit' : 'timeout');
  return { ...flags, httpProbe: false, continueAfter };
}

function requestLine({ accesses, path, process }: RemovedRequest): string {
  const command = process.length === 0 ? '' : `  by ${process.join(' ')}`;
  return `removed: ${printable(path)} (${accesses.join(', ')})${printable(command)}`;
}
