#pragma once

#include <linux/audit.h>
#include <stdint.h>

/** Columns of generated/syscall_numbers.h and the architecture byte of records. */
enum arch { ARCH_X86_64, ARCH_I386, ARCH_AARCH64, ARCH_ARM, ARCH_COUNT };

/** The kernel's architecture and the 32-bit one that it also runs. */
#if defined(__x86_64__)
#define ARCH_NATIVE ARCH_X86_64
#define ARCH_COMPAT ARCH_I386
#define AUDIT_NATIVE AUDIT_ARCH_X86_64
#define AUDIT_COMPAT AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCH_NATIVE ARCH_AARCH64
#define ARCH_COMPAT ARCH_ARM
#define AUDIT_NATIVE AUDIT_ARCH_AARCH64
#define AUDIT_COMPAT AUDIT_ARCH_ARM
#else
#error "no system call tables for this architecture"
#endif

/** Bit of x32's system calls, which report AUDIT_ARCH_X86_64 (kernel: __X32_SYSCALL_BIT). */
#define X32_BIT 0x40000000u
