#include "observe_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "generated/syscall_numbers.h"
#include "observe_path.h"
#include "observe_rights.h"
#include "observe_value.h"
#include "socket.h"

static void record_endpoint(struct observer *observer, const struct event *event, enum socket_operation operation,
                            const struct endpoint *endpoint)
{
    const uint64_t key[] = {FACT_SOCKET, event->exec, operation, endpoint->family, endpoint->port};
    struct fingerprint fingerprint = unique_fingerprint(&observer->unique, key, sizeof key / sizeof key[0],
                                                        endpoint->address, endpoint->address_length);
    if (unique_has(&observer->unique, fingerprint) || !observer_still_waits(observer, event)) {
        return;
    }
    unique_add(&observer->unique, fingerprint);
    struct frame frame = record_begin(&observer->record, FRAME_SOCKET);
    frame_u8(&frame, (uint8_t)operation);
    frame_u32(&frame, event->exec);
    frame_u32(&frame, (uint32_t)event->tgid);
    frame_u64(&frame, event->now_ns);
    frame_u16(&frame, endpoint->family);
    frame_u16(&frame, endpoint->port);
    frame_bytes(&frame, endpoint->address, endpoint->address_length);
    record_end(&observer->record, &frame);
}

/** Returns the address's family, 0 when there is none. */
static uint16_t observe_address(struct observer *observer, const struct event *event, enum socket_operation operation,
                                uint64_t address, uint64_t length)
{
    uint8_t bytes[SOCKET_ADDRESS_BYTES];
    size_t wanted = length < sizeof bytes ? (size_t)length : sizeof bytes;
    if (address == 0 || wanted == 0) {
        return 0;
    }
    ssize_t got = remote_read(&observer->processes->remote, event->tid, address, bytes, wanted);
    struct endpoint endpoint;
    if (got == -EPERM && observer_still_waits(observer, event)) {
        record_lose(&observer->record, LOSS_UNREADABLE_MEMORY);
    }
    if (got <= 0 || !socket_parse(bytes, (size_t)got, &endpoint)) {
        return 0;
    }
    record_endpoint(observer, event, operation, &endpoint);
    if (endpoint.is_path && observe_path_resolve(observer, event, AT_FDCWD, (const char *)endpoint.address,
                                                 endpoint.address_length)) {
        observe_path_record(observer, event, 0);
    }
    return endpoint.family;
}

/** What is asked of the kernel: the type of the first message (netlink(7)), and of which protocol it is, where that can be had. */
static void observe_netlink(struct observer *observer, const struct event *event)
{
    struct nlmsghdr header;
    if (event->args[2] < sizeof header || remote_read(&observer->processes->remote, event->tid, event->args[1], &header,
                                                      sizeof header) != (ssize_t)sizeof header) {
        return;
    }
    int protocol = socket_protocol(event->tgid, (int)event->args[0]);
    const struct call_findings findings = {protocol < 0 ? 1 : 2, {header.nlmsg_type, (uint64_t)protocol}};
    observe_call_with(observer, event, (struct call_report){.wanted = true}, &findings);
}

static void observe_listen(struct observer *observer, const struct event *event)
{
    uint8_t bytes[SOCKET_ADDRESS_BYTES];
    struct endpoint endpoint;
    if (!socket_bound_address(event->tgid, (int)event->args[0], bytes, &endpoint)) {
        endpoint = (struct endpoint){.address = bytes};
    }
    record_endpoint(observer, event, SOCKET_LISTEN, &endpoint);
}

/** Puts the arguments of the call inside socketcall(2) into the event, and says which call it is. */
static enum call_kind unpack_socketcall(struct observer *observer, struct event *event)
{
    static const struct {
        uint64_t number;
        enum call_kind kind;
        size_t arguments;
    } inner[] = {{1, CALL_VALUE, 3},  {2, CALL_BIND, 3},  {3, CALL_CONNECT, 3},
                 {4, CALL_LISTEN, 2}, {8, CALL_VALUE, 4}, {11, CALL_SENDTO, 6}};
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++) {
        uint32_t arguments[6] = {0};
        ssize_t size = (ssize_t)(inner[i].arguments * sizeof arguments[0]);
        if (inner[i].number != event->args[0] ||
            remote_read(&observer->processes->remote, event->tid, event->args[1], arguments, (size_t)size) != size) {
            continue;
        }
        for (size_t j = 0; j < 6; j++) {
            event->args[j] = arguments[j];
        }
        return inner[i].kind;
    }
    // Calls of no interest: send and receive.
    return CALL_SOCKETCALL;
}

void observe_socket(struct observer *observer, struct event *event, enum call_kind kind)
{
    static const int32_t create[] = NUMBERS_socket, send[] = NUMBERS_sendto;
    if (kind == CALL_SOCKETCALL) {
        observe_value(observer, event, 0);
        kind = unpack_socketcall(observer, event);
    }
    switch (kind) {
    case CALL_BIND:
        observe_address(observer, event, SOCKET_BIND, event->args[1], event->args[2]);
        break;
    case CALL_CONNECT:
        observe_address(observer, event, SOCKET_CONNECT, event->args[1], event->args[2]);
        break;
    case CALL_SENDTO:
        if (observe_address(observer, event, SOCKET_CONNECT, event->args[4], event->args[5]) == AF_NETLINK) {
            event->number = (uint32_t)send[event->arch];
            observe_netlink(observer, event);
        }
        break;
    case CALL_LISTEN:
        observe_listen(observer, event);
        break;
    case CALL_VALUE:
        // The family is recorded as that of the call of its own, which newer programs make.
        event->number = (uint32_t)create[event->arch];
        observe_value(observer, event, 0);
        break;
    default:
        break;
    }
}
