import type { Command } from 'commander';
import { PareError } from '../../model/pare-error.ts';
import type { KeepLevel } from '../../model/reduction-plan.ts';
import type { Scenario } from '../../model/scenario.ts';
import { noRules, uniteRules } from '../../scenario/user-rules.ts';
import { parseImageSink, parseImageSource } from '../../sources/parse-place.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { engineChoice, outputStyle } from '../global-options.ts';
import { addKeepOptions, type KeepFlags, rulesFrom } from '../keep-flags.ts';
import { addRegistryOptions, type RegistryFlags, registryAccessFrom } from '../registry-flags.ts';
import { collect, parseCount } from '../run-option-parsers.ts';
import { addScenarioOptions, type ScenarioFlags, scenarioFrom } from '../scenario-options.ts';
import { addSensorOptions, type SensorFlags, sensorOptionsFrom } from '../sensor-flags.ts';
import { waitForContinueEvent } from '../wait-for-continue.ts';

interface BuildFlags extends ScenarioFlags, KeepFlags, SensorFlags, RegistryFlags {
  readonly to: readonly string[];
  readonly tag: readonly string[];
  readonly keep: string;
  readonly artifacts?: string;
  readonly removeFileArtifacts: boolean;
  readonly repairRounds: number;
  readonly force: boolean;
  readonly observation: readonly string[];
  readonly observeToo: boolean;
}

const levels: readonly KeepLevel[] = ['observed', 'used', 'packages'];

const examples = `
Examples:
  pare build my/app
  pare build --http-probe-cmd POST:/login --tag my/app:slim my/app
  pare build -e DATABASE_URL --network backend my/app
  pare build --exec 'tool --help' --exec 'tool run' my/tool
  pare build --scenario pare.yaml my/app
  pare build docker-archive:app.tar --to oci:out:slim
  pare build docker://registry.example/app:1 --to docker://registry.example/app:1-slim
  pare build dockerfile:. --tag my/app.slim
  pare build --keep observed --artifacts out my/app`;

/** Adds `pare build`. */
export function addBuildCommand(program: Command, run: CommandRunner): void {
  const command = program
    .command('build')
    .description('make a slim, hardened image that is proven to answer as the fat one does')
    .argument('<source>', 'image name, tag, digest or ID, or where it is: docker-archive:, oci:, docker:// …')
    .option(
      '-t, --tag <name>',
      'name of the slim image (default: <image>.slim); repeatable',
      collect,
      [] as readonly string[],
    )
    .option(
      '--to <sink>',
      'where the slim image goes once it has passed: a name, docker-archive:, oci:, rootfs:, docker:// …; repeatable',
      collect,
      [] as readonly string[],
    )
    .option('--keep <level>', `how much to keep: ${levels.join(', ')}`, 'used')
    .option(
      '--artifacts <directory>',
      'where the report and the profiles go (default: pare-artifacts/<image>)',
    )
    .option('--remove-file-artifacts', 'write none', false)
    .option('--repair-rounds <n>', 'how often to put back what verification found missing', parseCount, 3)
    .option(
      '--observation <file>',
      'plan from what pare observe saw, instead of observing; repeatable',
      collect,
      [] as readonly string[],
    )
    .option('--observe-too', 'with --observation: observe it now as well', false)
    .option('--force', 'slim an image that starts only a shell', false);
  addKeepOptions(command);
  addRegistryOptions(addSensorOptions(addScenarioOptions(command)))
    .addHelpText('after', examples)
    .action((image: string, flags: BuildFlags, self: Command) =>
      run(self, (context) => runBuild(image, flags, context)),
    );
}

async function runBuild(image: string, flags: BuildFlags, context: CommandContext): Promise<number> {
  const asked = await scenarioFrom(flags, context.process.env, context.progress.note);
  const scenario: Scenario = { ...asked, rules: uniteRules(asked.rules ?? noRules, await rulesFrom(flags)) };
  const { buildSlimImage } = await import('../../pipeline/build.ts');
  const { checkArtifacts } = await import('../../pipeline/artifacts-place.ts');
  const wanted = flags.removeFileArtifacts
    ? ({ kind: 'none' } as const)
    : ({ kind: 'directory', path: flags.artifacts } as const);
  await checkArtifacts(wanted, image);
  const { readObservations } = await import('../../pipeline/saved-observations.ts');
  const observations = await readObservations(flags.observation);
  const waitForContinue = waitForContinueEvent(scenario.continueAfter, context);
  const { report, artifacts } = await buildSlimImage(
    {
      reference: image,
      source: parseImageSource(image),
      sinks: flags.to.map(parseImageSink),
      access: registryAccessFrom(flags),
      engine: engineChoice(context.global),
      scenario,
      sensorOptions: sensorOptionsFrom(flags),
      level: levelFrom(flags.keep),
      include: [],
      exclude: [],
      tags: flags.tag,
      force: flags.force,
      repairRounds: flags.repairRounds,
      observations,
      observeToo: flags.observeToo,
      artifacts: wanted,
    },
    {
      progress: context.progress,
      signal: context.signal,
      ...(waitForContinue === undefined ? {} : { waitForContinue }),
    },
  );
  context.progress.close();
  const text = context.global.json
    ? (await import('../../report/json.ts')).renderReportJson(report)
    : (await import('../../report/terminal.ts')).renderSummary(report, {
        ...outputStyle(context),
        artifacts,
      });
  context.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  return report.verdict.passed ? 0 : exitCodes['verification-failed'];
}

function levelFrom(word: string): KeepLevel {
  const level = levels.find((one) => one === word);
  if (level !== undefined) return level;
  throw new PareError('usage', `--keep ${word}: not a level that Pare knows`, {
    hint: `use one of: ${levels.join(', ')}`,
  });
}
