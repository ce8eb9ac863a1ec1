/**
 * What holds one container, or the network of several, run by `sh` as the first process of a PID namespace, in a mount namespace of its own.
 *
 * Why: nothing but the kernel can clean up after a SIGKILL. All of a container's mounts are in this mount namespace and all
 * its processes below this PID namespace, so when this process ends both are gone; and it ends with Pare, by the
 * parent-death signal (prctl(2)) and because its input ends. What stays is a directory.
 *
 * It also starts every program of its container: a fork of this shell takes a fraction of a millisecond, one of a Pare that has read an image
 * ten or twenty, in which Pare stands still.
 *
 * In, on standard input, an order a line; the end of the input ends all:
 * - `proxy` starts the port proxy, which reads on descriptor 4 what it is to lead where;
 * - `open`, then four lines: the bundle, the container's ID, the options of its overlay mount, kernel parameters;
 * - `run` starts the container;
 * - `exec NAME` runs the command of the directory NAME in it; `kill NAME` ends its runtime.
 *
 * Out, on descriptor 3: `addressed`, `ready`; `mounted`; `ports` (by the port proxy, once it listens); `exit CODE`; of a command `pipes NAME`,
 * when those of its output can be opened, and `exit NAME CODE`.
 * The words of what fails go to standard error.
 */
export const keeperScript = `
set -euf
# What kernel parameters take with spaces stands here with commas. No program is run for it: this is waited for.
spaced() {
  old=$IFS
  IFS=,
  set -- $1
  IFS=' '
  echo "$*"
  IFS=$old
}

if [ "$PARE_NETWORK" = own ]; then
  # The loopback device of a new network namespace is down. IFF_UP can be set by sysfs, so that no ip(8) is needed.
  mount -t sysfs sysfs /sys
  echo 0x9 >/sys/class/net/lo/flags
  umount /sys
  for setting in $PARE_SYSCTLS; do
    { spaced "\${setting#*=}" >"/proc/sys/\${setting%%=*}"; } 2>/dev/null || :
  done
  if { echo "$PARE_INTERFACE" | ip -batch - || ip address add "$PARE_ADDRESS/32" dev lo; } >/dev/null 2>&1; then
    echo addressed >&3
  fi
fi
# crun takes a hybrid hierarchy for version 1 and fails on its version 2 part (crun 1.8). In a user namespace that cannot be unmounted,
# but it can be covered.
if [ "$PARE_HIDE_UNIFIED" = 1 ] && [ -e /sys/fs/cgroup/unified/cgroup.procs ]; then
  mount -t tmpfs -o size=4k,mode=0555 tmpfs /sys/fs/cgroup/unified
fi
# In a container's view of a hierarchy Pare's own group is at its top, and not there by its name.
for shown in $PARE_GROUPS; do
  if [ -d "\${shown%%:*}\${shown#*:}" ]; then mount --bind "\${shown%%:*}\${shown#*:}" "\${shown%%:*}"; fi
done
echo ready >&3

open_bundle() {
  IFS= read -r bundle
  IFS= read -r id
  IFS= read -r overlay
  IFS= read -r settings
  cd "$bundle"
  for setting in $settings; do
    spaced "\${setting#*=}" >"/proc/sys/\${setting%%=*}"
  done
  # Open to all: in the container they are another user's. The directory above is not.
  mkfifo -m 0666 stdout stderr &
  pipes=$!
  # In a directory that cannot hold an upper directory (one that is on an overlay itself): memory.
  if ! said=$(mount -t overlay overlay -o "$overlay" root 2>&1); then
    mount -t tmpfs -o mode=0700 tmpfs rw || { echo "$said" >&2; exit 1; }
    mkdir rw/upper rw/work
    mount -t overlay overlay -o "$overlay" root || { echo "$said" >&2; exit 1; }
  fi
  wait "$pipes"
  echo mounted >&3
}

# The first process that changes its group for a while waits for all processors to have passed a quiet state, some ten milliseconds; those that
# do soon after do not (the kernel's percpu_rw_semaphore). This one stays where it is, while the runtime starts.
hasten() {
  [ -z "$PARE_PROCS" ] || { echo 0 >"$PARE_PROCS"; } 2>/dev/null 3>&- 4<&- 5<&- &
}

runtime() {
  log=$1
  shift
  # shellcheck disable=SC2086 # a list of flags
  exec "$PARE_RUNTIME" $PARE_RUNTIME_FLAGS --root "$bundle/state" --log "$log/runtime.log" --log-format json "$@" 3>&- 4<&- 5<&-
}

execute() {
  child=
  stopped=
  trap 'stopped=1; [ -z "$child" ] || kill -KILL "$child"' TERM
  input=/dev/null
  [ ! -e "$1/stdin" ] || input=$1/stdin
  runtime "$bundle/$1" exec --process "$bundle/$1/process.json" "$id" <"$input" >"$1/stdout" 2>"$1/stderr" &
  child=$!
  [ -z "$stopped" ] || kill -KILL "$child"
  code=0
  wait "$child" || code=$?
  echo "exit $1 $code" >&3
}

serve() {
  while IFS= read -r order; do
    case $order in
    exec\\ *)
      name=\${order#exec }
      hasten
      # Waiting for this one the shell takes note of those that ended before.
      if mkfifo -m 0666 "$name/stdout" "$name/stderr"; then
        echo "pipes $name" >&3
        execute "$name" &
        eval "job_$name=$!"
      else
        echo "exit $name 1" >&3
      fi
      ;;
    kill\\ *)
      eval "kill -TERM \\$job_\${order#kill }" 2>/dev/null || :
      ;;
    esac
  done
}

while IFS= read -r order; do
  case $order in
  proxy)
    "$PARE_NODE" "$PARE_PROXY" <&4 4<&- >/dev/null 2>&1 &
    exec 4<&-
    ;;
  open) open_bundle ;;
  run)
    hasten
    exec 5<&0
    serve <&5 5<&- &
    code=0
    # Not in the background, where sh(1) has SIGINT ignored. The runtime opens its output by name, so that no process but those of
    # the container holds it.
    (runtime "$bundle" run --bundle "$bundle" --pid-file "$bundle/pid" "$id" </dev/null >stdout 2>stderr) || code=$?
    echo "exit $code" >&3
    # Until the orders end.
    wait
    exit 0
    ;;
  esac
done
`;
