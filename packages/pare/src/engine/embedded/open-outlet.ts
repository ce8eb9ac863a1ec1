import type { HostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import { createGate } from '../docker/gate.ts';
import { holdProcess } from './held-process.ts';
import { type Keeper, type KeeperOptions, startKeeper } from './keeper.ts';
import { type OutletProgram, outletCommand } from './outlet.ts';

/**
 * Runs the program that leads a network namespace out, in this machine's network namespace. It ends as the keeper does, and so
 * does all that it starts: by the parent-death signal, which a program that changes its user loses (prctl(2)) and sh(1) keeps.
 */
const outletScript = `
set -euf
cd "$PARE_BUNDLE"
case "$PARE_OUTLET" in
pasta)
  # It gives up the right to look at processes of root's, so it is shown the namespace as a file; and that where AppArmor's profile of
  # it lets it read one (apparmor.d/abstractions/pasta). What else is in that directory it does not need.
  place=$PARE_BUNDLE
  if [ -d /run/user ]; then
    mount -t tmpfs -o size=64k,mode=0700 tmpfs /run/user
    place=/run/user/0/netns
    mkdir -p "$place"
  fi
  : >"$place/ns"
  mount --bind "/proc/$PARE_TARGET/ns/net" "$place/ns"
  # It goes to the background once it is ready.
  "$@" --netns "$place/ns" </dev/null 3>&-
  ;;
slirp4netns)
  mkfifo ready
  "$@" --ready-fd=3 --netns-type=path "/proc/$PARE_TARGET/ns/net" eth0 </dev/null 3>ready &
  [ "$(head -c 1 ready)" = 1 ] || exit 1
  ;;
esac
echo ready >&3
read -r word || exit 0
`;

/** A keeper with a network namespace of its own, and where files for what leads it out are made. */
export interface LedKeeperOptions extends KeeperOptions {
  readonly directory: HostPath;
}

/** Starts a keeper that is led out. Throws PareError `engine-failed`. */
export async function startKeeperWithOutlet(
  options: LedKeeperOptions,
  outlet: OutletProgram,
  signal?: AbortSignal,
): Promise<Keeper> {
  const keeper = await startKeeper(options, signal);
  try {
    const opened = await openOutlet(options, keeper.pid, outlet, signal);
    return {
      ...keeper,
      addressed: true,
      async [Symbol.asyncDispose]() {
        await Promise.all([keeper[Symbol.asyncDispose](), opened[Symbol.asyncDispose]()]);
      },
    };
  } catch (error) {
    await keeper[Symbol.asyncDispose]();
    throw error;
  }
}

async function openOutlet(
  { host, directory }: LedKeeperOptions,
  target: number,
  outlet: OutletProgram,
  signal: AbortSignal | undefined,
): Promise<AsyncDisposable> {
  signal?.throwIfAborted();
  const ready = createGate();
  const held = holdProcess(
    {
      name: outlet.kind,
      before: [],
      unshare: [],
      script: outletScript,
      args: outletCommand(outlet),
      environment: {
        PATH: host.path,
        LC_ALL: 'C',
        PARE_BUNDLE: directory,
        PARE_OUTLET: outlet.kind,
        PARE_TARGET: String(target),
      },
    },
    { line: () => ready.open(), ended: (reason) => ready.close(explain(reason, outlet)) },
  );
  try {
    await ready.pass(signal);
    await held.findFirst();
    return held;
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

function explain(cause: PareError, { kind }: OutletProgram): PareError {
  const other = kind === 'pasta' ? 'slirp4netns' : 'pasta';
  // pasta's complaint that no system logger runs hides its own words.
  const message = cause.message.replaceAll(/Failed to send \d+ bytes to syslog\n?/g, '').trim();
  return new PareError(cause.code, message, {
    hint: `it needs to read and write /dev/net/tun (\`modprobe tun\`); --network ${other} takes the other program, --network host needs neither`,
    cause,
  });
}
