#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "generated/syscall_numbers.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

/** Replaces a table of the packet filter; of IPv6 too (linux/netfilter_ipv4/ip_tables.h, whose header needs others). */
enum { IPT_SO_SET_REPLACE = 64 };

/** Flags of clone(2) that make a namespace; all but the time namespace, which only clone3 can ask for. */
static const uint32_t clone_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                         CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/** Terminal and descriptor requests that programs make all the time (asm-generic/ioctls.h). */
static const uint32_t ubiquitous_requests[] = {0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451};

#define X(name) {NUMBERS_##name},
#define Y(name)
static const struct numbers {
    int32_t of[ARCH_COUNT];
} ubiquitous[] = {
#include "ubiquitous.def"
};
#undef X
#undef Y

/*
 * Docker's default profile allows these only with the capability (moby: profiles/seccomp/default_linux.go).
 * The sensor's container has the capability, the application does not.
 */
#define X(name) {NUMBERS_##name},
static const struct numbers needs_sys_admin[] = {
    X(bpf) X(fanotify_init) X(fsconfig) X(fsmount) X(fsopen) X(fspick) X(lookup_dcookie) X(mount)
    X(mount_setattr) X(move_mount) X(open_tree) X(perf_event_open) X(quotactl) X(quotactl_fd)
    X(setdomainname) X(sethostname) X(setns) X(syslog) X(umount) X(umount2) X(unshare)
};
static const struct numbers needs_sys_ptrace[] = {X(kcmp) X(pidfd_getfd) X(process_madvise)};
/** Allowed to everyone by later releases. */
static const struct numbers needs_sys_admin_20[] = {X(name_to_handle_at)};
static const struct numbers needs_sys_ptrace_20[] = {X(process_vm_readv) X(process_vm_writev)};
#undef X

static void emit(struct filter *filter, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false)
{
    if (filter->length < FILTER_CAPACITY) {
        filter->code[filter->length] = (struct sock_filter){code, if_true, if_false, value};
    }
    filter->length++;
}

static void emit_load(struct filter *filter, size_t offset)
{
    emit(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void emit_return(struct filter *filter, uint32_t action)
{
    emit(filter, BPF_RET | BPF_K, action, 0, 0);
}

/** Begins what is only for one call: up to `end_call` it is skipped for every other. */
static uint32_t begin_call(struct filter *filter, int32_t number)
{
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 0);
    return filter->length - 1;
}

static void end_call(struct filter *filter, uint32_t begin)
{
    if (begin < FILTER_CAPACITY) {
        filter->code[begin].jf = (uint8_t)(filter->length - begin - 1);
    }
}

/** Returns `action` when the accumulator equals `value`. */
static void emit_if_equal(struct filter *filter, uint32_t value, uint32_t action)
{
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    emit_return(filter, action);
}

static uint32_t refusal(int error)
{
    return SECCOMP_RET_ERRNO | (uint32_t)error;
}

/** Low half of an argument: both architectures that this runs on are little endian. */
static size_t argument_low(int argument)
{
    return offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (size_t)argument;
}

static void emit_action(struct filter *filter, int32_t number, uint32_t action)
{
    if (number >= 0) {
        emit_if_equal(filter, (uint32_t)number, action);
    }
}

static void emit_refusals(struct filter *filter, enum arch arch, const struct numbers *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        emit_action(filter, list[i].of[arch], refusal(EPERM));
    }
}

#define EMIT_REFUSALS(filter, arch, list) emit_refusals(filter, arch, list, sizeof(list) / sizeof((list)[0]))

static bool has_capability(const struct filter_options *options, int capability)
{
    return (options->capabilities >> capability & 1) != 0;
}

static void emit_docker_refusals(struct filter *filter, enum arch arch, const struct filter_options *options)
{
    static const struct numbers clone3 = {NUMBERS_clone3};
    bool older = options->restore_docker_20_refusals;
    if (!has_capability(options, CAP_SYS_ADMIN)) {
        EMIT_REFUSALS(filter, arch, needs_sys_admin);
        if (older) {
            EMIT_REFUSALS(filter, arch, needs_sys_admin_20);
        }
        // Its flags are in memory, which a filter cannot see: C libraries fall back to clone.
        emit_action(filter, clone3.of[arch], refusal(ENOSYS));
    }
    if (!has_capability(options, CAP_SYS_PTRACE)) {
        EMIT_REFUSALS(filter, arch, needs_sys_ptrace);
        if (older) {
            EMIT_REFUSALS(filter, arch, needs_sys_ptrace_20);
        }
    }
}

