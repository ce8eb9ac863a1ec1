#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "../arch.h"
#include "../filter.h"
#include "../generated/syscall_numbers.h"
#include "check.h"

static struct filter filter;

/** Runs the filter as the kernel does (linux/filter.h), for the instructions that it uses. */
static uint32_t run(const struct seccomp_data *data)
{
    uint32_t accumulator = 0;
    for (uint32_t at = 0; at < filter.length; at++) {
        const struct sock_filter *step = &filter.code[at];
        switch (step->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            memcpy(&accumulator, (const char *)data + step->k, sizeof accumulator);
            break;
        case BPF_JMP | BPF_JA:
            at += step->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += accumulator == step->k ? step->jt : step->jf;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            at += (accumulator & step->k) != 0 ? step->jt : step->jf;
            break;
        case BPF_RET | BPF_K:
            return step->k;
        default:
            CHECK(false);
        }
    }
    CHECK(false);
    return 0;
}

static uint32_t decide(const int32_t *numbers, bool native, uint64_t a0, uint64_t a1, uint64_t a3, uint64_t a4)
{
    struct seccomp_data data = {
        .nr = numbers[native ? ARCH_NATIVE : ARCH_COMPAT],
        .arch = native ? AUDIT_NATIVE : AUDIT_COMPAT,
        .args = {a0, a1, 0, a3, a4, 0},
    };
    return run(&data);
}

#define DECIDE(name, native, a0, a1, a3, a4) decide((const int32_t[])NUMBERS_##name, native, a0, a1, a3, a4)

/** By the second and the third argument. */
static uint32_t decide_third(const int32_t *numbers, bool native, uint64_t a1, uint64_t a2)
{
    struct seccomp_data data = {
        .nr = numbers[native ? ARCH_NATIVE : ARCH_COMPAT],
        .arch = native ? AUDIT_NATIVE : AUDIT_COMPAT,
        .args = {3, a1, a2, 0, 0, 0},
    };
    return run(&data);
}

#define NUMBERS_OF(name) ((const int32_t[])NUMBERS_##name)

static const uint32_t allow = SECCOMP_RET_ALLOW, notify = SECCOMP_RET_USER_NOTIF;

static uint32_t refuse(int error)
{
    return SECCOMP_RET_ERRNO | (uint32_t)error;
}

static void lets_the_ubiquitous_through(bool native)
{
    CHECK(DECIDE(read, native, 0, 0, 0, 0) == allow && DECIDE(futex, native, 0, 0, 0, 0) == allow);
    CHECK(DECIDE(openat, native, 0, 0, 0, 0) == notify && DECIDE(execve, native, 0, 0, 0, 0) == notify);
    CHECK(DECIDE(socket, native, 0, 0, 0, 0) == notify && DECIDE(setsid, native, 0, 0, 0, 0) == notify);
    CHECK(DECIDE(io_uring_setup, native, 0, 0, 0, 0) == refuse(ENOSYS));
}

static void looks_at_arguments(bool native)
{
    CHECK(DECIDE(ioctl, native, 1, 0x5401, 0, 0) == allow && DECIDE(ioctl, native, 1, 0x8912, 0, 0) == notify);
    CHECK(DECIDE(kill, native, 5, 9, 0, 0) == allow && DECIDE(kill, native, 77, 9, 0, 0) == notify);
    CHECK(DECIDE(kill, native, UINT64_MAX, 9, 0, 0) == notify && DECIDE(kill, native, UINT32_MAX, 9, 0, 0) == notify);
    CHECK(DECIDE(kill, native, (uint64_t)-77, 9, 0, 0) == notify && DECIDE(kill, native, (uint64_t)-5, 9, 0, 0) == allow);
    CHECK(DECIDE(tgkill, native, 77, 77, 0, 0) == notify && DECIDE(tkill, native, 79, 77, 0, 0) == allow);
    CHECK(DECIDE(sendto, native, 3, 0, 0, 0) == allow && DECIDE(sendto, native, 3, 0, 0, 1) == notify);
    CHECK(DECIDE(sendto, native, 3, 0, 0, 1ull << 32) == notify);
    CHECK(DECIDE(clone, native, SIGCHLD, 0, 0, 0) == allow);
    CHECK(decide_third(NUMBERS_OF(prlimit64), native, 7, 0) == allow && decide_third(NUMBERS_OF(prlimit64), native, 7, 4096) == notify);
    CHECK(decide_third(NUMBERS_OF(prlimit64), native, 7, 1ull << 32) == notify);
    CHECK(decide_third(NUMBERS_OF(setsockopt), native, SOL_SOCKET, SO_MARK) == notify);
    CHECK(decide_third(NUMBERS_OF(setsockopt), native, SOL_SOCKET, SO_REUSEADDR) == allow);
    CHECK(decide_third(NUMBERS_OF(setsockopt), native, IPPROTO_TCP, SO_MARK) == allow);
    CHECK(decide_third(NUMBERS_OF(setsockopt), native, SOL_IP, 64) == notify);
    CHECK(decide_third(NUMBERS_OF(setsockopt), native, SOL_IPV6, 64) == notify);
    CHECK(DECIDE(clone, native, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0) == allow);
}

