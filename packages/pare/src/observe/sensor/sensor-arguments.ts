import type { RunConfig } from '@pare/oci';
import type { ApplicationUser } from '../../model/application-user.ts';
import type { Scenario } from '../../model/scenario.ts';
import type { SensorOptions } from '../../model/sensor-options.ts';
import type { EngineInfo } from '../../ports/container-engine.ts';

/** The application is the first process, and the sensor sees all that it can. */
export const usualSensorOptions: SensorOptions = { layout: 'application-first', privileges: 'full' };

export interface SensorContext {
  readonly engine: { readonly info: EngineInfo };
  readonly config: RunConfig;
  readonly scenario: Pick<Scenario, 'run'>;
  readonly user: ApplicationUser | undefined;
  readonly options: SensorOptions;
}

export interface SensorLaunch {
  /** `run` starts the application; `join` runs a command beside it, watched by the sensor that runs there. */
  readonly kind: 'run' | 'join';
  /** Whether commands will join: then the sensor waits for them. */
  readonly joinable: boolean;
  /** Directory of Pare's own files in the container. */
  readonly place: string;
  /** Name of the record in `record/` of that directory. */
  readonly record: string;
  /** Whether to take the mounts out of the application's sight. */
  readonly detach: boolean;
  /** The application's command line. */
  readonly argv: readonly string[];
}

/**
 * What each engine gives a container by default, as a capability mask (linux/capability.h): chown, dac_override, fowner,
 * fsetid, kill, setgid, setuid, setpcap, net_bind_service, sys_chroot and setfcap; Docker (moby `oci/caps/defaults.go`)
 * also net_raw, mknod and audit_write, which Podman left out in 4.0.
 */
const defaultCapabilities: Readonly<Record<EngineInfo['kind'], string>> = {
  docker: 'a80425fb',
  podman: '800405fb',
  embedded: 'a80425fb',
};

/** The command line that runs `argv` by the sensor with the user, rights and HOME that it would have without. */
export function sensorArguments(context: SensorContext, launch: SensorLaunch): readonly string[] {
  const { engine, options, user } = context;
  const words = [
    `${launch.place}/sensor`,
    launch.kind,
    '--record',
    `${launch.place}/record/${launch.record}`,
  ];
  if (launch.kind === 'join' || launch.joinable) words.push('--socket', `${launch.place}/record/join`);
  if (launch.kind === 'run' && options.layout === 'sensor-first') words.push('--sensor-first');
  if (options.privileges === 'none') return [...words, '--no-new-privs', '--', ...launch.argv];
  if (user !== undefined) {
    words.push('--uid', `${user.uid}`, '--gid', `${user.gid}`, '--groups', user.groups.join(','));
    if (!setsHome(context)) words.push('--home', user.home);
  }
  words.push('--caps', defaultCapabilities[engine.info.kind], ...refusals(engine.info));
  if (launch.detach) {
    // The mounts first, then the directory that they were in.
    for (const name of ['/record', '/sensor', '']) words.push('--detach', `${launch.place}${name}`);
  }
  return [...words, '--', ...launch.argv];
}

/** runc sets HOME only where the environment has none. */
function setsHome({ config, scenario }: SensorContext): boolean {
  return [...(config.Env ?? []), ...scenario.run.env].some((variable) => variable.startsWith('HOME='));
}

/** Docker's profile grants more to a container with SYS_ADMIN; the sensor's filter takes it back from the application. */
function refusals({ kind, version }: EngineInfo): readonly string[] {
  if (kind === 'podman') return [];
  // Its profile is that of a current Docker.
  if (kind === 'embedded') return ['--restore-docker-refusals'];
  return Number.parseInt(version, 10) < 23
    ? ['--restore-docker-refusals', '--restore-docker-20-refusals']
    : ['--restore-docker-refusals'];
}
