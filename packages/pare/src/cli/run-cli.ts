import { Command, CommanderError, Option } from 'commander';
import { pareVersion } from '../model/version.ts';
import type { CommandContext, CommandRunner, GlobalOptions } from './command-context.ts';
import { addBuildCommand } from './commands/build.ts';
import { addGcCommand } from './commands/gc.ts';
import { addImagesCommand } from './commands/images.ts';
import { addInfoCommand } from './commands/info.ts';
import { addInitCommand } from './commands/init.ts';
import { addLoadCommand } from './commands/load.ts';
import { addMergeCommand } from './commands/merge.ts';
import { addObserveCommand } from './commands/observe.ts';
import { addPullCommand } from './commands/pull.ts';
import { addPushCommand } from './commands/push.ts';
import { addRmiCommand } from './commands/rmi.ts';
import { addSaveCommand } from './commands/save.ts';
import { addTagCommand } from './commands/tag.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { addWatchCommand } from './commands/watch.ts';
import { addWhyCommand } from './commands/why.ts';
import { exitCodes } from './exit-codes.ts';
import { listenForInterrupt } from './interrupt.ts';
import { openProgress } from './progress.ts';
import { renderError } from './render-error.ts';
import { enterUserNamespace } from './user-namespace.ts';

const epilogue = `
Examples:
  pare build my/app                               slim an image that serves HTTP
  pare build --exec 'convert --version' my/tool   slim a command-line tool
  pare why my/app /usr/bin/openssl                why it is kept, or that it is not
  pare verify --scenario pare.yaml my/app.slim    prove a slim image in CI
  pare info my/app                                facts and a reverse-engineered Dockerfile
  pare build docker-archive:app.tar --to oci:out  from anywhere to anywhere
  pare gc                                         remove what a killed run left behind`;

type AddCommand = (program: Command, run: CommandRunner) => void;

/** In the order of the help. */
const commands: ReadonlyMap<string, AddCommand> = new Map([
  ['build', addBuildCommand],
  ['observe', addObserveCommand],
  ['merge', addMergeCommand],
  ['verify', addVerifyCommand],
  ['watch', addWatchCommand],
  ['why', addWhyCommand],
  ['info', addInfoCommand],
  ['init', addInitCommand],
  ['images', addImagesCommand],
  ['pull', addPullCommand],
  ['push', addPushCommand],
  ['load', addLoadCommand],
  ['save', addSaveCommand],
  ['tag', addTagCommand],
  ['rmi', addRmiCommand],
  ['gc', addGcCommand],
]);

/** Parses `argv` (as `process.argv`), runs one command and gives the exit code. Never throws. */
export async function runCli(argv: readonly string[], host: NodeJS.Process): Promise<number> {
  let exitCode = 0;
  const program = new Command('pare')
    .description('Slim, harden and verify container images')
    .version(pareVersion, '-V, --version', 'print the version')
    .addOption(
      new Option('--engine <name>', 'container engine: auto is the first that answers, else embedded')
        .choices(['auto', 'docker', 'podman', 'embedded'])
        .default('auto'),
    )
    .option('-H, --host <address>', "the engine's address (unix://, tcp://, ssh://); also DOCKER_HOST")
    .option('--context <name>', 'docker context to use; also DOCKER_CONTEXT')
    .option('--json', 'print results and errors as JSON', false)
    .option('-q, --quiet', 'show warnings and results alone', false)
    .option('--no-color', 'no colours; also NO_COLOR')
    .addHelpText('after', epilogue)
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
    })
    .configureHelp({ optionDescription: describeOption })
    .exitOverride()
    .showHelpAfterError('(pare --help tells more)');
  const run: CommandRunner = async (command, body) => {
    exitCode = await runCommand(command, host, body);
  };
  try {
    for (const add of wantedCommands(program, argv)) add(program, run);
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : exitCodes.usage;
  }
  return exitCode;
}

/** The one that is asked for: making the options of all takes longer than some of them take to run. Every one for `--help` and for what is none. */
function wantedCommands(program: Command, argv: readonly string[]): readonly AddCommand[] {
  const { operands } = program.parseOptions(argv.slice(2));
  const wanted = commands.get(operands[0] ?? '');
  return wanted === undefined ? [...commands.values()] : [wanted];
}

/** Commander's own words, less the defaults that go without saying. */
function describeOption(option: Option): string {
  const { defaultValue } = option;
  const silent = defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  if (silent || defaultValue === undefined || option.description.includes('default:'))
    return option.description;
  const value = option.defaultValueDescription ?? (defaultValue === true ? 'on' : String(defaultValue));
  return `${option.description} (default: ${value})`;
}

async function runCommand(
  command: Command,
  host: NodeJS.Process,
  body: (context: CommandContext) => Promise<number>,
): Promise<number> {
  const global: GlobalOptions = command.optsWithGlobals();
  const inside = await enterUserNamespace(global, host, command.name() === 'gc');
  if (inside !== undefined) return inside;
  const progress = await openProgress(progressMode(global, host), host.stderr);
  using interrupt = listenForInterrupt(host);
  try {
    return await body({
      global,
      progress,
      signal: interrupt.signal,
      stdout: host.stdout,
      stdin: host.stdin,
      process: host,
    });
  } catch (error) {
    progress.close();
    const rendered = renderError(interrupt.signal.aborted ? interrupt.signal.reason : error);
    if (global.json) host.stdout.write(`${JSON.stringify(rendered.json)}\n`);
    host.stderr.write(`${rendered.text}\n`);
    return rendered.exitCode;
  } finally {
    progress.close();
  }
}

function progressMode(global: GlobalOptions, host: NodeJS.Process): 'live' | 'plain' | 'silent' {
  if (global.quiet) return 'silent';
  return host.stderr.isTTY === true ? 'live' : 'plain';
}
