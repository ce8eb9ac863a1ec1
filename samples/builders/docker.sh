# shellcheck shell=sh
# Sourced by samples/build: makes images in the Docker engine.

# A value out of an image's facts; nothing when there is no such image.
image_id() {
  docker image inspect --format '{{.Id}}' "$1" 2>/dev/null || true
}
image_label() {
  docker image inspect --format "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true
}

# import_base TAG LABEL: makes an image of the tar on the standard input.
import_base() {
  docker import --change 'CMD ["/bin/bash"]' --change "LABEL $2" - "$1" >/dev/null
}

# build_from TAG LABEL DOCKERFILE CONTEXT
build_from() {
  # The classic builder works with every engine that this project supports.
  DOCKER_BUILDKIT=0 docker build --force-rm --label "$2" -t "$1" -f "$3" "$4"
}

# offer TAG: hands a finished image to Pare; it is where Pare looks.
offer() { :; }
offer_ahead() { :; }
await_ahead() { :; }

remove_image() {
  docker image rm "$1" >/dev/null 2>&1 || true
}
