# shellcheck shell=sh
# Sourced by samples/build, which sets $here: makes images without a daemon, and brings the finished ones into Pare's own store.
# Only what others stand on stays in buildah's storage. A sample goes from its container into an archive, and from there to
# Pare: stored here too, it would be written, unpacked and read twice more.

storage=${XDG_DATA_HOME:-$HOME/.local/share}/pare-samples
pare=${here:?}/../bin/pare

# Storage of its own: what else buildah and podman have on this machine is left alone.
builder() {
  command buildah --root "$storage/root" --runroot "$storage/run" --storage-driver overlay "$@"
}

is_parent() {
  case $1 in
    pare-samples/base:* | pare-samples/fat-base:*) return 0 ;;
    *) return 1 ;;
  esac
}

# For archives, which nobody needs after this run: in memory where there is room.
make_scratch() {
  [ -z "${scratch-}" ] || return 0
  mkdir -p "$storage"
  place=$storage
  room=$(df --output=avail -B 1M /dev/shm 2>/dev/null | tail -n 1) || room=0
  free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo) || free=0
  [ "${room:-0}" -lt 6144 ] || [ "${free:-0}" -lt 6144 ] || place=/dev/shm
  scratch=$(mktemp -d "$place/pare-samples.XXXXXX")
  trap '[ -z "${proxy-}" ] || kill "$proxy" 2>/dev/null; rm -rf "$scratch"' EXIT
  trap 'exit 130' INT TERM HUP
}
archive_of() {
  echo "$scratch/$(echo "$1" | tr -c 'a-z0-9\n' -).tar"
}

# What a sample was made from, and its ID: a line of each.
record_of() {
  echo "$storage/made/$(echo "$1" | tr -c 'a-z0-9\n' -)"
}

image_id() {
  if is_parent "$1"; then
    builder inspect --type image --format '{{.FromImageID}}' "$1" 2>/dev/null || true
  else
    sed -n 2p "$(record_of "$1")" 2>/dev/null || true
  fi
}
# Of a sample only the label that `build_from` was given. One that Pare does not have any more has none.
image_label() {
  if is_parent "$1"; then
    builder inspect --type image --format "{{index .OCIv1.Config.Labels \"$2\"}}" "$1" 2>/dev/null || true
  elif [ -f "$(record_of "$1")" ] && is_offered "$1"; then
    sed -n 1p "$(record_of "$1")"
  fi
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
  return "$status"
}

# Has apt in the containers fetch several packages at once (fetch-proxy.ts), unless this machine has a proxy of its own. Without
# it all goes on, only slower. The images know nothing of it: buildah gives these names to what runs and keeps them from the config.
ensure_proxy() {
  [ -z "${http_proxy-}${HTTP_PROXY-}" ] || return 0
  make_scratch
  mkfifo "$scratch/address"
  # shellcheck disable=SC2016 # expanded there
  sh -c '. "$1"; ensure_toolchain; exec "$node" "$root/samples/builders/fetch-proxy.ts"' "$here/build" "$here/../bin/lib/toolchain.sh" >"$scratch/address" &
  proxy=$!
  if read -r http_proxy <"$scratch/address"; then
    no_proxy=localhost,127.0.0.1
    # For the calls of samples/build that it makes itself, too.
    export http_proxy no_proxy
  else
    unset http_proxy
  fi
}

# build_from TAG LABEL DOCKERFILE CONTEXT
build_from() {
  ensure_proxy
  target=$1
  if ! is_parent "$1"; then
    make_scratch
    archive=$(archive_of "$1")
    rm -f "$archive"
    target=docker-archive:$archive:$1
  fi
  # In a chroot: nothing but the right to make one is needed. Docker's format has health checks.
  builder bud --isolation chroot --runtime runc --format docker --label "$2" -t "$target" -f "$3" "$4" || return
  is_parent "$1" || made_id=$(tar -xOf "$archive" manifest.json | sed -n 's/.*"Config":"\([0-9a-f]*\)\.json".*/sha256:\1/p')
  made_label=${2#*=}
}

# Takes an image into Pare's store, and has it unpacked there, which its first run would wait for.
offer() {
  make_scratch
  archive=$(archive_of "$1")
  status=0
  if is_parent "$1"; then builder push --quiet "$1" "docker-archive:$archive:$1" || status=$?; fi
  [ "$status" -ne 0 ] || "$pare" load --unpack --tag "$1" "$archive" >/dev/null || status=$?
  rm -f "$archive"
  [ "$status" -eq 0 ] || return "$status"
  is_parent "$1" && return
  mkdir -p "$storage/made"
  printf '%s\n' "$made_label" "$made_id" >"$(record_of "$1")"
}

# The same for an image that others stand on, while those are made. They come whole: where this fails, nothing is lost.
offer_ahead() {
  make_scratch
  offer "$1" >"$scratch/ahead.log" 2>&1 &
  ahead=$!
}
await_ahead() {
  [ -n "${ahead-}" ] || return 0
  wait "$ahead" || tail -n 5 "$scratch/ahead.log" >&2
  ahead=''
}

is_offered() {
  "$pare" images 2>/dev/null | grep -q "^$1  *$(image_id "$1" | sed 's/^sha256://' | cut -c1-12) "
}

remove_image() {
  builder rmi "$1" >/dev/null 2>&1 || true
}
