import type { Command } from 'commander';
import { parseImageSource } from '../../sources/parse-place.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { engineChoice, outputStyle } from '../global-options.ts';
import { addRegistryOptions, type RegistryFlags, registryAccessFrom } from '../registry-flags.ts';
import { addScenarioOptions, type ScenarioFlags, scenarioFrom } from '../scenario-options.ts';

interface VerifyFlags extends ScenarioFlags, RegistryFlags {
  readonly fat?: string;
  readonly report?: string;
  readonly seccomp?: string;
}

const examples = `
Examples:
  pare verify --scenario pare.yaml my/app.slim
  pare verify --scenario pare.yaml --report artifacts/report.json my/app.slim
  pare verify --scenario pare.yaml --fat my/app my/app.slim
  pare verify --fat docker://registry.example/app:1 docker://registry.example/app:1-slim
Exit code 30: it answers differently.`;

/** Adds `pare verify`. */
export function addVerifyCommand(program: Command, run: CommandRunner): void {
  const command = program
    .command('verify')
    .description('run a slim image under its profile and compare its answers; makes and changes no image')
    .argument('<source>', 'the slim image: its name, or where it is: docker-archive:, oci:, docker:// …')
    .option('--fat <source>', "compare with a run of this image instead of the report's answers")
    .option('--report <file>', 'report of the build (default: the one in pare-artifacts/ of that image)')
    .option('--seccomp <file>', "run it under this seccomp profile instead of the report's");
  addRegistryOptions(addScenarioOptions(command))
    .addHelpText('after', examples)
    .action((image: string, flags: VerifyFlags, self: Command) =>
      run(self, (context) => runVerify(image, flags, context)),
    );
}

async function runVerify(image: string, flags: VerifyFlags, context: CommandContext): Promise<number> {
  const scenario = await scenarioFrom(flags, context.process.env, context.progress.note);
  const { verifyImage } = await import('../../pipeline/verify-image.ts');
  const { fat, report, seccomp } = flags;
  const verification = await verifyImage(
    {
      reference: image,
      source: parseImageSource(image),
      access: registryAccessFrom(flags),
      engine: engineChoice(context.global),
      scenario,
      ...(fat === undefined ? {} : { fat, fatSource: parseImageSource(fat) }),
      ...(report === undefined ? {} : { report }),
      ...(seccomp === undefined ? {} : { seccomp }),
    },
    { progress: context.progress, signal: context.signal },
  );
  context.progress.close();
  const { renderVerification } = await import('../../report/verification.ts');
  context.stdout.write(
    context.global.json
      ? `${JSON.stringify(verification, undefined, 2)}\n`
      : renderVerification(verification, outputStyle(context)),
  );
  return verification.verdict.passed ? 0 : exitCodes['verification-failed'];
}
