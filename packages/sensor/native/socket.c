#include "socket.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static void parse_internet(const uint8_t *bytes, size_t length, size_t at, size_t size, struct endpoint *endpoint)
{
    if (length < at + size) {
        return;
    }
    endpoint->port = (uint16_t)(bytes[2] << 8 | bytes[3]);
    endpoint->address = bytes + at;
    endpoint->address_length = size;
}

static void parse_unix(const uint8_t *bytes, size_t length, struct endpoint *endpoint)
{
    const size_t at = offsetof(struct sockaddr_un, sun_path);
    if (length <= at) {
        return;
    }
    endpoint->address = bytes + at;
    endpoint->address_length = length - at;
    // unix(7): an abstract name begins with NUL and has its whole length; a path ends at its first NUL.
    if (bytes[at] != '\0') {
        endpoint->address_length = strnlen((const char *)bytes + at, length - at);
        endpoint->is_path = true;
    }
}

bool socket_parse(const uint8_t *bytes, size_t length, struct endpoint *endpoint)
{
    *endpoint = (struct endpoint){.address = bytes};
    if (length < sizeof(uint16_t)) {
        return false;
    }
    memcpy(&endpoint->family, bytes, sizeof endpoint->family);
    switch (endpoint->family) {
    case AF_INET:
        parse_internet(bytes, length, offsetof(struct sockaddr_in, sin_addr), 4, endpoint);
        break;
    case AF_INET6:
        parse_internet(bytes, length, offsetof(struct sockaddr_in6, sin6_addr), 16, endpoint);
        break;
    case AF_UNIX:
        parse_unix(bytes, length, endpoint);
        break;
    default:
        break;
    }
    return true;
}

/** A descriptor of another process as one of this; negative when it may not be had. */
static int borrow(pid_t tgid, int descriptor)
{
    long process = syscall(SYS_pidfd_open, tgid, 0);
    if (process < 0) {
        return -1;
    }
    long copy = syscall(SYS_pidfd_getfd, (int)process, descriptor, 0);
    close((int)process);
    return (int)copy;
}

int socket_protocol(pid_t tgid, int descriptor)
{
    int protocol = -1;
    int copy = borrow(tgid, descriptor);
    if (copy < 0) {
        return -1;
    }
    socklen_t length = sizeof protocol;
    int result = getsockopt(copy, SOL_SOCKET, SO_PROTOCOL, &protocol, &length);
    close(copy);
    return result == 0 ? protocol : -1;
}

bool socket_bound_address(pid_t tgid, int descriptor, uint8_t bytes[SOCKET_ADDRESS_BYTES],
                          struct endpoint *endpoint)
{
    int copy = borrow(tgid, descriptor);
    if (copy < 0) {
        return false;
    }
    socklen_t length = SOCKET_ADDRESS_BYTES;
    int result = getsockname(copy, (struct sockaddr *)(void *)bytes, &length);
    close(copy);
    return result == 0 && length <= SOCKET_ADDRESS_BYTES && socket_parse(bytes, length, endpoint);
}