/** Its flags are the third argument, where the others have what the kernel writes to. */
static uint32_t decide_statx(bool native, uint64_t descriptor, uint64_t flags)
{
    static const int32_t numbers[] = NUMBERS_statx;
    struct seccomp_data data = {
        .nr = numbers[native ? ARCH_NATIVE : ARCH_COMPAT],
        .arch = native ? AUDIT_NATIVE : AUDIT_COMPAT,
        .args = {descriptor, 0, flags, 0, 0, 0},
    };
    return run(&data);
}

static void skips_fstat_only(void)
{
    bool native = (int32_t[])NUMBERS_newfstatat[ARCH_NATIVE] >= 0;
    CHECK(native);
    CHECK(DECIDE(newfstatat, true, 3, 0, 0x1000, 0) == allow);
    CHECK(DECIDE(newfstatat, true, 3, 0, 0, 0) == notify && DECIDE(newfstatat, true, 3, 0, 0x1100, 0) == notify);
    CHECK(DECIDE(newfstatat, true, (uint32_t)AT_FDCWD, 0, 0x1000, 0) == notify);
    CHECK(DECIDE(newfstatat, true, (uint64_t)(int64_t)AT_FDCWD, 0, 0x1000, 0) == notify);
    CHECK(DECIDE(fstatat64, false, 3, 0, 0x1000, 0) == allow && DECIDE(fstatat64, false, 3, 0, 0x100, 0) == notify);
    CHECK(decide_statx(true, 3, 0x1000) == allow && decide_statx(false, 3, 0x1000) == allow);
    CHECK(decide_statx(true, 3, 0x1100) == notify && decide_statx(true, 3, 0) == notify);
    CHECK(decide_statx(true, (uint32_t)AT_FDCWD, 0x1000) == notify);
}

static void refuses_as_docker(bool native)
{
    CHECK(DECIDE(unshare, native, 0, 0, 0, 0) == refuse(EPERM) && DECIDE(mount, native, 0, 0, 0, 0) == refuse(EPERM));
    CHECK(DECIDE(clone, native, CLONE_NEWUSER, 0, 0, 0) == refuse(EPERM));
    CHECK(DECIDE(clone, native, SIGCHLD, 0, 0, 0) == allow);
    CHECK(DECIDE(clone3, native, 0, 0, 0, 0) == refuse(ENOSYS));
    CHECK(DECIDE(kcmp, native, 0, 0, 0, 0) == refuse(EPERM));
    CHECK(DECIDE(process_vm_readv, native, 0, 0, 0, 0) == notify);
    CHECK(DECIDE(openat, native, 0, 0, 0, 0) == notify && DECIDE(read, native, 0, 0, 0, 0) == allow);
}

void test_filter(void)
{
    filter_build(&filter, &(struct filter_options){.own = {77, 78}});
    CHECK(filter.length <= FILTER_CAPACITY);
    for (int native = 0; native < 2; native++) {
        lets_the_ubiquitous_through(native != 0);
        looks_at_arguments(native != 0);
        CHECK(DECIDE(clone, native != 0, CLONE_NEWUSER, 0, 0, 0) == notify);
        CHECK(DECIDE(clone3, native != 0, 0, 0, 0, 0) == allow && DECIDE(unshare, native != 0, 0, 0, 0, 0) == notify);
    }
    skips_fstat_only();
    filter_build(&filter, &(struct filter_options){.own = {77, 78}, .restore_docker_refusals = true});
    CHECK(filter.length <= FILTER_CAPACITY);
    for (int native = 0; native < 2; native++) {
        refuses_as_docker(native != 0);
        looks_at_arguments(native != 0);
    }
    filter_build(&filter, &(struct filter_options){
                              .own = {77, 78},
                              .restore_docker_refusals = true,
                              .restore_docker_20_refusals = true,
                              .capabilities = 1ull << CAP_SYS_ADMIN,
                          });
    CHECK(DECIDE(unshare, true, 0, 0, 0, 0) == notify && DECIDE(clone3, true, 0, 0, 0, 0) == allow);
    CHECK(DECIDE(process_vm_readv, true, 0, 0, 0, 0) == refuse(EPERM));
}
