import type { RunConfig } from '@pare/oci';
import { commandLine } from '../../model/command-line.ts';
import type { Scenario } from '../../model/scenario.ts';
import type { Container, ContainerEngine, ContainerSpec } from '../../ports/container-engine.ts';
import type { Marks } from '../facts/marks.ts';

/** What a container is made for. */
export interface Launch {
  /** Replaces the image's whole command line; undefined: the application itself. */
  readonly argv: readonly string[] | undefined;
  /** TCP ports of the container to publish on loopback. */
  readonly ports: readonly number[];
  /** Whether commands will be run in it beside the application. */
  readonly withExec: boolean;
  /** Where it finds what it depends on. */
  readonly attach?: ContainerSpec['attach'];
}

/** A container that was made and not yet started. */
export interface LaunchedContainer {
  readonly container: Container;
  /** What `Container.exec` is to be given so that `argv` runs as the application would run it. */
  execArgv(argv: readonly string[]): readonly string[];
  /**
   * Begins to take in what is known by now, beside whatever else goes on, until `finish`, which is given the same marks. Undefined: there is
   * nothing to take.
   */
  readonly takeAhead?: (marks: Marks) => void;
  /** To be called when the application has ended or needs no more watching, before the container is removed. */
  finish(marks: Marks): Promise<void>;
}

/** Makes containers for a session: with the sensor before the application, or without. */
export interface Launcher {
  create(launch: Launch, signal: AbortSignal): Promise<LaunchedContainer>;
}

/** The argv of a launch, as docker would resolve it. */
export function launchArgv(
  launch: Launch,
  config: RunConfig,
  scenario: Pick<Scenario, 'run'>,
): readonly string[] {
  return launch.argv ?? commandLine(config, scenario.run);
}

/** Rights that the untraced run is held to. */
export type Restrictions = Pick<ContainerSpec, 'seccomp'> &
  Partial<Pick<ContainerSpec, 'dropCapabilities' | 'noNewPrivileges'>> & {
    /** Lets the engine run the image's health check beside it. */
    readonly keepHealthcheck?: boolean;
  };

/** Runs the image as `docker run` would, within `restrictions`. */
export function plainLauncher(
  engine: ContainerEngine,
  image: string,
  scenario: Pick<Scenario, 'run'>,
  restrictions: Restrictions,
): Launcher {
  return {
    async create(launch, signal) {
      const spec: ContainerSpec = {
        image,
        run: scenario.run,
        publishLoopback: launch.ports.map((port) => `${port}/tcp`),
        ...(launch.argv === undefined ? {} : { argv: launch.argv }),
        binds: [],
        addCapabilities: [],
        dropCapabilities: restrictions.dropCapabilities ?? [],
        ...(restrictions.seccomp === undefined ? {} : { seccomp: restrictions.seccomp }),
        noNewPrivileges: restrictions.noNewPrivileges ?? false,
        disableHealthcheck: restrictions.keepHealthcheck !== true,
        ...(launch.attach === undefined ? {} : { attach: launch.attach }),
      };
      const container = await engine.createContainer(spec, signal);
      return { container, execArgv: (argv) => argv, finish: async () => undefined };
    },
  };
}
