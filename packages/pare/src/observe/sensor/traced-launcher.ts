import { readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath, type RunConfig } from '@pare/oci';
import type { SensorBinary, SensorRecord } from '@pare/sensor';
import type { ApplicationUser } from '../../model/application-user.ts';
import type { Scenario } from '../../model/scenario.ts';
import type { SensorOptions } from '../../model/sensor-options.ts';
import type { BindMount, Container, ContainerEngine, ContainerSpec } from '../../ports/container-engine.ts';
import { type Launch, type LaunchedContainer, type Launcher, launchArgv } from '../container/launcher.ts';
import type { RecordOrigin } from '../facts/collect-facts.ts';
import type { Marks } from '../facts/marks.ts';
import { followRecords } from './follow-records.ts';
import { confirmAhead, openReadingAhead, type ReadAhead } from './read-ahead.ts';
import { applicationRecord, fetchRecords, insertSensor } from './remote-sensor.ts';
import { sensorArguments } from './sensor-arguments.ts';

/** One record of the sensor, as bytes, and what its times belong to. */
export interface Trace extends RecordOrigin {
  readonly record: Uint8Array;
  /** What was taken of it before it was whole. */
  readonly ahead?: ReadAhead;
}

/** A launcher that collects what its containers' sensors wrote. */
export interface TracedLauncher extends Launcher {
  /** In the order in which the containers were made; complete once every container was finished. */
  traces(): readonly Trace[];
}

export interface TracedLauncherInput {
  readonly engine: ContainerEngine;
  readonly image: string;
  readonly config: RunConfig;
  readonly scenario: Pick<Scenario, 'run'>;
  readonly sensor: SensorBinary;
  /** Undefined: the image's default, root. */
  readonly user: ApplicationUser | undefined;
  readonly options: SensorOptions;
  /** Private to this session. */
  readonly directory: HostPath;
  /** Is told each record as it is written, where the engine is on this machine; as `followRecords` says. */
  readonly onRecord?: (record: SensorRecord) => void;
}

/** What the sensor needs to install its filter and to read the application's memory (seccomp(2), ptrace(2)). */
const sensorCapabilities = ['SYS_ADMIN', 'SYS_PTRACE'];

/**
 * Where Pare's own files are in the container. `/dev` is a file system of the runtime's own, so that nothing is left
 * in the image's, also where that is read-only; but an archive cannot be unpacked into it before the start.
 */
const localPlace = '/dev/.pare';
const remotePlace = '/.pare';

/** Starts every container with the sensor as the launcher of the application. */
export function tracedLauncher(input: TracedLauncherInput): TracedLauncher {
  const { local } = input.engine.info;
  const collected: (readonly Trace[])[] = [];
  let made = 0;
  return {
    traces: () => collected.flat(),
    async create(launch, signal) {
      const index = made++;
      const directory = hostPath(join(input.directory, `record-${index}`));
      await makeRecordDirectory(directory);
      const place = local ? localPlace : remotePlace;
      const container = await input.engine.createContainer(
        tracedSpec(input, launch, place, directory),
        signal,
      );
      try {
        if (!local) await insertSensor(container, place, input.sensor, signal);
      } catch (error) {
        await container[Symbol.asyncDispose]();
        throw error;
      }
      const { onRecord } = input;
      const follower = local && onRecord !== undefined ? followRecords(directory, onRecord) : undefined;
      const reading = openReadingAhead(hostPath(join(directory, applicationRecord)), index);
      const keep = async (names: readonly string[], marks: Marks) => {
        await follower?.[Symbol.asyncDispose]();
        const ahead = await reading.end();
        const records = local
          ? readRecords(directory, names)
          : await fetchRecords(container, place, names, signal);
        collected[index] = tracesOf(records, { container: index, marks }, ahead);
      };
      const traced = tracedContainer(input, container, place, keep);
      // What is taken ahead must be what an observation begins with.
      return local && index === 0 ? { ...traced, takeAhead: reading.take } : traced;
    },
  };
}

function tracesOf(
  records: readonly Uint8Array[],
  origin: RecordOrigin,
  ahead: ReadAhead | undefined,
): readonly Trace[] {
  return records.map((record, position) => {
    const confirmed = position === 0 ? confirmAhead(ahead, record) : undefined;
    return { record, ...origin, ...(confirmed === undefined ? {} : { ahead: confirmed }) };
  });
}

function tracedContainer(
  input: TracedLauncherInput,
  container: Container,
  place: string,
  keep: (names: readonly string[], marks: Marks) => Promise<void>,
): LaunchedContainer {
  const names = [applicationRecord];
  return {
    container,
    execArgv(argv) {
      const name = `exec-${names.length}`;
      names.push(name);
      return sensorArguments(input, {
        kind: 'join',
        joinable: true,
        place,
        record: name,
        detach: false,
        argv,
      });
    },
    finish: (marks) => keep(names, marks),
  };
}

function tracedSpec(
  input: TracedLauncherInput,
  launch: Launch,
  place: string,
  directory: HostPath,
): ContainerSpec {
  const argv = launchArgv(launch, input.config, input.scenario);
  // Commands that are run beside the application find the sensor where it was mounted: then it must stay.
  const detach = input.engine.info.local && !launch.withExec;
  const privileged = input.options.privileges === 'full';
  const binds: readonly BindMount[] = [
    { source: hostPath(input.sensor.path), target: `${place}/sensor`, readOnly: true },
    { source: directory, target: `${place}/record`, readOnly: false },
  ];
  return {
    image: input.image,
    run: input.scenario.run,
    publishLoopback: launch.ports.map((port) => `${port}/tcp`),
    argv: sensorArguments(input, {
      kind: 'run',
      joinable: launch.withExec,
      place,
      record: applicationRecord,
      detach,
      argv,
    }),
    ...(privileged ? { user: '0' } : {}),
    binds: input.engine.info.local ? binds : [],
    addCapabilities: privileged ? sensorCapabilities : [],
    dropCapabilities: [],
    noNewPrivileges: !privileged,
    disableHealthcheck: true,
    ...(launch.attach === undefined ? {} : { attach: launch.attach }),
  };
}

/** Open to all, because the container's root may be another user here (user namespaces); the directory above is not. */
async function makeRecordDirectory(directory: HostPath): Promise<void> {
  await mkdir(directory);
  await chmod(directory, 0o777);
}

/**
 * A command that could not be started has no record; that of the application, when it is gone, is one that is not whole. At once, as
 * nothing of this waits for a disk: what was written just now is in memory.
 */
function readRecords(directory: HostPath, names: readonly string[]): readonly Uint8Array[] {
  return names.flatMap((name) => {
    try {
      return readFileSync(join(directory, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return name === applicationRecord ? new Uint8Array() : [];
    }
  });
}
