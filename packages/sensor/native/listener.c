#include "listener.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

/** musl's ioctl takes an int, which the requests' numbers do not fit. */
static int request(int listener, unsigned long number, const void *argument)
{
    return syscall(SYS_ioctl, listener, number, argument) < 0 ? -errno : 0;
}

int listener_wake_in_turns(int listener)
{
    return syscall(SYS_ioctl, listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) < 0
               ? -errno
               : 0;
}

int listener_receive(int listener, struct seccomp_notif *notification)
{
    return request(listener, SECCOMP_IOCTL_NOTIF_RECV, notification);
}

bool listener_is_valid(int listener, uint64_t id)
{
    return request(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

int listener_answer(int listener, const struct seccomp_notif_resp *response)
{
    return request(listener, SECCOMP_IOCTL_NOTIF_SEND, response);
}
