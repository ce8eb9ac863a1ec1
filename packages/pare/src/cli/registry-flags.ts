import { type Command, InvalidArgumentError } from 'commander';
import { PareError } from '../model/pare-error.ts';
import { platformFrom, type RegistryAccess } from '../sources/registry-access.ts';
import { collect } from './run-option-parsers.ts';

/** How a user says how registries are reached. */
export interface RegistryFlags {
  readonly insecureRegistry: readonly string[];
  readonly platform?: string;
}

/** Adds the options of commands that may reach a registry. */
export function addRegistryOptions(command: Command): Command {
  return command
    .option(
      '--insecure-registry <host>',
      'this registry may speak plain HTTP or have an unknown certificate; repeatable',
      collect,
      [] as readonly string[],
    )
    .option(
      '--platform <os/arch>',
      "which image of a registry's index (default: this machine's)",
      checkPlatform,
    );
}

function checkPlatform(text: string): string {
  try {
    platformFrom(text);
    return text;
  } catch (error) {
    if (error instanceof PareError) throw new InvalidArgumentError(`${error.hint}.`);
    throw error;
  }
}

/** What the options say. */
export function registryAccessFrom({ insecureRegistry, platform }: RegistryFlags): RegistryAccess {
  return {
    insecureHosts: insecureRegistry,
    ...(platform === undefined ? {} : { platform: platformFrom(platform) }),
  };
}
