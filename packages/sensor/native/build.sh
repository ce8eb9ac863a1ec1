#!/bin/sh
# Builds the static sensor for linux x64 and arm64 into prebuilt/, with their hashes. Reproducible: the same
# compilers give the same bytes.
# Needs Debian's gcc, musl-tools, gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, binutils and linux-libc-dev.
set -eu
export LC_ALL=C
native=$(cd "$(dirname "$0")" && pwd)
prebuilt=${1:-$native/../prebuilt}

for tool in musl-gcc aarch64-linux-gnu-gcc; do
    command -v "$tool" >/dev/null || {
        echo "build.sh: $tool is missing: apt-get install gcc musl-tools gcc-aarch64-linux-gnu libc6-dev-arm64-cross" >&2
        exit 1
    }
done

warnings='-Wall -Wextra -Werror -Wshadow -Wconversion'
flags="-std=c11 -D_GNU_SOURCE -O3 -flto -static -s -fno-ident -ffunction-sections -fdata-sections -Wl,--gc-sections
 -Wl,--build-id=none -ffile-prefix-map=$native=. -fno-asynchronous-unwind-tables -fstack-protector-strong"

build() {
    directory=$1
    shift
    mkdir -p "$prebuilt/$directory"
    # shellcheck disable=SC2086 # lists of words
    (cd "$native" && "$@" $warnings $flags -o "$prebuilt/$directory/pare-sensor" ./*.c)
}

# musl-gcc knows no kernel headers: Debian's come last.
build linux-x64 musl-gcc -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu
build linux-arm64 aarch64-linux-gnu-gcc

cd "$prebuilt"
sha256sum linux-x64/pare-sensor linux-arm64/pare-sensor >SHA256SUMS