/** A call that asks for new namespaces gets `action`, any other is let through. */
static void emit_clone(struct filter *filter, enum arch arch, uint32_t action)
{
    static const struct numbers number = {NUMBERS_clone};
    uint32_t begin = begin_call(filter, number.of[arch]);
    emit_load(filter, argument_low(0));
    emit(filter, BPF_JMP | BPF_JSET | BPF_K, clone_namespaces, 0, 1);
    emit_return(filter, action);
    emit_return(filter, SECCOMP_RET_ALLOW);
    end_call(filter, begin);
}

/**
 * fstat(2) is newfstatat(fd, "", &stat, AT_EMPTY_PATH) in glibc's way and statx(fd, "", AT_EMPTY_PATH, ...) in libuv's and Rust's:
 * it carries no path. Only with AT_FDCWD it may. `flags` is the number of the argument that has them.
 */
static void emit_fstat(struct filter *filter, int32_t number, int flags)
{
    if (number < 0) {
        return;
    }
    uint32_t begin = begin_call(filter, number);
    emit_load(filter, argument_low(flags));
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, AT_EMPTY_PATH, 1, 0);
    emit_return(filter, SECCOMP_RET_USER_NOTIF);
    emit_load(filter, argument_low(0));
    emit_if_equal(filter, (uint32_t)AT_FDCWD, SECCOMP_RET_USER_NOTIF);
    emit_return(filter, SECCOMP_RET_ALLOW);
    end_call(filter, begin);
}

static void emit_ioctl(struct filter *filter, enum arch arch)
{
    static const struct numbers number = {NUMBERS_ioctl};
    uint32_t begin = begin_call(filter, number.of[arch]);
    emit_load(filter, argument_low(1));
    for (size_t i = 0; i < sizeof ubiquitous_requests / sizeof ubiquitous_requests[0]; i++) {
        emit_if_equal(filter, ubiquitous_requests[i], SECCOMP_RET_ALLOW);
    }
    emit_return(filter, SECCOMP_RET_USER_NOTIF);
    end_call(filter, begin);
}

/** Only a signal to the sensor's processes or to everyone is of interest. */
static void emit_kill(struct filter *filter, int32_t number, const pid_t own[FILTER_OWN])
{
    uint32_t begin = begin_call(filter, number);
    emit_load(filter, argument_low(0));
    for (size_t i = 0; i < FILTER_OWN; i++) {
        emit_if_equal(filter, (uint32_t)own[i], SECCOMP_RET_USER_NOTIF);
        // The group that it leads.
        emit_if_equal(filter, -(uint32_t)own[i], SECCOMP_RET_USER_NOTIF);
    }
    emit_if_equal(filter, UINT32_MAX, SECCOMP_RET_USER_NOTIF);
    emit_return(filter, SECCOMP_RET_ALLOW);
    end_call(filter, begin);
}

/** Lets a call through whose argument is null. */
static void emit_unless_null(struct filter *filter, int32_t number, int argument)
{
    const size_t halves[] = {argument_low(argument), argument_low(argument) + sizeof(uint32_t)};
    uint32_t begin = begin_call(filter, number);
    for (size_t i = 0; i < 2; i++) {
        emit_load(filter, halves[i]);
        emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
        emit_return(filter, SECCOMP_RET_USER_NOTIF);
    }
    emit_return(filter, SECCOMP_RET_ALLOW);
    end_call(filter, begin);
}

/** Options of a socket that need a capability, by their level: asm-generic/socket.h, linux/in.h, linux/netfilter_ipv{4,6}. */
static void emit_setsockopt(struct filter *filter, enum arch arch)
{
    static const struct numbers number = {NUMBERS_setsockopt};
    static const struct {
        uint32_t level;
        uint32_t option;
    } privileged[] = {
        {SOL_SOCKET, SO_SNDBUFFORCE}, {SOL_SOCKET, SO_RCVBUFFORCE}, {SOL_SOCKET, SO_MARK}, {SOL_IP, IP_TRANSPARENT},
        {SOL_IP, IPT_SO_SET_REPLACE}, {SOL_IPV6, IPV6_TRANSPARENT}, {SOL_IPV6, IPT_SO_SET_REPLACE},
    };
    uint32_t begin = begin_call(filter, number.of[arch]);
    for (size_t i = 0; i < sizeof privileged / sizeof privileged[0]; i++) {
        emit_load(filter, argument_low(1));
        emit(filter, BPF_JMP | BPF_JEQ | BPF_K, privileged[i].level, 0, 3);
        emit_load(filter, argument_low(2));
        emit_if_equal(filter, privileged[i].option, SECCOMP_RET_USER_NOTIF);
    }
    emit_return(filter, SECCOMP_RET_ALLOW);
    end_call(filter, begin);
}

