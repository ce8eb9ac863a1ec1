#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum socket_operation { SOCKET_BIND = 0, SOCKET_LISTEN = 1, SOCKET_CONNECT = 2 };

enum { SOCKET_ADDRESS_BYTES = 128 };

/** A socket address taken apart; `address` points into the bytes that were parsed. */
struct endpoint {
    uint16_t family;
    uint16_t port;
    const uint8_t *address;
    size_t address_length;
    /** A unix socket with a path in the file system. */
    bool is_path;
};

/** Parses a struct sockaddr of `length` bytes. An address cut short has none, and port 0. */
bool socket_parse(const uint8_t *bytes, size_t length, struct endpoint *endpoint);

/** The protocol of a descriptor that is a socket, -1 when it may not be asked. */
int socket_protocol(pid_t tgid, int descriptor);

/** Asks for the address that a descriptor of a process is bound to; false when it may not be asked. */
bool socket_bound_address(pid_t tgid, int descriptor, uint8_t bytes[SOCKET_ADDRESS_BYTES],
                          struct endpoint *endpoint);
