#!/bin/busybox sh
# shellcheck shell=dash
# The first process of the emulated machine: makes /guest its root and runs the tests there.
/bin/busybox --install -s /bin
mount -t proc proc /proc
depmod
for module in overlay dummy veth; do modprobe "$module"; done
# A root that the kernel unpacked itself cannot be pivoted away from (pivot_root(2)); a mount in it can.
mount -o bind /guest /guest
cd /guest || exit
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t devtmpfs devtmpfs dev
mkdir -p dev/pts dev/shm
mount -t devpts devpts dev/pts
mount -t tmpfs tmpfs tmp
mount -o move . /
chroot . /bin/sh /repository/test/cgroup-v2/guest.sh
poweroff -f
