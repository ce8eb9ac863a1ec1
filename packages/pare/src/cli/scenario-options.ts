import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { PareError } from '../model/pare-error.ts';
import type { ContinueAfter, Scenario } from '../model/scenario.ts';
import { readScenario } from '../scenario/read-scenario.ts';
import { addProbeOptions, type ProbeFlags, probesFrom, usualProbesFrom } from './probe-flags.ts';
import { addRunOptions, type RunFlags, runOptionsFrom } from './run-flags.ts';
import { collect, parseDuration } from './run-option-parsers.ts';

/** The options that say how the application is started and exercised, as commander gives them. */
export interface ScenarioFlags extends RunFlags, ProbeFlags {
  readonly scenario?: string;
  readonly composeFile?: string;
  readonly depIncludeComposeSvc: readonly string[];
  readonly composeProfile: readonly string[];
  readonly continueAfter?: string;
  readonly readyTimeout?: number;
  readonly probeTimeout?: number;
  readonly observeFor?: number;
}

const continueWords: readonly ContinueAfter[] = ['enter', 'probe', 'exec', 'signal', 'timeout', 'app-exit'];
const usualFile = 'pare.yaml';

/** Adds the options of `docker run` that pass through, and those of the probes. */
export function addScenarioOptions(command: Command): Command {
  const none: readonly string[] = [];
  addRunOptions(command)
    .optionsGroup('How it is exercised:')
    .option('--scenario <file>', 'read all of this from a pare.yaml; other options add to it')
    .option('--compose-file <file>', 'start services of a compose file beside it')
    .option('--dep-include-compose-svc <name>', 'only these, and what they depend on', collect, none)
    .option('--compose-profile <name>', 'services of this profile too', collect, none);
  return addProbeOptions(command)
    .option('--continue-after <event>', `what ends the observation: ${continueWords.join(', ')}`)
    .option(
      '--ready-timeout <duration>',
      'how long it may take until it answers (default: 60s)',
      parseDuration,
    )
    .option(
      '--probe-timeout <duration>',
      'how long one request or command may take (default: 20s)',
      parseDuration,
    )
    .option(
      '--observe-for <duration>',
      'with --continue-after timeout: how long to observe (default: 60s)',
      parseDuration,
    )
    .optionsGroup('Options:');
}

/**
 * Makes the scenario that the file and the options describe. A `pare.yaml` that is there and not named is told of by `note`
 * and not read. Throws PareError `usage`.
 */
export async function scenarioFrom(
  flags: ScenarioFlags,
  environment: NodeJS.ProcessEnv,
  note?: (message: string) => void,
): Promise<Scenario> {
  const { composeFile, composeProfile, continueAfter, observeFor, probeTimeout, readyTimeout, scenario } =
    flags;
  if (scenario === undefined && existsSync(usualFile)) {
    note?.(`${usualFile} is here and is not used: pass --scenario ${usualFile} to use it`);
  }
  const services = flags.depIncludeComposeSvc;
  const [orphan] = [
    ...services.map((name) => `--dep-include-compose-svc ${name}`),
    ...composeProfile.map((name) => `--compose-profile ${name}`),
  ];
  if (composeFile === undefined && orphan !== undefined)
    throw new PareError('usage', `${orphan} needs --compose-file`);
  return readScenario(
    scenario,
    {
      run: await runOptionsFrom(flags, environment),
      usualProbes: usualProbesFrom(flags),
      probes: await probesFrom(flags),
      ports: [...flags.httpProbePort, ...flags.httpProbePorts],
      ...(composeFile === undefined
        ? {}
        : {
            compose: {
              file: composeFile,
              ...(services.length === 0 ? {} : { services: [...services] }),
              ...(composeProfile.length === 0 ? {} : { profiles: [...composeProfile] }),
            },
          }),
      ...(continueAfter === undefined ? {} : { continueAfter: continueAfterFrom(continueAfter) }),
      ...(readyTimeout === undefined ? {} : { readinessTimeoutMs: readyTimeout }),
      ...(observeFor === undefined ? {} : { observeMs: observeFor }),
      ...(probeTimeout === undefined ? {} : { probeTimeoutMs: probeTimeout }),
    },
    environment,
  );
}

function continueAfterFrom(word: string): ContinueAfter {
  const known = continueWords.find((one) => one === word);
  if (known !== undefined) return known;
  throw new PareError('usage', `--continue-after ${word}: not an event that Pare knows`, {
    hint: `use one of: ${continueWords.join(', ')}`,
  });
}