/** What programs ask for most, and is always notified, before the long list. */
static void emit_frequent(struct filter *filter, enum arch arch)
{
    static const struct numbers frequent[] = {{NUMBERS_openat}, {NUMBERS_stat},   {NUMBERS_access},
                                              {NUMBERS_execve}, {NUMBERS_lstat}, {NUMBERS_readlink}};
    for (size_t i = 0; i < sizeof frequent / sizeof frequent[0]; i++) {
        emit_action(filter, frequent[i].of[arch], SECCOMP_RET_USER_NOTIF);
    }
}

static void emit_arch(struct filter *filter, enum arch arch, const struct filter_options *options)
{
    static const struct numbers fstatat = {NUMBERS_newfstatat}, fstatat64 = {NUMBERS_fstatat64};
    static const struct numbers extended = {NUMBERS_statx};
    static const struct numbers io_uring = {NUMBERS_io_uring_setup};
    static const struct numbers kill_one = {NUMBERS_kill}, thread_kill = {NUMBERS_tkill};
    static const struct numbers group_kill = {NUMBERS_tgkill};
    static const struct numbers addressed = {NUMBERS_sendto}, limits = {NUMBERS_prlimit64};
    bool refuse = options->restore_docker_refusals;
    bool refuse_namespaces = refuse && !has_capability(options, CAP_SYS_ADMIN);
    emit_load(filter, offsetof(struct seccomp_data, nr));
    emit_frequent(filter, arch);
    if (refuse) {
        emit_docker_refusals(filter, arch, options);
    }
    // What a ring does is not seen; every user of io_uring has a fallback for kernels without it.
    emit_action(filter, io_uring.of[arch], refusal(ENOSYS));
    emit_clone(filter, arch, refuse_namespaces ? refusal(EPERM) : SECCOMP_RET_USER_NOTIF);
    emit_fstat(filter, fstatat.of[arch], 3);
    emit_fstat(filter, fstatat64.of[arch], 3);
    emit_fstat(filter, extended.of[arch], 2);
    emit_ioctl(filter, arch);
    emit_kill(filter, kill_one.of[arch], options->own);
    emit_kill(filter, thread_kill.of[arch], options->own);
    emit_kill(filter, group_kill.of[arch], options->own);
    // sendto(2) with an address is a connect of its own; without one it is send(2). prlimit(2) without new limits asks only.
    emit_unless_null(filter, addressed.of[arch], 4);
    emit_unless_null(filter, limits.of[arch], 2);
    emit_setsockopt(filter, arch);
    for (size_t i = 0; i < sizeof ubiquitous / sizeof ubiquitous[0]; i++) {
        emit_action(filter, ubiquitous[i].of[arch], SECCOMP_RET_ALLOW);
    }
    emit_return(filter, SECCOMP_RET_USER_NOTIF);
}

void filter_build(struct filter *filter, const struct filter_options *options)
{
    filter->length = 0;
    emit_load(filter, offsetof(struct seccomp_data, arch));
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_NATIVE, 1, 0);
    uint32_t jump = filter->length;
    emit(filter, BPF_JMP | BPF_JA, 0, 0, 0);
    emit_arch(filter, ARCH_NATIVE, options);
    filter->code[jump].k = filter->length - jump - 1;
    // The kernel has no third one: whatever is not native is compat.
    emit_arch(filter, ARCH_COMPAT, options);
}

int filter_install(const struct filter *filter, struct err *err)
{
    if (filter->length > FILTER_CAPACITY) {
        return err_set(err, E2BIG, "system call filter of %u instructions", filter->length);
    }
    struct sock_fprog program = {(unsigned short)filter->length, (struct sock_filter *)filter->code};
    // Without the flag (Linux < 5.19) a signal interrupts a call that waits, and it is made and seen twice.
    unsigned long flags[] = {SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                             SECCOMP_FILTER_FLAG_NEW_LISTENER};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i], &program);
        if (listener >= 0) {
            return (int)listener;
        }
        if (errno != EINVAL) {
            break;
        }
    }
    return err_set(err, errno, "cannot install the system call filter");
}
