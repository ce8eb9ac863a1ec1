# shellcheck shell=sh
# Sourced by samples/build, which sets $here: makes images without a daemon, and brings them into Pare's own store. Nothing else stays:
# buildah's storage is a scratch, in memory where there is room. On a disk dpkg waits for it at every package, and directories of
# 40,000 files are made, copied and removed again. What others stand on is taken out of Pare's store when it is wanted later.

records=${XDG_DATA_HOME:-$HOME/.local/share}/pare-samples
pare=${here:?}/../bin/pare

# For all of a run, also for the calls of samples/build that it makes itself.
if [ -z "${PARE_SAMPLES_SCRATCH-}" ]; then
  mkdir -p "$records"
  place=$records
  room=$(df --output=avail -B 1M /dev/shm 2>/dev/null | tail -n 1) || room=0
  free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo) || free=0
  [ "${room:-0}" -lt 6144 ] || [ "${free:-0}" -lt 6144 ] || place=/dev/shm
  PARE_SAMPLES_SCRATCH=$(mktemp -d "$place/pare-samples.XXXXXX")
  export PARE_SAMPLES_SCRATCH
  mkdir "$PARE_SAMPLES_SCRATCH/made"
  trap remove_scratch EXIT
  trap 'exit 130' INT TERM HUP
fi
scratch=$PARE_SAMPLES_SCRATCH

# end_tree PID: ends a process after all that descends from it (proc(5): /proc/pid/task/tid/children).
end_tree() {
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do end_tree "$child"; done
  kill -KILL "$1" 2>/dev/null || :
}

remove_scratch() {
  [ -z "${proxy-}" ] || kill "$proxy" 2>/dev/null || :
  # A build that is not done: buildah hands SIGTERM on to apt, which goes on.
  grep -lsF -- "$scratch/root" /proc/[0-9]*/cmdline | cut -d/ -f3 | while read -r builder; do end_tree "$builder"; done
  # What it has left mounted.
  awk -v below="$scratch/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r | xargs -r umount -l
  rm -rf --one-file-system "$scratch"
}

# Storage of its own: what else buildah and podman have on this machine is left alone.
builder() {
  # What it builds is to ask our proxy, npm on the host is not.
  env TMPDIR="$scratch" ${PARE_SAMPLES_PROXY:+"http_proxy=$PARE_SAMPLES_PROXY" "no_proxy=localhost,127.0.0.1"} \
    buildah --root "$scratch/root" --runroot "$scratch/run" --storage-driver overlay "$@"
}

# Other samples stand on it: it is needed in buildah's storage. A sample goes straight into an archive, and from there to Pare.
is_parent() {
  case $1 in
    pare-samples/base:* | pare-samples/fat-base:*) return 0 ;;
    *) return 1 ;;
  esac
}

file_name() {
  echo "$1" | tr -c 'a-z0-9\n' -
}
archive_of() {
  echo "$scratch/$(file_name "$1").tar"
}

# note_made TAG LABEL ID: what an image was made from, and its ID; in $scratch until Pare has it, then in $records.
note_made() {
  printf '%s\n' "${2#*=}" "$3" >"$scratch/made/$(file_name "$1")"
}
# The record of an image that is there; nothing when there is none.
read_record() {
  if [ -f "$scratch/made/$(file_name "$1")" ]; then
    cat "$scratch/made/$(file_name "$1")"
  elif [ -f "$records/made/$(file_name "$1")" ]; then
    [ -f "$scratch/images" ] || "$pare" images >"$scratch/images" 2>/dev/null || :
    id=$(sed -n '2s/^sha256:\(.\{12\}\).*/\1/p' "$records/made/$(file_name "$1")")
    if grep -q "^$1  *$id " "$scratch/images"; then cat "$records/made/$(file_name "$1")"; fi
  fi
}
image_id() {
  read_record "$1" | sed -n 2p
}
# Of the label that the image was made with.
image_label() {
  read_record "$1" | sed -n 1p
}

