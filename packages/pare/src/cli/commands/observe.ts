import type { Command } from 'commander';
import { parseImageSource } from '../../sources/parse-place.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { engineChoice, outputStyle } from '../global-options.ts';
import { addRegistryOptions, type RegistryFlags, registryAccessFrom } from '../registry-flags.ts';
import { addScenarioOptions, type ScenarioFlags, scenarioFrom } from '../scenario-options.ts';
import { addSensorOptions, type SensorFlags, sensorOptionsFrom } from '../sensor-flags.ts';
import { waitForContinueEvent } from '../wait-for-continue.ts';

interface ObserveFlags extends ScenarioFlags, SensorFlags, RegistryFlags {
  readonly output?: string;
  readonly live: boolean;
  readonly force: boolean;
}

const examples = `
Examples:
  pare observe my/app -o observation.json
  pare observe --live --continue-after enter my/app
  pare observe --scenario pare.yaml -o monday.json my/app
  pare observe docker-archive:app.tar -o observation.json
  pare build --observation monday.json --observation tuesday.json my/app`;

/** Adds `pare observe`. */
export function addObserveCommand(program: Command, run: CommandRunner): void {
  const command = program
    .command('observe')
    .description('run an image under the sensor and write what it used; makes no image')
    .argument('<source>', 'image name, tag, digest or ID, or where it is: docker-archive:, oci:, docker:// …')
    .option('-o, --output <file>', 'write the observation as JSON')
    .option('--live', 'show each use as it is seen', false)
    .option('--force', 'observe an image that starts only a shell', false);
  addRegistryOptions(addSensorOptions(addScenarioOptions(command)))
    .addHelpText('after', examples)
    .action((image: string, flags: ObserveFlags, self: Command) =>
      run(self, (context) => runObserve(image, flags, context)),
    );
}

async function runObserve(image: string, flags: ObserveFlags, context: CommandContext): Promise<number> {
  const { force, live, output } = flags;
  const scenario = await scenarioFrom(flags, context.process.env, context.progress.note);
  const { checkWritable, writeWhole } = await import('../../pipeline/write-whole.ts');
  if (output !== undefined) await checkWritable(output);
  const { observeImage } = await import('../../pipeline/observe-image.ts');
  const { renderLiveEvent } = await import('../../report/live-line.ts');
  const waitForContinue = waitForContinueEvent(scenario.continueAfter, context);
  const observation = await observeImage(
    {
      reference: image,
      source: parseImageSource(image),
      access: registryAccessFrom(flags),
      engine: engineChoice(context.global),
      scenario,
      force,
      sensorOptions: sensorOptionsFrom(flags),
    },
    {
      progress: context.progress,
      signal: context.signal,
      ...(waitForContinue === undefined ? {} : { waitForContinue }),
      ...(live ? { onLive: (event) => context.progress.note(renderLiveEvent(event)) } : {}),
    },
  );
  const { renderObservationJson } = await import('../../report/observation-json.ts');
  const { renderObservation } = await import('../../report/observation-summary.ts');
  const json = renderObservationJson(observation);
  if (output !== undefined) await writeWhole(output, json);
  context.progress.close();
  context.stdout.write(
    context.global.json
      ? json
      : `${renderObservation(observation, { ...outputStyle(context), file: output })}\n`,
  );
  return 0;
}
