import type { Command } from 'commander';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { outputStyle } from '../global-options.ts';

const examples = `
Examples:
  pare why my/app /usr/bin/openssl
  pare why my/app /usr/lib/ssl
  pare why my/app.slim '/usr/share/**/*.mo'
  pare why --report out/report.json my/app /bin/sh
Exit code 3: the path is not in the fat image.`;

interface WhyFlags {
  readonly report?: string;
}

/** Adds `pare why`. */
export function addWhyCommand(program: Command, run: CommandRunner): void {
  program
    .command('why')
    .description('say why a path is in the slim image or is not, from the saved report')
    .argument('<image>', 'fat or slim image, or a report.json')
    .argument('<path>', 'path in the image, a directory, or a glob')
    .option('--report <file>', 'the report (default: the one in pare-artifacts/ of that image)')
    .addHelpText('after', examples)
    .action((image: string, path: string, flags: WhyFlags, self: Command) =>
      run(self, (context) => runWhy(image, path, flags, context)),
    );
}

/** Exit code of a path that is not in the image: a script can tell it from one that was removed. */
const unknownPathExitCode = 3;

async function runWhy(
  image: string,
  path: string,
  flags: WhyFlags,
  context: CommandContext,
): Promise<number> {
  const { explainPath } = await import('../../pipeline/why.ts');
  const { renderWhy } = await import('../../report/why/render-why.ts');
  const answer = await explainPath({
    image,
    path,
    ...(flags.report === undefined ? {} : { report: flags.report }),
  });
  context.progress.close();
  const { explanation, probes, summary } = answer;
  const parts = [explanation, summary].filter((part) => part !== undefined);
  const text = context.global.json
    ? `${JSON.stringify(answer, undefined, 2)}\n`
    : parts.map((part) => renderWhy(part, { ...outputStyle(context), probes })).join('\n');
  context.stdout.write(text);
  return explanation?.kind === 'unknown' ? unknownPathExitCode : 0;
}