import_base() {
  # Unpacked where the image's layer comes from: a Dockerfile with ADD would copy it twice more.
  container=$(builder from scratch)
  status=0
  {
    tar --extract --numeric-owner --xattrs --xattrs-include='*' -C "$(builder mount "$container")" &&
      builder config --cmd '["/bin/bash"]' --label "$2" "$container" &&
      builder commit --quiet --format docker --disable-compression "$container" "$1"
  } >/dev/null || status=$?
  builder rm "$container" >/dev/null
  [ "$status" -ne 0 ] || note_made "$1" "$2" "$(stored_id "$1")"
  return "$status"
}

stored_id() {
  builder inspect --type image --format '{{.FromImageID}}' "$1" 2>/dev/null
}

# Has apt in the containers fetch several packages at once (fetch-proxy.ts), unless this machine has a proxy of its own. Without
# it all goes on, only slower. The images know nothing of it: buildah gives these names to what runs and keeps them from the config.
ensure_proxy() {
  [ -z "${PARE_SAMPLES_PROXY-}${http_proxy-}${HTTP_PROXY-}" ] || return 0
  mkfifo "$scratch/address.$$"
  # shellcheck disable=SC2016 # expanded there
  sh -c '. "$1"; ensure_toolchain; exec "$node" "$root/samples/builders/fetch-proxy.ts"' \
    "$here/build" "$here/../bin/lib/toolchain.sh" >"$scratch/address.$$" &
  proxy=$!
  # Nothing is read where it could not start.
  read -r PARE_SAMPLES_PROXY <"$scratch/address.$$" || :
  export PARE_SAMPLES_PROXY
}

# What a Dockerfile stands on, out of Pare's store where an earlier run made it.
ensure_parents() {
  sed -n 's/^FROM  *\([^ ]*\).*/\1/p' "$1" | while read -r parent; do
    if stored_id "$parent" >/dev/null; then continue; fi
    archive=$(mktemp "$scratch/parent.XXXXXX")
    "$pare" save -o "$archive" "$parent" </dev/null && builder pull --quiet "docker-archive:$archive" </dev/null
    rm -f "$archive"
  done
}

# build_from TAG LABEL DOCKERFILE CONTEXT
build_from() {
  ensure_proxy
  ensure_parents "$3"
  archive=$(archive_of "$1")
  rm -f "$archive"
  if is_parent "$1"; then target=$1; else target=docker-archive:$archive:$1; fi
  # In a chroot: nothing but the right to make one is needed. Docker's format has health checks.
  # Waited for, because a shell sees to a signal only after the program in front of it.
  builder bud --isolation chroot --runtime runc --format docker --label "$2" -t "$target" -f "$3" "$4" &
  wait "$!" || return
  if is_parent "$1"; then
    id=$(stored_id "$1")
  else
    id=$(tar -xOf "$archive" manifest.json | sed -n 's/.*"Config":"\([0-9a-f]*\)\.json".*/sha256:\1/p')
  fi
  note_made "$1" "$2" "$id"
}

# Takes an image into Pare's store, and has it unpacked there, which its first run would wait for.
offer() {
  archive=$(archive_of "$1")
  status=0
  if is_parent "$1"; then builder push --quiet "$1" "docker-archive:$archive:$1" || status=$?; fi
  [ "$status" -ne 0 ] || "$pare" load --unpack --tag "$1" "$archive" >/dev/null || status=$?
  rm -f "$archive"
  [ "$status" -eq 0 ] || return "$status"
  mkdir -p "$records/made"
  cp "$scratch/made/$(file_name "$1")" "$records/made/"
}

# The same for an image that others stand on, while those are made. They come whole: where this fails, nothing of them is lost.
offer_ahead() {
  await_ahead
  offer "$1" >"$scratch/ahead.log" 2>&1 &
  ahead=$!
}
await_ahead() {
  [ -n "${ahead-}" ] || return 0
  wait "$ahead" || tail -n 5 "$scratch/ahead.log" >&2
  ahead=''
}

# One that Pare has as well goes there: by its name, or with pare gc.
remove_image() { :; }
