# Letters in their repository.
# shellcheck shell=bash disable=SC2154 # repository and library: set by almanac, which sources this

in_repository() { git -C "$repository" "$@"; }

init() {
  git init --quiet --initial-branch=main "$repository"
  install -m 0755 "$library/post-commit" "$repository/.git/hooks/post-commit"
}

import() {
  cp "$1"/*.txt "$repository/"
  in_repository add --all
  in_repository commit --quiet --message "Import $(basename "$1")"
}

add() {
  local name
  name=$(printf '%s' "$1" | tr '[:upper:] ' '[:lower:]-' | sed 's/[^a-z0-9-]//g').txt
  cat >"$repository/$name"
  in_repository add -- "$name"
  in_repository commit --quiet --message "Add $1"
  echo "$name"
}

list() { in_repository ls-files | sort; }
show() { in_repository show "HEAD:$1"; }
search() { in_repository grep --perl-regexp --ignore-case --line-number "$1" || true; }
history() { in_repository log --format='%an: %s' --stat -- "$1" | grep -v '^$'; }
check() { in_repository fsck --full --strict --no-progress && in_repository status --short; }
collect() { in_repository gc --quiet --aggressive --prune=now && in_repository count-objects -v | grep '^in-pack'; }
undo() { in_repository revert --no-edit HEAD >/dev/null && in_repository log -1 --format=%s; }

copy() {
  local target
  target=$(mktemp -d)
  git clone --quiet "file://$repository" "$target/copy"
  git clone --quiet --local "$repository" "$target/linked"
  git -C "$target/copy" rev-parse --verify --quiet HEAD >/dev/null && rsync -a --delete "$target/copy/" "$target/mirror/"
  diff -r "$target/copy" "$target/mirror" && echo same
  rm -rf "$target"
}
