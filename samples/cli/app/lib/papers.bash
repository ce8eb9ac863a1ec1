# Letters in other forms.
# shellcheck shell=bash disable=SC2154 # repository and library: set by almanac, which sources this

export_json() {
  git -C "$repository" log --reverse --format='%s%x09%an' | jq --raw-input --slurp \
    'split("\n") | map(select(length > 0) | split("\t") | {subject: .[0], author: .[1]}) | map(select(.subject | test("^(?i)import|add")))'
}
export() { export_json | jq --compact-output 'map(.subject |= ascii_downcase)'; }

pack() {
  local out=$ALMANAC_HOME/outbox/letters
  case "$1" in
    tar.gz | tar.xz | tar.zst) tar --create --auto-compress --file "$out.$1" --directory "$repository" --exclude .git . && tar --list --file "$out.$1" | grep -c '\.txt$' ;;
    zip) git -C "$repository" archive --format=zip HEAD >"$out.zip" && unzip -l "$out.zip" | grep -c '\.txt$' ;;
    bz2) bzip2 --stdout "$repository/first.txt" | bunzip2 | cmp - "$repository/first.txt" && echo same ;;
    *) echo "almanac: no such packing: $1" >&2; return 65 ;;
  esac
}

page() { perl "$library/page.pl" "$repository/$1"; }
table() { printf 'name size\n%s\n' "$(cd "$repository" && wc -c -- *.txt | awk '$2 != "total" { print $2, $1 }')" | column -t; }
sum() { echo "scale=3; $1" | bc -l; }
compare() { diff -u --label a --label b "$repository/$1" "$repository/$2" | sed -n '/^@@/,$p' || true; }
kind() { file --brief --mime-type "$1"; }
ordered() { python3 "$library/ordered.py" "$repository"; }
