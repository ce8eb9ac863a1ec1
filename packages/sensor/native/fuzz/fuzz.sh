#!/bin/sh
# Runs every fuzzer of this directory for some seconds each (default 5), under the address and undefined behaviour
# sanitizers. A finding ends it and stays in a file that is named.
#   npm run fuzz -w @pare/sensor -- 60
# Needs Debian's clang, libclang-rt-14-dev (libFuzzer), libc6-dev and linux-libc-dev.
set -eu
export LC_ALL=C
seconds=${1:-5}
native=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$native"

command -v clang >/dev/null || {
    echo "fuzz.sh: clang is missing: apt-get install clang libclang-rt-14-dev" >&2
    exit 1
}

flags='-std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wconversion -g -O1 -fno-sanitize-recover=all'
# What a fuzzer's name says it is of.
parser_of() {
    echo "${1#fuzz_}"
}

for source in fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    # shellcheck disable=SC2086
    clang $flags -fsanitize=fuzzer,address,undefined -o "$out/$name" "$source" "$(parser_of "$name").c" err.c
    mkdir "$out/$name.corpus"
    if ! "$out/$name" -max_total_time="$seconds" -timeout=5 -artifact_prefix="/tmp/$name-" \
        "$out/$name.corpus" >"$out/log" 2>&1; then
        cat "$out/log" >&2
        exit 1
    fi
    echo "$name: $(grep -o 'Done [0-9]* runs' "$out/log" || echo 'no runs')"
done
