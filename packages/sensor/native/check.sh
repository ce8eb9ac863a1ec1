#!/bin/sh
# Builds the tests of native/test with gcc and with clang under the address and undefined behaviour sanitizers, and
# runs them; builds them for arm64 and runs them under qemu-user; builds the sensor itself with gcc and clang under every
# warning. Prints the golden frames last.
# Needs Debian's gcc, clang, libc6-dev, libgcc-12-dev (gcc's sanitizers), linux-libc-dev, gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross and qemu-user-static.
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

check_arm64() {
    # shellcheck disable=SC2086,SC2046,SC2010 # lists of words
    aarch64-linux-gnu-gcc $flags -static -o "$out/test-arm64" test/*.c $(ls ./*.c | grep -v '^./main.c$')
    qemu-aarch64-static "$out/test-arm64" emulated >/dev/null
    qemu-aarch64-static "$out/test-arm64" golden >"$out/golden-arm64"
}

for tool in gcc clang aarch64-linux-gnu-gcc qemu-aarch64-static; do
    command -v "$tool" >/dev/null || {
        echo "check.sh: $tool is missing: apt-get install gcc clang libc6-dev linux-libc-dev gcc-aarch64-linux-gnu" \
            "libc6-dev-arm64-cross qemu-user-static" >&2
        exit 1
    }
done
check gcc &
check clang
wait $!
check_arm64
"$out/test-gcc" golden | tee "$out/golden"
cmp "$out/golden" "$out/golden-arm64" >&2
