#!/bin/sh
# Builds the tests of native/test with gcc and with clang under the address and undefined behaviour sanitizers, and
# runs them; builds the sensor itself with both under every warning. Prints the golden frames last.
# Needs Debian's gcc, clang, libc6-dev, libgcc-12-dev (gcc's sanitizers) and linux-libc-dev.
set -eu
export LC_ALL=C
native=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$native"

flags='-std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wconversion -g -O1'
sanitizers='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'

check() {
    compiler=$1
    # shellcheck disable=SC2086,SC2046,SC2010 # lists of words
    "$compiler" $flags $sanitizers -o "$out/test-$compiler" test/*.c $(ls ./*.c | grep -v '^./main.c$')
    "$out/test-$compiler" >/dev/null
    # shellcheck disable=SC2086
    "$compiler" $flags -o "$out/sensor-$compiler" ./*.c
}

for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || {
        echo "check.sh: $compiler is missing: apt-get install gcc clang libc6-dev linux-libc-dev" >&2
        exit 1
    }
done
check gcc &
check clang
wait $!
"$out/test-gcc" golden
