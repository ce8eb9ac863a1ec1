/**
 * What holds one container, run by `sh` as the first process of a PID namespace, in a mount namespace of its own.
 *
 * Why: nothing but the kernel can clean up after a SIGKILL. All of a container's mounts are in this mount namespace and all
 * its processes below this PID namespace, so when this process ends both are gone; and it ends with Pare, by the
 * parent-death signal (prctl(2)) and because its input ends. What stays is a directory.
 *
 * In: a line on standard input lets the container start; the end of the input ends all. Out, on descriptor 3: `mounted`,
 * `ports` (by the port proxy, once it listens), `exit CODE`. The words of what fails go to standard error.
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
cd "$PARE_BUNDLE"
if [ "$PARE_NETWORK" = own ]; then
  # The loopback device of a new network namespace is down. IFF_UP can be set by sysfs, so that no ip(8) is needed.
  mount -t sysfs sysfs root
  echo 0x9 >root/class/net/lo/flags
  umount root
  for setting in $PARE_SYSCTLS; do
    { spaced "\${setting#*=}" >"/proc/sys/\${setting%%=*}"; } 2>/dev/null || :
  done
  if { ip -batch network || ip address add "$PARE_ADDRESS/32" dev lo; } >/dev/null 2>&1; then
    echo addressed >&3
  fi
fi
for setting in $PARE_OWN_SYSCTLS; do
  spaced "\${setting#*=}" >"/proc/sys/\${setting%%=*}"
done
if [ $# -gt 0 ]; then
  "$PARE_NODE" "$PARE_PROXY" "$@" </dev/null >/dev/null 2>&1 &
fi
if [ -n "$PARE_OVERLAY" ]; then
  # In a directory that cannot hold an upper directory (one that is on an overlay itself): memory.
  if ! said=$(mount -t overlay overlay -o "$PARE_OVERLAY" root 2>&1); then
    mount -t tmpfs -o mode=0700 tmpfs rw || { echo "$said" >&2; exit 1; }
    mkdir rw/upper rw/work
    mount -t overlay overlay -o "$PARE_OVERLAY" root || { echo "$said" >&2; exit 1; }
  fi
fi
# crun takes a hybrid hierarchy for version 1 and fails on its version 2 part (crun 1.8). In a user namespace that cannot be unmounted,
# but it can be covered.
if [ "$PARE_HIDE_UNIFIED" = 1 ] && [ -e /sys/fs/cgroup/unified/cgroup.procs ]; then
  mount -t tmpfs -o size=4k,mode=0555 tmpfs /sys/fs/cgroup/unified
fi
echo mounted >&3
read -r word || exit 0
code=0
# The runtime opens its output by name, so that no process but those of the container holds it.
# shellcheck disable=SC2086 # a list of flags
( exec "$PARE_RUNTIME" $PARE_RUNTIME_FLAGS --root "$PARE_BUNDLE/state" --log "$PARE_BUNDLE/runtime.log" --log-format json \\
    run --bundle "$PARE_BUNDLE" --pid-file "$PARE_BUNDLE/pid" "$PARE_ID" </dev/null >stdout 2>stderr 3>&- ) || code=$?
echo "exit $code" >&3
read -r word || exit 0
`;
