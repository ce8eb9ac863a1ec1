# shellcheck shell=sh
# Sourced by samples/build, which sets $here: makes images without a daemon, and brings the finished ones into Pare's own store.

storage=${XDG_DATA_HOME:-$HOME/.local/share}/pare-samples
pare=${here:?}/../bin/pare

# Storage of its own: what else buildah and podman have on this machine is left alone.
builder() {
  command buildah --root "$storage/root" --runroot "$storage/run" --storage-driver overlay "$@"
}

image_id() {
  builder inspect --type image --format '{{.FromImageID}}' "$1" 2>/dev/null || true
}
image_label() {
  builder inspect --type image --format "{{index .OCIv1.Config.Labels \"$2\"}}" "$1" 2>/dev/null || true
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

build_from() {
  # In a chroot: nothing but the right to make one is needed. Docker's format has health checks.
  builder bud --isolation chroot --runtime runc --format docker --label "$2" -t "$1" -f "$3" "$4"
}

offer() {
  mkdir -p "$storage"
  archive=$(mktemp -u "$storage/offer.XXXXXX")
  status=0
  { builder push --quiet "$1" "docker-archive:$archive:$1" && "$pare" load --tag "$1" "$archive"; } >/dev/null || status=$?
  rm -f "$archive"
  return "$status"
}
is_offered() {
  "$pare" images 2>/dev/null | grep -q "^$1  *$(image_id "$1" | sed 's/^sha256://' | cut -c1-12) "
}

remove_image() {
  builder rmi "$1" >/dev/null 2>&1 || true
}
